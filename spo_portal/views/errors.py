"""Error pages in plain French; none leaks another tenant's row, none loses what was typed."""

import logging
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from spo_portal.kernel.errors import TooManyAttempts
from spo_portal.kernel.http import too_many, typed_fields, unavailable
from territories.access import ANONYMOUS

log = logging.getLogger("portal.http")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(None, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 on a row the actor sees but may not act on."""
    return _page(request, "403.html", 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The same page for a missing row and for another tenant's."""
    return _page(request, "404.html", 404)


def _page(request: HttpRequest, template: str, status: int) -> HttpResponse:
    """With the region, menu and roles of who is signed in: all of it was read before the view ran."""
    actor = getattr(request, "actor", ANONYMOUS)
    if actor.user is None:
        return render(None, template, {"shell": "base_nue.html"}, status=status)
    return render(request, template, {"shell": "base_erreur.html"}, status=status)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """500, or 503 with the typed form when it is the database that is away."""
    error = sys.exc_info()[1]
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OperationalError | InterfaceError):
            return unavailable(request, cause)  # type: ignore[arg-type]
        if isinstance(cause, TooManyAttempts):
            return too_many(request, cause)
        cause = cause.__cause__ or cause.__context__
    return render(None, "500.html", status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A stale page was sent: the typed form comes back with a fresh token to send again (nothing is lost).

    Only to who typed it on a page of ours: what another site forged is not handed back ready to send.
    """
    context = {"typed": typed_fields(request), "retry_url": request.get_full_path()}
    return render(request, "403_csrf.html", context, status=403)
