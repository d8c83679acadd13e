"""Import of the directory: a model to fill in, a dry run, a decision."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.tables import CONTENT_TYPES
from spo_portal.kernel.typography import counted
from territories.access import get_visible_or_404, guarded
from territories.forms.exchange import DirectoryFileForm, DirectoryImportForm
from territories.models import DirectoryImport
from territories.permissions import Perm
from territories.services.exchange import importing
from territories.services.exchange.columns import COMPUTED, READ
from territories.services.exchange.lines import CHANGED, CREATED, REFUSED, SAME
from territories.services.exchange.model_file import model_csv, model_xlsx

PER_PAGE = 50
WORDS = {CREATED: "Nouveaux", CHANGED: "Modifiés", SAME: "Inchangés", REFUSED: "Refusées"}


@guarded(Perm.IMPORT_DIRECTORY)
@require_http_methods(["GET", "POST"])
def deposit(request: HttpRequest) -> HttpResponseBase:
    """Deposit a file: it waits for a decision on its own page, where what it would do is shown."""
    by = request.actor  # type: ignore[attr-defined]
    form = DirectoryFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        form = DirectoryFileForm(request.POST, request.FILES)
        if form.is_valid():
            given = form.cleaned_data["fichier"]
            try:
                file = importing.deposit(by=by, name=given.name, content=given.read())
                return redirect("annuaire_import_essai", pk=file.pk)
            except Refused as refused:
                form.add_error("fichier", str(refused))
    context = {
        "form": form,
        "columns": READ,
        "computed": COMPUTED,
        "territory": importing.territory_of(by),
        "max_rows": settings.IMPORT_MAX_ROWS,
        "files": DirectoryImport.objects.visible_to(by).defer("content").select_related("territory")[:10],
    }
    return render(request, "territories/import.html", context, status=422 if form.errors else 200)


@guarded(Perm.IMPORT_DIRECTORY)
@require_http_methods(["GET", "POST"])
def dry_run(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What a waiting file would create, change and refuse, line by line. POST writes the good lines."""
    by = request.actor  # type: ignore[attr-defined]
    file = get_visible_or_404(DirectoryImport.objects.select_related("territory"), by, pk=pk)
    if file.imported_at or file.content is None:
        messages.info(request, f"{file.name} est déjà importé.")
        return redirect("annuaire_import")
    form, status = DirectoryImportForm(), 200
    if request.method == "POST":
        form = DirectoryImportForm(request.POST)
        status = 422
        if form.is_valid():
            seen, reason = form.cleaned_data["vu"], form.cleaned_data["motif"]
            try:
                done = importing.confirm(by=by, file=file, seen=seen, reason=reason)
                messages.success(request, _told(file, done))
                return redirect("annuaire")
            except Refused as refused:
                form.add_error(refused.field if refused.field == "motif" else None, str(refused))
            except Conflict as conflict:
                form.add_error(None, str(conflict))
                status = 409
    plan = importing.plan_of(by, file)
    shown = request.GET.get("quoi", "")
    shown = shown if shown in WORDS else next((s for s in (REFUSED, CREATED, CHANGED) if plan.of(s)), SAME)
    counts = [(state, words, len(plan.of(state))) for state, words in WORDS.items()]
    context = {
        "file": file,
        "plan": plan,
        "form": form,
        "shown": shown,
        "counts": counts,
        "page": Paginator(plan.of(shown), PER_PAGE).get_page(request.GET.get("page", "1")[:9]),
        "writes": plan.created + plan.changed,
    }
    return render(request, "territories/import_essai.html", context, status=status)


@guarded(Perm.IMPORT_DIRECTORY)
@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Give up a waiting file: it is erased."""
    by = request.actor  # type: ignore[attr-defined]
    file = get_visible_or_404(DirectoryImport.objects.defer("content"), by, pk=pk)
    importing.drop(by=by, file=file)
    messages.success(request, f"{file.name} est effacé. Aucun lieu n’a changé.")
    return redirect("annuaire_import")


@guarded(Perm.IMPORT_DIRECTORY)
@require_safe
def model(request: HttpRequest, fmt: str) -> HttpResponse:
    """The model to fill in, with the words of the region."""
    by = request.actor  # type: ignore[attr-defined]
    if fmt not in {"csv", "xlsx"}:
        raise Http404("Ce format n’existe pas.")
    content: str | bytes = model_csv(by) if fmt == "csv" else model_xlsx(by)
    response = HttpResponse(content, content_type=CONTENT_TYPES[fmt])
    response.headers["Content-Disposition"] = f'attachment; filename="modele-lieux.{fmt}"'
    return response


def _told(file: DirectoryImport, done: importing.Done) -> str:
    if not done.created and not done.changed:
        return f"{file.name}\u00a0: rien à changer, l’annuaire disait déjà tout cela."
    made = counted(done.created, "lieu créé", "lieux créés")
    changed = counted(done.changed, "lieu modifié", "lieux modifiés")
    return f"{file.name}\u00a0: {made}, {changed}."
