"""Personal links: sent, sent again, reminded (GUIDE p. 15). The mail is the worker's, from ids alone.

A link that was used, reported or replaced never opens again: a new number makes a new secret.
"""

import datetime

from django.db import transaction
from django.utils import timezone

from labelling.enums_convention import ConventionState
from labelling.models import Convention, ConventionSignatory, ConventionSignature
from labelling.services.convention import acts, events
from labelling.services.partner_links import LINK_DAYS, digest_of, secret
from spo_portal.kernel import throttle
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.typography import counted
from territories.access import Actor

KIND = "labelling.convention_signatory"
# Mails to signatories in an hour: of one account, and to one address.
MAILS, MAILS_OF_ADDRESS = (400, 3600), (12, 3600)


def derive(signatory: ConventionSignatory) -> str:
    """The secret of the signatory's present link."""
    return secret(KIND, signatory.pk, signatory.nonce)


def send_link(
    by: Actor, convention: Convention, signatory: ConventionSignatory, template: str, *, fresh: bool = False
) -> None:
    """Send the link of a signatory, under the lock of its convention.

    A link still to be used is kept and lives thirty days more, so that a page left open still answers; one
    that was used, reported or never made, or ``fresh``, is replaced.
    """
    throttle.limit(f"convention:compte:{by.user_id}", attempts=MAILS[0], seconds=MAILS[1])
    bucket = throttle.address_bucket("convention:courriel", signatory.email.lower())
    throttle.limit(bucket, attempts=MAILS_OF_ADDRESS[0], seconds=MAILS_OF_ADDRESS[1])
    renew(by, signatory, fresh=fresh)
    events.notify(convention, template, signatory=signatory.pk, nonce=signatory.nonce)


def renew(by: Actor, signatory: ConventionSignatory, *, fresh: bool = False) -> None:
    """A link good for thirty days; a new secret when the present one can't answer any more."""
    now = timezone.now()
    used = ConventionSignature.objects.visible_to(by).filter(signatory=signatory, nonce=signatory.nonce)
    if fresh or signatory.token_hash is None or used.exists():
        signatory.nonce += 1
        signatory.token_hash = digest_of(derive(signatory))
        signatory.invited_at, signatory.opened_at, signatory.misdirected_at = now, None, None
        signatory.reminders, signatory.reminded_at = 0, None
    signatory.expires_at = now + datetime.timedelta(days=LINK_DAYS)
    signatory.save(update_fields=LINK_FIELDS)


LINK_FIELDS = [
    "nonce", "token_hash", "invited_at", "expires_at", "opened_at", "misdirected_at", "reminders",
    "reminded_at",
]  # fmt: skip


def expected(by: Actor, convention: Convention) -> list[ConventionSignatory]:
    """Signatories in force who have not signed the text shown."""
    rows = ConventionSignatory.objects.visible_to(by).filter(convention=convention).expected()
    return list(rows.select_related("party"))


def _one(by: Actor, locked: Convention, signatory: ConventionSignatory) -> ConventionSignatory:
    rows = ConventionSignatory.objects.visible_to(by).filter(convention=locked).expected()
    found = rows.filter(pk=signatory.pk).first()
    if found is None:
        raise Refused("Ce signataire a déjà signé ce texte, ou a été retiré : aucun lien ne part.")
    return found


def resend(*, by: Actor, convention: Convention, signatory: ConventionSignatory) -> ConventionSignatory:
    """A new link for one signatory; the former stops working."""
    with transaction.atomic():
        locked = acts.lock(by, convention, ConventionState.SIGNATURE)
        kept = _one(by, locked, signatory)
        send_link(by, locked, kept, "renvoi", fresh=True)
        acts.leave(by, locked, "lien_envoye", f"Nouveau lien envoyé : {kept.function}")
    return kept


def remind_all(*, by: Actor, convention: Convention) -> int:
    """Remind, with their present link, all those who have neither signed nor refused."""
    with transaction.atomic():
        locked = acts.lock(by, convention, ConventionState.SIGNATURE)
        refused = refusing(by, locked)
        rows = [one for one in expected(by, locked) if one.token_hash and one.pk not in refused]
        if not rows:
            raise Refused("Personne n’attend de rappel.")
        for one in rows:
            remind(by, locked, one)
        words = counted(len(rows), "rappel envoyé", "rappels envoyés")
        acts.leave(by, locked, "rappel", words)
    return len(rows)


def remind(by: Actor, convention: Convention, signatory: ConventionSignatory) -> None:
    signatory.reminders += 1
    signatory.reminded_at = timezone.now()
    signatory.save(update_fields=["reminders", "reminded_at"])
    send_link(by, convention, signatory, "rappel")


def refusing(by: Actor, convention: Convention) -> set[int]:
    """Signatories whose present link came back with a refusal of the present text."""
    rows = ConventionSignature.objects.visible_to(by).filter(
        convention=convention, sha256=convention.sha256, answer="refuse"
    )
    pairs = set(rows.values_list("signatory_id", "nonce"))
    kept = ConventionSignatory.objects.visible_to(by).filter(convention=convention)
    return {key for key, nonce in kept.values_list("pk", "nonce") if (key, nonce) in pairs}
