"""Session: role switch, a session that ended in mid-form, the shared desk.

What was typed when a session ended lives in the page sent back, never on the server: no table, session or
file keeps it (domain § 3, « nothing about the person is ever stored »).
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from spo_portal.kernel.http import GetResponse
from territories.access import logged_in, login_address
from territories.middleware import ACTING
from territories.models import Membership

FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data"}


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


def resume_after_login(request: HttpRequest) -> HttpResponseBase:
    """Send to the login page and back, without losing what is typed.

    A page asked for: redirect. A form sent: status 401 and a page that carries the form. A fragment asked by
    a field or a form: 401 alone, the page and its fields stay where they are.
    """
    if request.headers.get("HX-Request") == "true":
        if request.method != "GET" or "HX-Trigger-Name" in request.headers:
            return HttpResponse(
                "Votre session a expiré.", status=401, content_type="text/plain; charset=utf-8"
            )
        return redirect(login_address(_current_page(request)))
    if request.method == "POST" and request.content_type in FORM_TYPES and (request.POST or request.FILES):
        return _kept_form(request)
    wanted = request.get_full_path() if request.method in {"GET", "HEAD"} else reverse("accueil")
    return redirect(login_address(wanted))


def _current_page(request: HttpRequest) -> str:
    """The page the fragment belongs to, never the fragment's own address."""
    page = request.headers.get("HX-Current-URL", "")
    if page and url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}):
        parts = urlsplit(page)
        return parts.path + (f"?{parts.query}" if parts.query else "")
    return reverse("accueil")


def typed_fields(request: HttpRequest) -> list[tuple[str, str]]:
    """Fields of a posted form as (name, value), without the token and without any password."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken" and "password" not in name.lower()
        for value in values
    ]


def _kept_form(request: HttpRequest) -> HttpResponse:
    context = {
        "typed": typed_fields(request),
        "files": [upload.name for upload in request.FILES.values()],
        "retry_url": request.get_full_path(),
        "connexion": login_address(reverse("session_rouverte")),
    }
    response = render(request, "territories/session_expiree.html", context, status=401)
    # RFC 9110 wants a challenge with a 401; an unknown scheme keeps the browser from opening a password box.
    response.headers["WWW-Authenticate"] = 'Session realm="portail"'
    add_never_cache_headers(response)
    return response


class SharedDeskMiddleware:
    """« Poste partagé »: the fifteen minutes run from the last action, not from the login."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # Only sessions that ask for it are read again: an anonymous page keeps its `Vary` and its speed.
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.session.get("poste_partage"):
            request.session.modified = True
        return response
