"""Files of a label dossier: joined, removed after asking once, downloaded; never shown inline."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from labelling.models import LabelAttachment, LabelDossier
from labelling.permissions import Perm
from labelling.services.attachments import ACCEPTED, MEGABYTES, TOO_HEAVY
from labelling.services.label import attachments as service
from labelling.services.label.material import Material
from labelling.services.label.parts import open_parts
from labelling.views.dossier_files import as_download
from labelling.views.label_head import agreement_context, head_context
from spo_portal.kernel.errors import PortalError
from spo_portal.kernel.uploads import was_too_big
from territories.access import Actor, get_visible_or_404, guarded


def files_context(by: Actor, dossier: LabelDossier, material: Material) -> dict[str, Any]:
    """Context of the files' screen (``partials/_pieces_saisie.html``)."""
    return {
        "fichiers": files_of(dossier, material.attachments),
        **agreement_context(material, frozenset({service.PART})),
        "fichiers_max": service.FILES_MAX,
        "fichier_erreur": "",
        "fichier_champ": "",
        "fichier_titre": "",
        "formats": ACCEPTED,
        "megaoctets": MEGABYTES,
        "pieces_action": reverse("label_partie", args=[dossier.pk, service.PART]),
        "lecteur": "le préfet",
        "exemples": "plan d’action, carte, accord d’un réseau",
    }


def files_of(dossier: LabelDossier, rows: Any) -> list[dict[str, Any]]:
    return [
        {
            "piece": row,
            "url": reverse("label_piece", args=[dossier.pk, row.pk]),
            "retirer": reverse("label_piece_retirer", args=[dossier.pk, row.pk]),
        }
        for row in rows
    ]


def posted(
    request: HttpRequest, by: Actor, dossier: LabelDossier
) -> tuple[dict[str, Any], int] | HttpResponseBase:
    """Join one file; what is refused says why and changes nothing."""
    sent = request.FILES.get("fichier")
    title = request.POST.get("titre", "")
    if was_too_big(request):
        return {"fichier_erreur": TOO_HEAVY, "fichier_champ": "fichier", "fichier_titre": title}, 422
    try:
        made = service.add_file(
            by=by,
            dossier=dossier,
            title=title,
            name=(sent.name or "") if sent else "",
            content=sent.read() if sent else b"",
        )
    except PortalError as refusal:
        field = getattr(refusal, "field", None) or "fichier"
        return {"fichier_erreur": str(refusal), "fichier_champ": field, "fichier_titre": title}, 422
    messages.success(request, f"Pièce jointe : {made.title}.")
    return redirect("label_partie", pk=dossier.pk, partie=service.PART)


def _one(by: Actor, pk: int, piece: int, *, bytes_too: bool = False) -> LabelAttachment:
    rows = LabelAttachment.objects.visible_to(by).filter(dossier_id=pk)
    wanted = rows.select_related("dossier", "dossier__territory", "dossier__region")
    return get_visible_or_404(wanted if bytes_too else wanted.defer("content"), by, pk=piece)


@guarded(Perm.READ_LABEL_DOSSIER)
@require_safe
def download(request: HttpRequest, pk: int, piece: int) -> HttpResponse:
    """The file, always as a download, for whoever reads the dossier."""
    return as_download(_one(request.actor, pk, piece, bytes_too=True))  # type: ignore[attr-defined]


@guarded(Perm.WRITE_LABEL_DOSSIER)
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, pk: int, piece: int) -> HttpResponseBase:
    """A page that asks once, then the file is gone."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    found = _one(by, pk, piece)
    dossier = found.dossier
    back = reverse("label_partie", args=[pk, service.PART])
    if service.PART not in open_parts(by, dossier):
        return redirect(f"{reverse('label_dossier', args=[pk])}#partie-pieces")
    if request.method != "POST":
        context = head_context(by, dossier, service.PART)
        context |= {"titre": "Retirer une pièce", "piece": found, "retour": back}
        return render(request, "labelling/label/piece_retirer.html", context)
    try:
        service.remove_file(by=by, dossier=dossier, attachment=found)
    except PortalError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Pièce retirée : {found.title}.")
    return redirect(back)
