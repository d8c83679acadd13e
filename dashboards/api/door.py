"""The door of the API: a token in the header, the scope of its mandate, a read-only transaction.

No cookie, no session, nothing in the address: a page of another site can't make a browser read for it, and no
log of addresses holds a secret. The scope is exactly that of the mandate, checked again at each request.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError, connection, transaction
from django.http import Http404, HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from dashboards.api.problems import Problem
from dashboards.models import ApiToken
from dashboards.permissions import Perm
from dashboards.services.tokens import note_use, token_hash
from spo_portal.kernel import throttle
from spo_portal.kernel.errors import TooManyAttempts
from spo_portal.kernel.http import client_address
from spo_portal.kernel.tenancy.scope import NOBODY, Scope, apply
from territories.access import Actor, can, public
from territories.scopes import open_for_membership

View = Callable[..., dict[str, Any]]
SAFE = ("GET", "HEAD")
# Names under which libraries put a token in an address.
IN_ADDRESS = ("token", "access_token", "jeton", "api_key", "apikey", "key", "authorization")
# Wrong tokens from one network address before it has to wait.
WRONG = (30, 900)
_LONGEST = 200


def open_endpoint(view: View) -> Callable[..., JsonResponse]:
    """An endpoint that shows no figure and asks for no token: the list of addresses, their description."""

    @csrf_exempt
    @public("Description de l’interface : aucun chiffre, aucun jeton demandé.")
    @wraps(view)
    def inner(request: HttpRequest, **arguments: Any) -> JsonResponse:
        return _answer(request, lambda: view(request, **arguments))

    return inner


def token_endpoint(permission: str) -> Callable[[View], Callable[..., JsonResponse]]:
    """An endpoint read with a token whose mandate holds ``permission``; its view takes the actor first.

    For the portal's own door it is public: no session opens it, only the token does.
    """

    def decorate(view: View) -> Callable[..., JsonResponse]:
        @csrf_exempt
        @public("Lecture par un jeton donné dans l’en-tête : aucune session n’ouvre cette adresse.")
        @wraps(view)
        def inner(request: HttpRequest, **arguments: Any) -> JsonResponse:
            def read() -> dict[str, Any]:
                actor = actor_of(request)
                if not can(actor, permission):
                    raise Problem("droit_manquant")
                with transaction.atomic():
                    _read_only()
                    return view(request, actor, **arguments)

            return _answer(request, read)

        return inner

    return decorate


def actor_of(request: HttpRequest) -> Actor:
    """Who a token acts for, with the scope of its mandate open; raises Problem."""
    secret = secret_of(request)
    digest = token_hash(secret)
    apply(Scope(token=digest))
    token = ApiToken.objects.by_token(digest).first()
    if token is None:
        apply(NOBODY)
        bucket = throttle.address_bucket("api:jeton", client_address(request))
        throttle.limit(bucket, attempts=WRONG[0], seconds=WRONG[1])
        raise Problem("jeton_inconnu")
    if token.revoked_at is not None:
        raise Problem("jeton_revoque")
    if token.expires_at <= timezone.now():
        raise Problem("jeton_perime")
    throttle.limit(f"api:{token.pk}", attempts=settings.API_PER_MINUTE, seconds=60)
    actor = open_for_membership(token.membership_id, token.user_id)
    if actor.user is None:
        raise Problem("mandat_termine")
    if not can(actor, Perm.USE_API):
        raise Problem("droit_manquant")
    note_use(by=actor, token=token)
    return actor


def secret_of(request: HttpRequest) -> str:
    """The token of the ``Authorization: Bearer`` header; one in the address is refused, wherever it comes."""
    if any(name.lower() in IN_ADDRESS for name in request.GET):
        raise Problem("jeton_dans_adresse")
    scheme, _, secret = request.headers.get("Authorization", "").strip().partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        raise Problem("jeton_absent")
    if len(secret) > _LONGEST or not secret.isascii():
        raise Problem("jeton_inconnu")
    return secret


def _read_only() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")


def _answer(request: HttpRequest, read: Callable[[], dict[str, Any]]) -> JsonResponse:
    try:
        if request.method not in SAFE:
            raise Problem("verbe_refuse")
        answer = JsonResponse(read(), json_dumps_params={"ensure_ascii": False})
    except Problem as problem:
        answer = problem.response()
    except TooManyAttempts as error:
        answer = Problem("trop_de_demandes", retry_after=error.seconds).response()
    except Http404:
        answer = Problem("introuvable").response()
    except PermissionDenied:
        answer = Problem("droit_manquant").response()
    except (OperationalError, InterfaceError):
        answer = Problem("indisponible", retry_after=10).response()
    answer.headers["Cache-Control"] = "no-store"
    return answer
