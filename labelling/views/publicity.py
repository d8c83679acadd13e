"""Proofs of publicity: joined by the porteur, checked by the Region, always downloaded, never inline."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from labelling.enums_ami import FileKind, ProofState
from labelling.forms.after import ProofForm
from labelling.models import AmiApplication, AmiPublicityProof
from labelling.permissions import Perm
from labelling.services import conventions
from labelling.services import publicity as service
from labelling.services.attachments import ACCEPTED, CONTENT_TYPES, MEGABYTES, TOO_HEAVY
from labelling.views.after_head import context, one, refuse
from labelling.views.dossier_files import SANDBOX
from spo_portal.kernel.errors import PortalError
from spo_portal.kernel.uploads import was_too_big
from territories.access import Actor, get_visible_or_404, guarded

TONES = {ProofState.DEPOSEE: "info", ProofState.ACCEPTEE: "ok", ProofState.REFUSEE: "error"}


@guarded(Perm.READ_FOLLOW_UP)
@require_safe
def publicity(request: HttpRequest, pk: int) -> HttpResponse:
    """The proofs of a project and what is still wanted."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return _show(request, actor, one(actor, pk))


@guarded(Perm.WRITE_FOLLOW_UP)
@require_POST
def add(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The porteur joins one more proof."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    application = one(actor, pk)
    form = ProofForm(request.POST)
    if was_too_big(request):
        return _show(request, actor, application, form=form, fichier_erreur=TOO_HEAVY, status=422)
    sent = request.FILES.get("fichier")
    if not form.is_valid():
        return _show(request, actor, application, form=form, status=422)
    try:
        made = service.add_proof(
            by=actor,
            application=application,
            funder=form.cleaned_data["financement"],
            title=form.cleaned_data["titre"],
            name=(sent.name or "") if sent else "",
            content=sent.read() if sent else b"",
        )
    except PortalError as refusal:
        if getattr(refusal, "field", None) == "fichier":
            return _show(request, actor, application, form=form, fichier_erreur=str(refusal), status=422)
        return _show(request, actor, application, form=form, status=refuse(form, refusal))
    messages.success(request, f"Preuve déposée : {made.title}. La Région la vérifie.")
    return redirect("ami_publicite", pk)


def _show(
    request: HttpRequest,
    actor: Actor,
    application: AmiApplication,
    *,
    form: ProofForm | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    proofs = service.proofs_of(actor, application)
    held = conventions.convention_of(actor, application)
    due = service.due_on(held.signed_on) if held and held.signed_on else None
    still = service.still_wanted(application, proofs)
    found = context(actor, application, "ami_publicite", "Publicité des financements") | {
        "preuves": [(proof, TONES[ProofState(proof.state)]) for proof in proofs],
        "manquent": [funder.label for funder in still],
        "echeance": due,
        "retard": bool(still) and due is not None and due < timezone.localdate(),
        "depose": service.may_add(actor, application),
        "form": form or ProofForm(),
        "formats": ACCEPTED,
        "megaoctets": MEGABYTES,
        "enseigne": application.call.region.portal_name,
        "fichier_erreur": "",
    }
    return render(request, "labelling/publicite.html", found | more, status=status)


def _one(actor: Actor, pk: int, preuve: int, *, bytes_too: bool = False) -> AmiPublicityProof:
    rows = AmiPublicityProof.objects.visible_to(actor).filter(application_id=pk).select_related("application")
    return get_visible_or_404(rows if bytes_too else rows.defer("content"), actor, pk=preuve)


@guarded(Perm.READ_FOLLOW_UP)
@require_safe
def download(request: HttpRequest, pk: int, preuve: int) -> HttpResponse:
    """The file, always as a download, for whoever reads the follow-up."""
    found = _one(request.actor, pk, preuve, bytes_too=True)  # type: ignore[attr-defined]
    response = HttpResponse(bytes(found.content), content_type=CONTENT_TYPES[FileKind(found.format)])
    response.headers["Content-Disposition"] = content_disposition_header(True, found.name) or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = SANDBOX
    return response


@guarded(Perm.WRITE_FOLLOW_UP)
@require_POST
def remove(request: HttpRequest, pk: int, preuve: int) -> HttpResponseBase:
    """Take back a proof that was not checked yet."""
    found = _one(request.actor, pk, preuve)  # type: ignore[attr-defined]
    try:
        service.remove_proof(by=request.actor, proof=found)  # type: ignore[attr-defined]
    except PortalError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Preuve retirée : {found.title}.")
    return redirect("ami_publicite", pk)


@guarded(Perm.FUND)
@require_POST
def check(request: HttpRequest, pk: int, preuve: int) -> HttpResponseBase:
    """Accept a proof, or refuse it with a reason."""
    found = _one(request.actor, pk, preuve)  # type: ignore[attr-defined]
    accepted = request.POST.get("acte") == "accepter"
    try:
        service.check_proof(
            by=request.actor,  # type: ignore[attr-defined]
            proof=found,
            accepted=accepted,
            reason=request.POST.get("motif", ""),
        )
    except PortalError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Preuve {'acceptée' if accepted else 'refusée'} : {found.title}.")
    return redirect("ami_publicite", pk)
