"""Files of an application: joined, removed after asking once, downloaded; never shown inline."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from labelling.enums_ami import FileKind
from labelling.models import AmiApplication, AmiAttachment, AmiCriterionAnswer, LabelAttachment
from labelling.permissions import Perm
from labelling.services import attachments as service
from labelling.services.dossier import Material
from labelling.views.dossier_head import head_context
from spo_portal.kernel.errors import PortalError
from spo_portal.kernel.uploads import was_too_big
from territories.access import Actor, get_visible_or_404, guarded

# A file opened anyway by a browser may do nothing at all.
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def files_context(by: Actor, application: AmiApplication, material: Material) -> dict[str, Any]:
    """Files with the criteria each one proves."""
    proves: dict[int, list[int]] = {}
    for number, line in enumerate(material.criteria, 1):
        if line.answer is not None and line.answer.attachment_id:
            proves.setdefault(line.answer.attachment_id, []).append(number)
    return {
        "fichiers": [(row, proves.get(row.pk, [])) for row in material.attachments],
        "fichiers_max": service.FILES_MAX,
        "fichier_erreur": "",
        "fichier_champ": "",
        "fichier_titre": "",
        "formats": service.ACCEPTED,
        "megaoctets": service.MEGABYTES,
        "pieces_action": reverse("ami_partie", args=[application.pk, service.PART]),
        "lecteur": "la Région",
    }


def posted(
    request: HttpRequest, by: Actor, application: AmiApplication
) -> tuple[dict[str, Any], int] | HttpResponseBase:
    """Join one file; what is refused says why and changes nothing."""
    sent = request.FILES.get("fichier")
    title = request.POST.get("titre", "")
    back = reverse("ami_partie", args=[application.pk, service.PART])
    if was_too_big(request):
        return {"fichier_erreur": service.TOO_HEAVY, "fichier_champ": "fichier", "fichier_titre": title}, 422
    try:
        made = service.add_file(
            by=by,
            application=application,
            title=title,
            name=(sent.name or "") if sent else "",
            content=sent.read() if sent else b"",
        )
    except PortalError as refusal:
        field = getattr(refusal, "field", None) or "fichier"
        return {"fichier_erreur": str(refusal), "fichier_champ": field, "fichier_titre": title}, 422
    messages.success(request, f"Pièce jointe : {made.title}.")
    return redirect(back)


def _one(by: Actor, pk: int, piece: int, *, bytes_too: bool = False) -> AmiAttachment:
    rows = AmiAttachment.objects.visible_to(by).filter(application_id=pk)
    wanted = rows.select_related(
        "application", "application__call", "application__territory", "application__organisation"
    )
    return get_visible_or_404(wanted if bytes_too else wanted.defer("content"), by, pk=piece)


@guarded(Perm.READ_APPLICATION)
@require_safe
def download(request: HttpRequest, pk: int, piece: int) -> HttpResponse:
    """The file, always as a download, for whoever reads the application."""
    return as_download(_one(request.actor, pk, piece, bytes_too=True))  # type: ignore[attr-defined]


def as_download(found: AmiAttachment | LabelAttachment) -> HttpResponse:
    """A file joined to a dossier, never shown by the browser in the portal's own page."""
    response = HttpResponse(bytes(found.content), content_type=service.CONTENT_TYPES[FileKind(found.format)])
    response.headers["Content-Disposition"] = content_disposition_header(True, found.name) or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = SANDBOX
    return response


@guarded(Perm.WRITE_APPLICATION)
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, pk: int, piece: int) -> HttpResponseBase:
    """A page that asks once, then the file is gone."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    found = _one(by, pk, piece)
    application = found.application
    back = reverse("ami_partie", args=[pk, service.PART])
    if not service.may_add(by, application):
        return redirect(f"{reverse('ami_dossier', args=[pk])}#partie-pieces")
    if request.method != "POST":
        proves = AmiCriterionAnswer.objects.visible_to(by).filter(attachment=found).count()
        context = head_context(by, application, service.PART)
        context |= {"titre": "Retirer une pièce", "piece": found, "prouve": proves, "retour": back}
        return render(request, "labelling/piece_retirer.html", context)
    try:
        service.remove_file(by=by, application=application, attachment=found)
    except PortalError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Pièce retirée : {found.title}.")
    return redirect(back)
