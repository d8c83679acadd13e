"""Partners of a file: what each brings, whether it confirms it (AMI §2)."""

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from labelling.enums_ami import ContributionState, PartKey
from labelling.forms.accounts import PartnerForm, add_refusal
from labelling.models import AmiApplication, AmiContribution
from labelling.permissions import Perm
from labelling.services import partners as service
from labelling.services.parts import CLOSED, open_parts
from labelling.views.budget import readable_file
from labelling.views.dossier_head import head_context
from spo_portal.kernel.errors import PortalError
from territories.access import Actor, get_visible_or_404, guarded

TONES = {
    ContributionState.A_INVITER: "plain",
    ContributionState.INVITEE: "info",
    ContributionState.CONFIRMEE: "ok",
    ContributionState.MODIFIEE: "ok",
    ContributionState.DECLINEE: "error",
}
PART = str(PartKey.CONTRIBUTIONS)


def _one(actor: Actor, application: AmiApplication, key: int) -> AmiContribution:
    return get_visible_or_404(AmiContribution.objects.filter(application=application), actor, pk=key)


@guarded(Perm.READ_APPLICATION)
@require_http_methods(["GET", "HEAD", "POST"])
def partners(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Every partner with its state; the form that adds one while the part is open."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    application = readable_file(actor, pk)
    may_write = PART in open_parts(actor, application)
    form = PartnerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = service.save_partner(by=actor, application=application, **form.cleaned_data)
        except PortalError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, f"{made.partner_name} est ajouté. Invitez ce partenaire à confirmer.")
            return redirect("ami_partenaires", application.pk)
    rows = service.partners_of(by=actor, application=application)
    for row in rows:
        row.tone = "warn" if row.late else TONES[ContributionState(row.state)]
    context = head_context(actor, application, current="partenaires") | {
        "form": form if may_write or form.is_bound else None,
        "rows": rows,
        "settled": sum(
            row.state in (ContributionState.CONFIRMEE, ContributionState.MODIFIEE) for row in rows
        ),
        "may_write": may_write,
        "may_invite": service.may_invite(actor, application),
    }
    return render(request, "labelling/partenaires.html", context, status=422 if form.is_bound else 200)


@guarded(Perm.WRITE_APPLICATION)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int, partenaire: int) -> HttpResponseBase:
    """Change what is proposed to a partner: an answer already given is asked for again."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    application = readable_file(actor, pk)
    row = _one(actor, application, partenaire)
    if PART not in open_parts(actor, application) and request.method != "POST":
        messages.error(request, CLOSED)
        return redirect("ami_partenaires", application.pk)
    start = {"partner_name": row.partner_name, "email": row.email, "text": row.text}
    form = PartnerForm(request.POST if request.method == "POST" else None, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            kept = service.save_partner(
                by=actor, application=application, contribution=row, **form.cleaned_data
            )
        except PortalError as refusal:
            add_refusal(form, refusal)
        else:
            again = kept.state == ContributionState.A_INVITER != row.state
            said = " Invitez ce partenaire de nouveau." if again else ""
            messages.success(request, f"Contribution de {kept.partner_name} enregistrée.{said}")
            return redirect("ami_partenaires", application.pk)
    context = head_context(actor, application, current="partenaires") | {"form": form, "row": row}
    context |= {"answered": row.state in service.ANSWERED}
    return render(request, "labelling/partenaire.html", context, status=422 if form.is_bound else 200)


@guarded(Perm.WRITE_APPLICATION)
@require_POST
def invite(request: HttpRequest, pk: int, partenaire: int) -> HttpResponseBase:
    """Send the partner its link, or a new one."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    application = readable_file(actor, pk)
    row = _one(actor, application, partenaire)
    try:
        kept = service.invite_partner(by=actor, application=application, contribution=row)
    except PortalError as refusal:
        messages.error(request, str(refusal))
    else:
        former = " ; l’ancien lien ne marche plus" if kept.nonce > 1 else ""
        messages.success(request, f"Un lien part à {kept.email}, valable trente jours{former}.")
    return redirect("ami_partenaires", application.pk)


@guarded(Perm.WRITE_APPLICATION)
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, pk: int, partenaire: int) -> HttpResponseBase:
    """Take a partner off the file, after asking once."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    application = readable_file(actor, pk)
    row = _one(actor, application, partenaire)
    if request.method != "POST":
        context = head_context(actor, application, current="partenaires") | {"row": row}
        return render(request, "labelling/partenaire_retirer.html", context)
    try:
        service.remove_partner(by=actor, application=application, contribution=row)
    except PortalError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{row.partner_name} est retiré du dossier.")
    return redirect("ami_partenaires", application.pk)
