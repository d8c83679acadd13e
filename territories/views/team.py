"""The team of one's own area: who holds which role, who is invited, invite, withdraw, end."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, Q, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from spo_portal.kernel.errors import PortalError, Refused
from territories.access import get_visible_or_404, guarded
from territories.enums import Role
from territories.forms.team import InvitationForm
from territories.models import Invitation, Membership
from territories.permissions import MAY_NAME, Perm
from territories.services import accounts

PER_PAGE = 50
_ROLE_ORDER = Case(*(When(role=role, then=Value(rank)) for rank, role in enumerate(Role.values)))


@guarded(Perm.SEE_TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def team(request: HttpRequest) -> HttpResponseBase:
    """Members of the own area by role, pending invitations, and the form that invites (domain § 2)."""
    actor = request.actor  # type: ignore[attr-defined]
    form = InvitationForm(request.POST if request.method == "POST" else None, actor=actor)
    if request.method == "POST" and form.is_valid():
        try:
            invitation, _ = accounts.invite(by=actor, **form.as_invitation())
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, f"Invitation envoyée à {invitation.email}, valable sept jours.")
            return redirect("equipe")
    return _list(request, form, status=422 if form.is_bound else 200)


def _list(request: HttpRequest, form: InvitationForm, *, status: int) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    query = request.GET.get("q", "").replace("\x00", "").strip()[:80]
    members = Membership.objects.visible_to(actor).in_force().select_related("user")
    if query:
        members = members.filter(
            Q(user__display_name__unaccent__icontains=query)
            | Q(user__email__icontains=query)
            | Q(scope_label__unaccent__icontains=query)
        )
    members = members.order_by(_ROLE_ORDER, "scope_label", "user__display_name", "pk")
    page = Paginator(members, PER_PAGE).get_page(request.GET.get("page"))
    may_end = set(MAY_NAME.get(actor.role, ())) if actor.role else set()
    for member in page.object_list:
        member.can_end = member.role in may_end and member.user_id != actor.user_id
    pending = list(Invitation.objects.visible_to(actor).filter(accepted_at=None, withdrawn_at=None)[:100])
    now = timezone.now()
    for invitation in pending:
        invitation.expired = invitation.expires_at <= now
        invitation.mine = invitation.role in may_end
    context = {
        "form": form,
        "page": page,
        "pending": pending,
        "query": query,
        "can_end": bool(may_end),
        "nothing_to_give": not form.fields["scope"].queryset.exists() if form.is_bound or may_end else True,
    }
    return render(request, "territories/equipe.html", context, status=status)


def take_back(request: HttpRequest, invitation: Invitation, page: str) -> HttpResponseBase:
    """Withdraw an invitation already found through the door, say so on ``page``."""
    try:
        accounts.withdraw_invitation(by=request.actor, invitation=invitation)  # type: ignore[attr-defined]
    except PortalError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Invitation de {invitation.email} retirée : son lien ne marche plus.")
    return redirect(page)


def send_anew(request: HttpRequest, invitation: Invitation, page: str) -> HttpResponseBase:
    """Send a new link for an invitation already found through the door, say so on ``page``."""
    try:
        accounts.send_again(by=request.actor, invitation=invitation)  # type: ignore[attr-defined]
    except PortalError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Nouveau lien envoyé à {invitation.email} ; l’ancien ne marche plus.")
    return redirect(page)


@guarded(Perm.INVITE)
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Withdraw a pending invitation: its link stops working at once."""
    actor = request.actor  # type: ignore[attr-defined]
    invitation = get_visible_or_404(Invitation.objects, actor, pk=pk)
    return take_back(request, invitation, "equipe")


@guarded(Perm.INVITE)
@require_POST
def send_again(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send a new link, valid seven days; the former one stops working."""
    actor = request.actor  # type: ignore[attr-defined]
    invitation = get_visible_or_404(Invitation.objects, actor, pk=pk)
    return send_anew(request, invitation, "equipe")


@guarded(Perm.INVITE)
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, pk: int) -> HttpResponseBase:
    """End a mandate, after asking once. The account loses it at its next request."""
    actor = request.actor  # type: ignore[attr-defined]
    membership = get_visible_or_404(Membership.objects, actor, pk=pk)
    if membership.ends_on is not None and membership.ends_on < timezone.localdate():
        raise Http404("Ce mandat a déjà pris fin.")
    if request.method != "POST":
        return render(request, "territories/mandat_fin.html", {"membership": membership})
    try:
        accounts.end_membership(by=actor, membership=membership)
    except Refused as refusal:
        return render(
            request,
            "territories/mandat_fin.html",
            {"membership": membership, "refusal": str(refusal)},
            status=409,
        )
    messages.success(request, f"Mandat terminé : {membership.user} n’a plus ce rôle.")
    return redirect("equipe")
