"""Session: role switch, the page a second tab logs in to, the shared desk."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from spo_portal.kernel.http import GetResponse
from territories.access import logged_in
from territories.middleware import ACTING
from territories.models import Membership


@require_POST
@logged_in("Changer de rôle : seulement parmi ses propres mandats.")
def change_role(request: HttpRequest) -> HttpResponseBase:
    """Act under another of one's own mandates in force; anything else changes nothing (domain § 2)."""
    actor = request.actor  # type: ignore[attr-defined]
    wanted = request.POST.get("membership", "")
    mine = {str(m.pk): m for m in (actor.membership, *actor.others) if m is not None}
    chosen: Membership | None = mine.get(wanted)
    if chosen is None:
        messages.error(request, "Ce rôle n’est pas, ou n’est plus, le vôtre. Choisissez-en un autre.")
    else:
        request.session[ACTING] = chosen.pk
        messages.success(request, f"Vous agissez maintenant comme {chosen.label}.")
    return redirect("accueil")


@require_GET
@logged_in("Dit que la session est rouverte : la saisie attend dans l’autre onglet.")
def reopened(request: HttpRequest) -> HttpResponse:
    """Where the login of the second tab ends: the typed form waits in the first one."""
    return render(request, "territories/session_rouverte.html")


class SharedDeskMiddleware:
    """« Poste partagé »: the fifteen minutes run from the last action, not from the login."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # A page that asks for news by itself is no action of anybody.
        if getattr(request, "by_itself", False):
            return response
        # Only sessions that ask for it are read again: an anonymous page keeps its `Vary` and its speed.
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.session.get("poste_partage"):
            request.session.modified = True
        return response
