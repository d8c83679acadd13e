"""Reminders nobody has to think of: 7 and 14 days after a link was sent and not answered.

Run every morning, twice or late without harm: the number of reminders is kept with the link.
"""

import datetime

from django.db.models import F
from django.utils import timezone

from labelling.enums_convention import ConventionState
from labelling.models import ConventionSignatory
from labelling.services.convention import acts, events, inviting
from territories.access import SYSTEM_ACTOR

DAYS = (7, 14)


def run(*, now: datetime.datetime | None = None) -> int:
    """Remind those whose turn it is; inside the transaction and under the system scope of the caller."""
    moment = now or timezone.now()
    sent = 0
    rows = (
        ConventionSignatory.objects.for_system()
        .expected()
        .filter(
            convention__state=ConventionState.SIGNATURE,
            token_hash__isnull=False,
            expires_at__gt=moment,
            invited_at__lte=moment - datetime.timedelta(days=DAYS[0]),
        )
        .select_related("convention", "party")
    )
    acts.hold(rows.values_list("convention_id", flat=True))
    refusing: dict[int, set[int]] = {}
    for row in rows:
        if row.convention_id not in refusing:
            refusing[row.convention_id] = inviting.refusing(SYSTEM_ACTOR, row.convention)
        if row.pk not in refusing[row.convention_id] and _due(row, moment):
            ConventionSignatory.objects.for_system().filter(pk=row.pk).update(
                reminders=F("reminders") + 1, reminded_at=moment
            )
            events.notify(row.convention, "rappel", signatory=row.pk, nonce=row.nonce)
            sent += 1
    return sent


def _due(row: ConventionSignatory, moment: datetime.datetime) -> bool:
    """A reminder a term, hand-made ones counted, and never two within three days."""
    if row.invited_at is None:
        return False
    passed = sum(moment >= row.invited_at + datetime.timedelta(days=days) for days in DAYS)
    if row.reminders >= passed:
        return False
    return row.reminded_at is None or moment - row.reminded_at >= datetime.timedelta(days=3)
