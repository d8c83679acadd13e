"""HTTP habits shared by every page: headers, unavailability, log hygiene, client address."""

import gzip
import hashlib
import logging
import re
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import content_disposition_header

from spo_portal.kernel.errors import TooManyAttempts
from spo_portal.kernel.tenancy.scope import Scope, apply

GetResponse = Callable[[HttpRequest], HttpResponseBase]
log = logging.getLogger("portal.http")

# No inline script or style anywhere, so neither nonce nor hash is needed.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none';"
    " object-src 'none'; manifest-src 'self'"
)
FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data"}


class WithoutPath(logging.Filter):
    """Return codes travel in paths: no log line keeps the path of a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if request is not None:
            # Django formats "… %s" with the path: keep the kind of error, drop where it happened.
            record.msg, record.args = "%s on a request", (record.levelname,)
        return True


class BareErrors(logging.Formatter):
    """Where an error came from and its kind, never its text: it may quote an address or a row just typed."""

    def formatException(self, ei: Any) -> str:
        lines = []
        error = ei[1]
        while error is not None:
            kind = f"{type(error).__module__}.{type(error).__qualname__}"
            lines += [kind, *traceback.format_tb(error.__traceback__)]
            error = error.__cause__ or error.__context__
        return "\n".join(line.rstrip() for line in lines)


def same_for_all(request: HttpRequest, response: HttpResponse, *, seconds: int) -> HttpResponseBase:
    """Let anybody's cache keep an answer that depends on its address alone: compressed, marked, 304 if known.

    Never on a page that holds a token or a name: nothing secret is compressed with what a stranger may type.
    """
    response.headers["Cache-Control"] = f"public, max-age={seconds}"
    response.headers["ETag"] = f'W/"{hashlib.sha256(response.content).hexdigest()[:24]}"'
    answer = get_conditional_response(request, etag=response.headers["ETag"], response=response)
    if answer is response and re.search(r"\bgzip\b", request.headers.get("Accept-Encoding", "")):
        response.content = gzip.compress(response.content, 6, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Content-Length"] = str(len(response.content))
    answer.same_for_all = True  # type: ignore[union-attr]
    return answer  # type: ignore[return-value]


def policy(**more: str) -> str:
    """The portal's policy with sources added to some directives: ``policy(img_src="https://tuiles.example")``.

    ``frame_ancestors`` is replaced, not added to: « none » excludes every other word.
    """
    directives = [part.strip() for part in POLICY.split(";")]
    for name, sources in more.items():
        directive = name.replace("_", "-")
        at = next(n for n, part in enumerate(directives) if part.split()[0] == directive)
        kept = directive if directive == "frame-ancestors" else directives[at]
        directives[at] = f"{kept} {sources}".strip()
    return "; ".join(directives)


def from_own_page(request: HttpRequest) -> bool:
    """False when the browser says that another site sent this form.

    Such a form must never come back with a fresh token and a button: one click would then act for that site.
    """
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    own = f"{request.scheme}://{request.get_host()}"
    return origin is None or origin in {own, *settings.CSRF_TRUSTED_ORIGINS}


class HeadersMiddleware:
    """Content-Security-Policy, no-store for whoever is logged in, Vary for fragments."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"
        )
        if getattr(response, "same_for_all", False) and not response.cookies:
            # Written for nobody in particular: the cookie that was read says nothing of this answer.
            response.headers["Vary"] = "HX-Request, Accept-Encoding"
            return response
        if getattr(response, "same_for_all", False):
            response.headers["Cache-Control"] = "no-store, private"
        response.headers.setdefault("Cache-Control", "no-store, private")
        patch_vary_headers(response, ("HX-Request", "Cookie"))
        return response


class UnavailableMiddleware:
    """A database that is away gives a 503 page that keeps what was typed; too many attempts give a 429."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self.get_response(request)
        except (OperationalError, InterfaceError) as error:
            return unavailable(request, error)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        if isinstance(exception, OperationalError | InterfaceError):
            return unavailable(request, exception)
        if isinstance(exception, TooManyAttempts):
            return too_many(request, exception)
        return None


def typed_fields(request: HttpRequest) -> list[tuple[str, str]]:
    """Fields of a posted form as (name, value), to give them back: neither the token nor any password.

    Nothing when another site posted it: what it forged is not handed back ready to send.
    """
    if request.method != "POST" or request.content_type not in FORM_TYPES or not from_own_page(request):
        return []
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken" and "password" not in name.lower()
        for value in values
    ]


def unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    """503 page, drawn without the database; a typed form comes back as hidden fields and a retry button."""
    log.error("database unavailable: %s", type(error).__name__)
    context = {"typed": typed_fields(request), "retry_url": request.get_full_path()}
    # With the request, whose CSRF token lets the retry button work; nothing here reads the database.
    response = render(request, "503.html", context, status=503)
    response.headers["Retry-After"] = "10"
    return response


def too_many(request: HttpRequest, error: TooManyAttempts) -> HttpResponse:
    response = render(None, "429.html", {"retry_after": max(1, error.seconds // 60)}, status=429)
    response.headers["Retry-After"] = str(error.seconds)
    return response


def client_address(request: HttpRequest) -> str:
    """Address of the client. Behind ``TRUSTED_PROXIES`` proxies it is the n-th from the right of
    X-Forwarded-For: what stands further left was written by the client and is not believed."""
    count = settings.TRUSTED_PROXIES
    forwarded = [
        part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()
    ]
    if count and len(forwarded) >= count:
        return forwarded[-count]
    return str(request.META.get("REMOTE_ADDR", ""))


@contextmanager
def _open(scope: Scope) -> Iterator[None]:
    with transaction.atomic():
        apply(scope)
        yield


def stream(
    scope: Scope, rows: Callable[[], Iterable[bytes | str]], *, content_type: str, filename: str
) -> HttpResponseBase:
    """Streamed download under its own transaction and scope.

    A streaming body runs after the request's transaction has ended: without this it would see no row at all.
    """

    def body() -> Iterator[bytes]:
        try:
            with _open(scope):
                for chunk in rows():
                    yield chunk.encode() if isinstance(chunk, str) else chunk
        finally:
            # Inside someone else's transaction (a test's) the connection is theirs to close.
            if not connection.in_atomic_block:
                connection.close()

    response = StreamingHttpResponse(body(), content_type=content_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def whole_number(text: str | None) -> int:
    """A key or a count sent by a form; 0 for anything else.

    ``isdigit`` alone takes « ² », which ``int`` refuses; a key past the integers of the database is nobody's.
    """
    return int(text) if text and len(text) <= 18 and text.isascii() and text.isdigit() else 0
