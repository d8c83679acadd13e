"""The page an invitation's link opens. The link is the proof: it is read under the scope of its own hash."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from spo_portal.kernel import throttle
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.http import client_address
from spo_portal.kernel.tenancy.scope import Scope, scoped
from territories.access import public
from territories.forms.accounts import FirstPasswordForm
from territories.middleware import ACTING
from territories.models import Invitation, Membership, User
from territories.resume import login_address
from territories.services.accounts import accept, token_hash
from territories.views.accounts import open_session


@require_http_methods(["GET", "HEAD", "POST"])
@public("Lien personnel d’une invitation, à usage unique, envoyé à une seule adresse.")
def accept_invitation(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show who invites to what; open the account, or give the mandate to the logged-in one. Once only.

    Role and scope are read from the invitation, never from the form.
    """
    response = _answer(request, token)
    # The path is a secret: no page the reader goes to next may learn it. Only the origin is sent along, since
    # « no-referrer » would make browsers post the form with a null origin, which the CSRF check refuses.
    response.headers["Referrer-Policy"] = "strict-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _answer(request: HttpRequest, token: str) -> HttpResponseBase:
    invitation = _pending(token)
    if invitation is None:
        throttle.limit(
            throttle.address_bucket("invitation", client_address(request)), attempts=30, seconds=900
        )
        return render(request, "territories/invitation_perdue.html", status=404)
    user: User | None = request.actor.user  # type: ignore[attr-defined]
    if user is not None:
        return _for_account(request, invitation, token, user)
    if User.objects.filter(email=invitation.email).exists():
        return _page(request, invitation, connexion=login_address(request.path))
    return _for_newcomer(request, invitation, token)


def _pending(token: str) -> Invitation | None:
    digest = token_hash(token)
    with scoped(Scope(token=digest)):
        return (
            Invitation.objects.by_token(digest)
            .select_related("region")
            .filter(accepted_at=None, withdrawn_at=None, expires_at__gt=timezone.now())
            .first()
        )


def _page(
    request: HttpRequest, invitation: Invitation, *, status: int = 200, **context: object
) -> HttpResponse:
    inviter = User.objects.filter(pk=invitation.invited_by_id).first() if invitation.invited_by_id else None
    context |= {"invitation": invitation, "inviter": inviter}
    if invitation.region_id:
        context["region"] = invitation.region
    return render(request, "territories/invitation.html", context, status=status)


def _for_account(request: HttpRequest, invitation: Invitation, token: str, user: User) -> HttpResponseBase:
    """A logged-in account takes the mandate with one button, if the invitation bears its address."""
    if user.email != invitation.email:
        return _page(request, invitation, stranger=user, status=409 if request.method == "POST" else 200)
    if request.method != "POST":
        return _page(request, invitation, account=user)
    try:
        accept(invitation=invitation, token=token, user=user)
    except Refused as refusal:
        return _page(request, invitation, refusal=str(refusal), status=409)
    return _welcome(request, user)


def _for_newcomer(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponseBase:
    """A new account: the person chooses a password, everything else is the invitation's."""
    form = FirstPasswordForm(
        request.POST if request.method == "POST" else None,
        email=invitation.email,
        display_name=invitation.display_name,
    )
    if request.method != "POST" or not form.is_valid():
        return _page(request, invitation, form=form, status=422 if request.method == "POST" else 200)
    try:
        user = accept(invitation=invitation, token=token, user=None, password=form.cleaned_data["password1"])
    except Refused as refusal:
        return _page(request, invitation, refusal=str(refusal), status=409)
    response = open_session(request, user)
    _act_as_newest(request, user)
    messages.success(request, "Votre compte est ouvert. Bienvenue.")
    return response


def _welcome(request: HttpRequest, user: User) -> HttpResponseBase:
    _act_as_newest(request, user)
    messages.success(request, "Invitation acceptée : vous agissez maintenant avec ce rôle.")
    return redirect("accueil")


def _act_as_newest(request: HttpRequest, user: User) -> None:
    newest = Membership.objects.of_user(user.pk).order_by("pk").last()
    if newest is not None:
        request.session[ACTING] = newest.pk
