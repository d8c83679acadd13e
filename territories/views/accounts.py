"""Account pages: django-allauth's views under our addresses, our templates and our door."""

from typing import Any

from allauth.account import views as account
from allauth.account.utils import perform_login
from allauth.usersessions import views as usersessions
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from territories.access import View, logged_in, public
from territories.models import User
from territories.services.demo import demo_groups

_pages = require_http_methods(["GET", "HEAD", "POST"])


class LoginPage(account.LoginView):
    """Login, with the one-click accounts when the portal is a demonstration."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["demo_groups"] = demo_groups() if settings.DEMO else []
        return context


class SessionsPage(usersessions.ListUserSessionsView):
    """The account's open sessions, the current one first, with the browser in words."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        for session in context["sessions"]:
            session.current = session.is_current()
            session.browser = browser_name(session.user_agent)
        context["sessions"].sort(key=lambda session: (not session.current, -session.created_at.timestamp()))
        return context


def _open(view: View, reason: str) -> View:
    return public(reason)(_pages(view))


def _own(view: View, reason: str) -> View:
    return logged_in(reason)(_pages(view))


login = _open(LoginPage.as_view(), "Page de connexion.")
logout = _open(account.logout, "Fermer sa session ; sans session, renvoie à l’accueil.")
inactive = _open(account.account_inactive, "Dit qu’un compte est désactivé ; ne montre rien.")
reset_password = _open(account.password_reset, "Demander un nouveau mot de passe ; même réponse pour tous.")
reset_password_done = _open(account.password_reset_done, "Dit qu’un courriel est parti si le compte existe.")
reset_password_from_key = _open(
    account.password_reset_from_key, "Lien personnel du courriel, à usage unique."
)
reset_password_from_key_done = _open(
    account.password_reset_from_key_done, "Dit que le mot de passe est changé."
)
change_password = _own(account.password_change, "Changer son propre mot de passe.")
reauthenticate = _own(account.reauthenticate, "Redonner son mot de passe avant un acte sensible.")
sessions = _own(SessionsPage.as_view(), "Voir et fermer ses propres sessions.")


@require_GET
@public("Dit que les comptes s’ouvrent sur invitation.")
def signup(request: HttpRequest) -> HttpResponse:
    return render(request, "account/signup_closed.html")


@require_GET
@logged_in("Renvoie vers l’accueil : l’adresse d’un compte est celle de son invitation.")
def email(request: HttpRequest) -> HttpResponseBase:
    """An address is bound to its invitation; a new address is a new invitation."""
    messages.info(
        request, "L’adresse d’un compte ne se change pas : demandez une invitation pour la nouvelle."
    )
    return redirect("accueil")


@require_GET
@logged_in("Renvoie un compte sans mot de passe vers le courriel qui en donne un.")
def set_password(request: HttpRequest) -> HttpResponseBase:
    return redirect("account_reset_password")


@require_POST
@public("Connexion en un clic aux comptes fictifs, en démonstration seulement (404 sinon).")
def demo_login(request: HttpRequest) -> HttpResponseBase:
    """Open the session of a demonstration account without its password; does not exist outside demo mode."""
    if not settings.DEMO:
        raise Http404
    wanted = request.POST.get("compte", "")
    if not wanted.isascii() or not wanted.isdecimal() or len(wanted) > 18:
        raise Http404
    user = User.objects.filter(pk=int(wanted), is_demo=True, is_active=True).first()
    if user is None:
        raise Http404
    return open_session(request, user, request.POST.get("next", ""))


def open_session(request: HttpRequest, user: User, next_url: str = "") -> HttpResponseBase:
    """Log ``user`` in as the login page does (new session id, session list), then go on."""
    if not url_has_allowed_host_and_scheme(next_url, allowed_hosts={request.get_host()}):
        next_url = ""
    return perform_login(request, user, redirect_url=next_url or None)


_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser_name(agent: str) -> str:
    """« Firefox sur Windows »: enough to recognise one's own session."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "Navigateur inconnu")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return f"{browser} sur {system}" if system else browser
