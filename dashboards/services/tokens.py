"""Use cases of API tokens: make one (its secret is shown once), revoke it, recognise it."""

import datetime
import secrets

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from dashboards.models import ApiToken
from dashboards.permissions import Perm
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.tenancy.scope import SYSTEM, scoped
from territories.access import Actor, require

# Said by every token, so that one found in a file or a log is recognised for what it is.
MARK = "ori_"
SHOWN = len(MARK) + 4
AT_MOST = 20
DAYS = (30, 90, 180, 365)
KEPT = datetime.timedelta(days=365)
_SALT = "dashboards.api.token"


def token_hash(secret: str) -> str:
    """Keyed hash of a secret: a copy of the database lets nobody try secrets against it."""
    return salted_hmac(_SALT, secret, algorithm="sha256").hexdigest()


def create_token(*, by: Actor, name: str, days: int) -> tuple[ApiToken, str]:
    """Make a token for the acting mandate; return it with its secret, which is nowhere else.

    It opens what this mandate opens, for ``days`` days (365 at most) and no longer than the mandate runs.
    """
    require(by, Perm.USE_API)
    if by.membership is None or by.user is None:
        raise Refused("Un jeton est attaché à un mandat : choisissez d’abord votre rôle.")
    if days not in DAYS:
        raise Refused("Choisissez une durée de la liste : un an au plus.", "days")
    if len(active_tokens(by)) >= AT_MOST:
        raise Refused(f"Vous avez déjà {AT_MOST} jetons en cours : révoquez ceux qui ne servent plus.")
    secret = MARK + secrets.token_urlsafe(32)
    token = ApiToken(
        user=by.user,
        membership=by.membership,
        name=name.strip(),
        token_hash=token_hash(secret),
        prefix=secret[:SHOWN],
        expires_at=timezone.now() + datetime.timedelta(days=days),
    )
    with transaction.atomic():
        token.save(force_insert=True)
        _note("dashboards.token_created", by, token, {"days": days})
    return token, secret


def revoke_token(*, by: Actor, token: ApiToken) -> None:
    """Stop a token for good, at once. Refused when it has already been."""
    require(by, Perm.USE_API)
    with transaction.atomic():
        changed = (
            ApiToken.objects.visible_to(by)
            .filter(pk=token.pk, revoked_at=None)
            .update(revoked_at=timezone.now())
        )
        if not changed:
            raise Refused("Ce jeton est déjà révoqué.")
        _note("dashboards.token_revoked", by, token, {})


def active_tokens(by: Actor) -> list[ApiToken]:
    """Tokens that still open something: neither revoked nor expired."""
    mine = ApiToken.objects.visible_to(by).filter(revoked_at=None, expires_at__gt=timezone.now())
    return list(mine.select_related("membership"))


def note_use(*, by: Actor, token: ApiToken) -> None:
    """Leave one trace per token and day: that it served, never how often nor at what time."""
    today = timezone.localdate()
    used = ApiToken.objects.by_token(token.token_hash).filter(revoked_at=None)
    if used.exclude(last_used_on=today).update(last_used_on=today):
        _note("dashboards.token_used", by, token, {})


def purge_tokens(*, now: datetime.datetime) -> int:
    """Erase tokens that ended a year ago, and every token of a closed account; system scope (worker)."""
    before = now - KEPT
    with scoped(SYSTEM):
        gone = Q(expires_at__lt=before) | Q(revoked_at__lt=before) | Q(user__is_active=False)
        return ApiToken.objects.for_system().filter(gone).delete()[0]


def _note(action: str, by: Actor, token: ApiToken, data: dict[str, object]) -> None:
    audit.record(
        action,
        by=by,
        object_type="api_token",
        object_id=token.pk,
        tenant_id=by.territory_id,
        data={"prefix": token.prefix, **data},
    )
