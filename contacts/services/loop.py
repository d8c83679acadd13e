"""The loop closes without a name: a code in, an outcome kept, no fiche shown (domain § 3)."""

from django.conf import settings
from django.db import connection

from contacts import codes
from contacts.enums import Suite
from contacts.permissions import Perm
from spo_portal.kernel import audit, throttle
from spo_portal.kernel.errors import Refused
from territories.access import Actor, require

# A wrong code costs an attempt: counted by the hour for a desk, by the quarter of an hour for the public.
DESK_SECONDS = 3600
PUBLIC_SECONDS = 900

UNKNOWN = (
    "Ce code est inconnu ou a plus de 90 jours. Relisez-le sur la fiche : 8 signes et un signe de contrôle."
)
MESSAGES = {
    "inconnu": UNKNOWN,
    "meme_lieu": "Ce code vient de votre propre lieu : c’est la structure qui reçoit qui note l’arrivée.",
    "fermee": "Une réponse a déjà été donnée pour ce code.",
}


def say_outcome(*, by: Actor, typed: str, outcome: Suite | None, address: str = "") -> str:
    """Say what became of a re-orientation; return ``notee`` or ``deja`` (or ``valide`` when only checking a
    code).

    ``by`` is a desk (its site is noted) or the anonymous person (public page). Raises ``Refused`` with the
    field ``code`` when the code is badly typed, unknown, expired or already answered, ``TooManyAttempts``
    past the limit.
    """
    site_id = None
    if by.user_id is not None:
        require(by, Perm.RECORD_ARRIVAL)
        site_id = by.site_id
    code = codes.normalise(typed)
    if not codes.is_valid(code):
        raise Refused(
            "Ce code est mal recopié : un signe manque ou n’est pas le bon. Relisez la fiche.", "code"
        )
    if site_id is not None:
        throttle.limit(f"code:site:{site_id}", attempts=settings.CODE_ATTEMPTS_DESK, seconds=DESK_SECONDS)
    else:
        throttle.limit(
            throttle.address_bucket("code:public", address),
            attempts=settings.CODE_ATTEMPTS_PUBLIC,
            seconds=PUBLIC_SECONDS,
        )
    digest = codes.code_hash(settings.CODE_KEY.encode(), code)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT contacts_say_outcome(%s, %s, %s)", [digest, str(outcome) if outcome else None, site_id]
        )
        answer = str(cursor.fetchone()[0])
    if answer in MESSAGES:
        raise Refused(MESSAGES[answer], "code")
    if answer == "notee" and by.user_id is not None:
        # The trail says that the desk answered, never for which fiche.
        audit.record(
            "contacts.outcome_said",
            by=by,
            object_type="site",
            object_id=site_id or 0,
            tenant_id=by.territory_id,
            unit_id=site_id,
            data={"outcome": str(outcome)},
        )
    return answer
