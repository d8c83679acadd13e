"""The budget in a spreadsheet: out as a workbook, back by a dry run and a decision."""

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from labelling.documents.budget import workbook
from labelling.forms.budget import BudgetForm
from labelling.forms.budget_file import MAX_BYTES, Reading, compare, read_file
from labelling.models import AmiApplication
from labelling.permissions import Perm
from labelling.services import budget as service
from labelling.services.budget import PART, BudgetConflict
from labelling.services.budget_rules import sentences
from labelling.services.parts import require_part
from labelling.views.budget import readable_file
from labelling.views.dossier_head import head_context
from spo_portal.kernel import tables
from spo_portal.kernel.errors import Conflict, Refused
from territories.access import Actor, guarded

PAGE = "labelling/budget_import.html"


@guarded(Perm.READ_APPLICATION)
@require_GET
def export(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The budget as a workbook, for whoever reads the file."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    application = readable_file(by, pk)
    sheets, notes = workbook(application, service.budget_of(by, application))
    name = f"budget {application.number or application.title}"
    return tables.download(by.scope, "xlsx", sheets, notes, name)


@guarded(Perm.WRITE_APPLICATION)
@require_http_methods(["GET", "POST"])
def importer(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Deposit a file: it is read and compared, and kept only when its author says so."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    application = readable_file(by, pk)
    try:
        require_part(by, application, PART)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("ami_budget", pk=application.pk)
    if request.method == "POST" and request.POST.get("faire") == "appliquer":
        return _apply(request, by, application)
    context: dict[str, Any] = {"lecture": None, "erreur": ""}
    if request.method == "POST":
        try:
            reading = read_file(_content(request.FILES.get("fichier")))
            context |= _dry_run(by, application, reading)
        except Refused as refused:
            context["erreur"] = str(refused)
    wrong = context["erreur"] or (context["lecture"] and context["lecture"].errors)
    context |= head_context(by, application, current="budget")
    return render(request, PAGE, context, status=422 if wrong else 200)


def _content(deposited: UploadedFile | list[object] | None) -> bytes:
    if not isinstance(deposited, UploadedFile):
        raise Refused("Choisissez un fichier XLSX ou CSV.", "fichier")
    if (deposited.size or 0) > MAX_BYTES:
        raise Refused("Ce fichier dépasse 1 Mo. Un budget tient dans quelques Ko.", "fichier")
    return deposited.read()


def _dry_run(by: Actor, application: AmiApplication, reading: Reading) -> dict[str, Any]:
    before, after = service.budget_of(by, application), reading.budget
    form = BudgetForm.of(after)
    form.seen = before.fingerprint
    manques = sentences(after)
    return {
        "lecture": reading,
        "form": form,
        "budget": after,
        "changes": compare(before, after),
        "manques": manques,
        "bloque": bool(reading.errors) or (service.must_hold(application) and bool(manques)),
    }


def _apply(request: HttpRequest, by: Actor, application: AmiApplication) -> HttpResponseBase:
    """Keep the lines shown by the dry run, checked again as if they were typed."""
    form = BudgetForm.posted(request.POST)
    try:
        if not form.valid:
            raise Refused("Ces lignes ont changé en route. Déposez le fichier de nouveau.")
        service.save_lines(by=by, application=application, lines=form.lines, seen=form.seen)
    except BudgetConflict:
        messages.error(
            request, "Le budget a été enregistré entre-temps : déposez le fichier de nouveau pour comparer."
        )
        return redirect("ami_budget_import", pk=application.pk)
    except (Refused, Conflict) as refused:
        messages.error(request, str(refused))
        return redirect("ami_budget_import", pk=application.pk)
    messages.success(request, "Le budget du classeur est enregistré.")
    return redirect("ami_budget", pk=application.pk)
