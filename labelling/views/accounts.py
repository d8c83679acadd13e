"""Accounts of the calls: porteurs and members of commissions, those who ask to be one (domain § 2, § 7)."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from labelling.enums_ami import RegistrationState
from labelling.forms.accounts import BodyInvitationForm, RefusalForm, add_refusal
from labelling.models import AmiRegistration
from labelling.permissions import Perm
from labelling.services import registration as service
from spo_portal.kernel.errors import PortalError
from territories.access import Actor, can, get_visible_or_404, guarded
from territories.enums import Role
from territories.models import Invitation, Membership, Organisation
from territories.permissions import MAY_NAME
from territories.permissions import Perm as AccountPerm
from territories.querysets import MembershipQuerySet
from territories.services import accounts
from territories.views.team import send_anew, take_back

PER_PAGE = 50
ROLES = (Role.PORTEUR, Role.MEMBRE_COMMISSION)
SUGGESTED = 300


@guarded(AccountPerm.INVITE_BODY)
@require_http_methods(["GET", "HEAD", "POST"])
def team(request: HttpRequest) -> HttpResponseBase:
    """Who holds which role, who is invited, who asks; the form that invites."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    roles = MAY_NAME[actor.role] if actor.role else ()
    form = BodyInvitationForm(request.POST if request.method == "POST" else None, actor=actor, roles=roles)
    if request.method == "POST" and form.is_valid():
        try:
            invitation, _ = accounts.invite(by=actor, **form.as_invitation())
        except PortalError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, f"Invitation envoyée à {invitation.email}, valable sept jours.")
            return redirect("ami_equipe")
    return _list(request, form, status=422 if form.is_bound else 200)


def _list(request: HttpRequest, form: BodyInvitationForm, *, status: int) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    query = request.GET.get("q", "").replace("\x00", "").strip()[:80]
    found = _mandates(actor).filter(role__in=ROLES).select_related("user")
    if query:
        found = found.filter(
            Q(user__display_name__unaccent__icontains=query)
            | Q(user__email__icontains=query)
            | Q(scope_label__unaccent__icontains=query)
        )
    page = Paginator(found.order_by("role", "scope_label", "user__display_name", "pk"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    may_end = actor.role == Role.REGION
    for member in page.object_list:
        member.can_end = may_end and member.user_id != actor.user_id
    pending = list(
        Invitation.objects.visible_to(actor).filter(role__in=ROLES, accepted_at=None, withdrawn_at=None)[:200]
    )
    now = timezone.now()
    for invitation in pending:
        invitation.expired = invitation.expires_at <= now
    suggested: list[str] = []
    if "organisation" in form.fields:
        names = Organisation.objects.visible_to(actor).filter(is_training_body=False)
        suggested = list(names.values_list("name", flat=True)[:SUGGESTED])
    context = {
        "form": form,
        "page": page,
        "pending": pending,
        "query": query,
        "asked": service.waiting_for(by=actor) if can(actor, Perm.INVITE_PORTEUR) else [],
        "suggested": suggested,
        "region_side": may_end,
    }
    return render(request, "labelling/comptes.html", context, status=status)


def _mandates(actor: Actor) -> MembershipQuerySet:
    if actor.role == Role.REGION:
        return Membership.objects.visible_to(actor).in_force()
    return Membership.objects.of_same_body(actor).in_force()


def _invitation(actor: Actor, pk: int) -> Invitation:
    return get_visible_or_404(Invitation.objects.filter(role__in=ROLES), actor, pk=pk)


@guarded(AccountPerm.INVITE_BODY)
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Withdraw a pending invitation: its link stops working at once."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    invitation = _invitation(actor, pk)
    return take_back(request, invitation, "ami_equipe")


@guarded(AccountPerm.INVITE_BODY)
@require_POST
def send_again(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send a new link, valid seven days; the former one stops working."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    invitation = _invitation(actor, pk)
    return send_anew(request, invitation, "ami_equipe")


@guarded(Perm.INVITE_PORTEUR)
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, pk: int) -> HttpResponseBase:
    """End a mandate, after asking once. The account loses it at its next request."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    membership = get_visible_or_404(Membership.objects.filter(role__in=ROLES), actor, pk=pk)
    if membership.ends_on is not None and membership.ends_on < timezone.localdate():
        raise Http404("Ce mandat a déjà pris fin.")
    context: dict[str, object] = {"membership": membership}
    if request.method != "POST":
        return render(request, "labelling/compte_fin.html", context)
    try:
        accounts.end_membership(by=actor, membership=membership)
    except PortalError as refusal:
        return render(request, "labelling/compte_fin.html", context | {"refusal": str(refusal)}, status=409)
    messages.success(request, f"Mandat terminé : {membership.user} n’a plus ce rôle.")
    return redirect("ami_equipe")


def _request_of(actor: Actor, cle: uuid.UUID) -> AmiRegistration:
    return get_visible_or_404(AmiRegistration.objects.select_related("organisation", "call"), actor, uuid=cle)


@guarded(Perm.INVITE_PORTEUR)
@require_POST
def approve(request: HttpRequest, cle: uuid.UUID) -> HttpResponseBase:
    """Accept a request: the invitation leaves at once."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = _request_of(actor, cle)
    try:
        service.approve(by=actor, registration=found)
    except PortalError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Demande acceptée : l’invitation part à {found.email}.")
    return redirect("ami_equipe")


@guarded(Perm.INVITE_PORTEUR)
@require_http_methods(["GET", "HEAD", "POST"])
def refuse(request: HttpRequest, cle: uuid.UUID) -> HttpResponseBase:
    """Refuse a request, with the reason its author will read."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = _request_of(actor, cle)
    if found.state != RegistrationState.ATTENTE:
        messages.error(request, "Cette demande a déjà reçu sa réponse.")
        return redirect("ami_equipe")
    form = RefusalForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            service.refuse(by=actor, registration=found, reason=form.cleaned_data["reason"])
        except PortalError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, f"Demande refusée : le motif part à {found.email}.")
            return redirect("ami_equipe")
    status = 422 if form.is_bound else 200
    return render(
        request, "labelling/compte_refus.html", {"form": form, "registration": found}, status=status
    )
