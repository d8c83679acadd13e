"""A session that ended: to the login page and back, without losing what was typed.

What was typed lives in the page sent back, never on the server: no table, session or file keeps it
(domain § 3, « nothing about the person is ever stored »).
"""

from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme

from spo_portal.kernel.http import FORM_TYPES, typed_fields


def login_address(next_url: str) -> str:
    """The login page, which goes on to ``next_url``."""
    return f"{reverse('account_login')}?{urlencode({'next': next_url})}"


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
