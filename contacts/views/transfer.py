"""Import of past fiches: a model to fill in, a dry run, a decision."""

import uuid
from collections.abc import Sequence
from dataclasses import replace

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.forms_desk import ImportForm
from contacts.forms_desk.model_file import guide, model_csv, model_xlsx
from contacts.models import FicheContact, ImportFile, ListVersion
from contacts.permissions import Perm
from contacts.resources import dry_run
from contacts.services import imports, listing
from contacts.services.fiches import desk_of, lists_on
from contacts.services.purge import first_countable_month
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.typography import counted, join
from territories.access import Actor, get_visible_or_404, guarded
from territories.models import Site

ERRORS_SHOWN = 200


@guarded(Perm.IMPORT_FICHES)
@require_http_methods(["GET", "POST"])
def importer(request: HttpRequest) -> HttpResponseBase:
    """Deposit a file.

    A good one waits for a decision on its own page; a bad one is reported at once and not kept.
    """
    by = request.actor  # type: ignore[attr-defined]
    site = desk_of(by)
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    run = None
    if form.is_bound and form.is_valid():
        deposited = form.cleaned_data["fichier"]
        try:
            run, kept = dry_run(by=by, site=site, content=deposited.read())
            if not run.errors:
                file = imports.deposit(by=by, site=site, name=deposited.name, kept=kept, rows=run.total)
                return redirect("fiches_import_fichier", cle=file.uuid)
        except Refused as refused:
            form.add_error("fichier", str(refused))
    version = lists_on(by, timezone.localdate())
    context = {
        "form": form,
        "run": run,
        "errors": run.errors[:ERRORS_SHOWN] if run else [],
        "errors_shown": ERRORS_SHOWN,
        "site": site,
        "version": version,
        "columns": guide(),
        "first_day": first_countable_month(timezone.localdate()),
        "max_rows": settings.IMPORT_MAX_ROWS,
        "files": ImportFile.objects.visible_to(by).defer("content")[:10],
    }
    return render(request, "contacts/import.html", context, status=422 if form.errors or run else 200)


@guarded(Perm.IMPORT_FICHES)
@require_http_methods(["GET", "POST"])
def fichier(request: HttpRequest, cle: uuid.UUID) -> HttpResponseBase:
    """The dry run of a waiting file: what is new, what is already there. POST imports it, all or nothing."""
    by = request.actor  # type: ignore[attr-defined]
    site, file = desk_of(by), get_visible_or_404(ImportFile.objects.all(), by, uuid=cle)
    if file.imported_at or file.content is None:
        messages.info(request, f"{file.name} est déjà importé.")
        return redirect("fiches_import")
    status = 200
    # Read again each time: fiches may have come, or a rule changed, since the deposit.
    run, _ = dry_run(by=by, site=site, content=bytes(file.content))
    if request.method == "POST" and run.errors:
        status = 409
    elif request.method == "POST":
        try:
            result = imports.confirm(by=by, site=site, file=file, rows=[line.fiche for line in run.lines])
            messages.success(request, _told(file, result.created, result.known))
            return redirect("fiches")
        except (Refused, Conflict) as refused:
            messages.error(request, str(refused))
            status = 409
    page = Paginator(run.lines, 50).get_page(request.GET.get("page", "1")[:9])
    context = {
        "file": file,
        "run": run,
        "errors": run.errors[:ERRORS_SHOWN],
        "errors_shown": ERRORS_SHOWN,
        "site": site,
        "page": page,
        "rows": _words(by, page.object_list),
    }
    return render(request, "contacts/import_fichier.html", context, status=status)


@guarded(Perm.IMPORT_FICHES)
@require_POST
def abandonner(request: HttpRequest, cle: uuid.UUID) -> HttpResponseBase:
    """Give up a waiting file: it is erased."""
    by = request.actor  # type: ignore[attr-defined]
    file = get_visible_or_404(ImportFile.objects.all(), by, uuid=cle)
    imports.drop(by=by, file=file)
    messages.success(request, f"{file.name} est effacé. Aucune fiche n’a été importée.")
    return redirect("fiches_import")


@guarded(Perm.IMPORT_FICHES)
@require_GET
def modele(request: HttpRequest, format: str) -> HttpResponse:
    """The model to fill in, with today's lists and the structures of the region."""
    by = request.actor  # type: ignore[attr-defined]
    version, codes = lists_on(by, timezone.localdate()), _structures(by)
    if format == "csv":
        response = HttpResponse(model_csv(), content_type="text/csv; charset=utf-8")
    else:
        response = HttpResponse(
            model_xlsx(version, codes),
            content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        )
    response.headers["Content-Disposition"] = f'attachment; filename="modele-fiches.{format}"'
    return response


def _structures(by: Actor) -> list[tuple[str, str]]:
    rows = (
        Site.objects.visible_to(by).can_be_suggested().filter(region_id=by.region_id).exclude(pk=by.site_id)
    )
    ordered = rows.order_by("territory__order", "name").values_list("territory__short_code", "code", "name")
    return [(f"{short}-{code}", name) for short, code, name in ordered]


def _told(file: ImportFile, created: int, known: int) -> str:
    if not created:
        return f"{file.name}\u00a0: rien de nouveau, tout était déjà là."
    more = f" {counted(known, 'était', 'étaient')} déjà là." if known else ""
    return f"{file.name}\u00a0: {counted(created, 'fiche importée', 'fiches importées')}.{more}"


def _words(by: Actor, lines: Sequence[imports.Line]) -> list[tuple[imports.Line, listing.FicheRow]]:
    """Waiting lines shown like fiches of the list, places by their name."""
    wanted = {destination.site_id for line in lines for destination in line.fiche.data.destinations}
    names = dict(Site.objects.visible_to(by).filter(pk__in=wanted).values_list("pk", "name"))
    found = []
    for line in lines:
        data, version = line.fiche.data, _version(line)
        fiche = FicheContact(
            jour=data.jour, canal=data.canal, statut=data.statut, demandes=list(data.demandes), entry="import"
        )
        row = listing.row(fiche, version)
        vers = join([names[d.site_id] for d in data.destinations]) or "Résolue sur place"
        found.append((line, replace(row, vers=vers, suite="", suite_kind="")))
    return found


def _version(line: imports.Line) -> ListVersion:
    return line.row.version  # type: ignore[attr-defined, no-any-return]
