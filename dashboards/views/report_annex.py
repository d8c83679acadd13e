"""Files joined to a report: added, renamed, put in order, removed after asking once, downloaded."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboards.models import ReportAnnex
from dashboards.permissions import Perm
from dashboards.services import report_annexes as service
from dashboards.services.annex_files import CONTENT_TYPES
from dashboards.views.report import started
from spo_portal.kernel.errors import PortalError
from territories.access import get_visible_or_404, guarded


def _back(pk: int, year: int) -> str:
    return f"{reverse('territoire_rapport', args=[pk, year])}#partie-annexes"


@guarded(Perm.WRITE_REPORT)
@require_POST
def add(request: HttpRequest, pk: int, year: int) -> HttpResponseBase:
    """Join one file; what is refused says why and changes nothing."""
    actor = request.actor  # type: ignore[attr-defined]
    found = started(actor, pk, year)
    sent = request.FILES.get("fichier")
    try:
        annex = service.add_annex(
            by=actor,
            report=found,
            title=request.POST.get("titre", ""),
            name=sent.name or "" if sent else "",
            content=sent.read() if sent else b"",
        )
    except PortalError as refusal:
        messages.error(request, f"L’annexe n’est pas jointe. {refusal}")
    else:
        messages.success(request, f"Annexe jointe : {annex.title}.")
    return redirect(_back(pk, year))


@guarded(Perm.WRITE_REPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Rename, move up or down, remove. A GET is the page that asks before removing."""
    actor = request.actor  # type: ignore[attr-defined]
    annex = get_visible_or_404(
        ReportAnnex.objects.defer("content").select_related("report", "report__territory"), actor, pk=pk
    )
    back = _back(annex.report.territory_id, annex.report.year)
    if request.method != "POST":
        return render(request, "dashboards/rapport_annexe.html", {"annex": annex, "back": back})
    act = request.POST.get("acte", "")
    try:
        if act == "retirer":
            service.remove_annex(by=actor, annex=annex)
            messages.success(request, f"Annexe retirée : {annex.title}.")
        elif act in ("monter", "descendre"):
            service.move_annex(by=actor, annex=annex, up=act == "monter")
        else:
            service.rename_annex(by=actor, annex=annex, title=request.POST.get("titre", ""))
            messages.success(request, "Titre de l’annexe enregistré.")
    except PortalError as refusal:
        messages.error(request, str(refusal))
    return redirect(back)


@guarded(Perm.READ_REPORT)
@require_safe
def download(request: HttpRequest, pk: int) -> HttpResponse:
    """The file as it was joined, always as a download: nothing of it is shown by the portal."""
    actor = request.actor  # type: ignore[attr-defined]
    annex = get_visible_or_404(ReportAnnex.objects.all(), actor, pk=pk)
    return as_file(bytes(annex.content), annex.name, CONTENT_TYPES[annex.format])  # type: ignore[index]


def as_file(content: bytes, name: str, content_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    safe = name.encode("ascii", "ignore").decode().replace('"', "")
    response.headers["Content-Disposition"] = f'attachment; filename="{safe}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
