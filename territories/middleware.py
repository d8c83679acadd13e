"""One transaction per request, opened with the scope of the acting mandate."""

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from spo_portal.kernel.http import GetResponse
from spo_portal.kernel.tenancy.scope import NOBODY, apply
from territories.access import ANONYMOUS
from territories.scopes import open_for

ACTING = "mandat"
# Answered without touching the database, so that they hold when it is away.
WITHOUT_DATABASE = ("/sante/", "/static/")
# Programs prove who they are by their own secret: the session of a browser is not even read there.
WITHOUT_SESSION = ("/api/v1/",)


class ScopeMiddleware:
    """Set ``request.actor`` and the database scope; an exception or a 5xx answer undoes the whole request."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.actor = ANONYMOUS  # type: ignore[attr-defined]
        if request.path.startswith(WITHOUT_DATABASE):
            return self.get_response(request)
        with transaction.atomic():
            user = AnonymousUser() if request.path.startswith(WITHOUT_SESSION) else request.user
            if isinstance(user, AnonymousUser) or not user.is_active:
                apply(NOBODY)
            else:
                request.actor = open_for(user, request.session.get(ACTING))  # type: ignore[attr-defined]
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        connection_open = transaction.get_connection().in_atomic_block
        if connection_open:
            transaction.set_rollback(True)
