"""Reminders 15, 7 and 1 days before each deadline, to those who must act, once each (domain § 7).

Run every morning, twice or late without harm: what was sent is a row, and a morning missed is made up for by
the next one, which says how many days are left. One mail a day and a person, whatever is due.
"""

import datetime
from collections import defaultdict
from collections.abc import Sequence

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from labelling.models import AmiReminder
from labelling.services import cowriters, notices, recipients, registration
from labelling.services.convention import reminding
from labelling.services.deadlines import Deadline, due_between
from spo_portal.kernel import outbox
from spo_portal.kernel.tenancy.scope import SYSTEM, apply
from spo_portal.kernel.typography import agree

DAYS = (15, 7, 1)
KEPT_DAYS = 365
REMIND = "labelling.remind"


def term(left: int) -> int | None:
    """The reminder that is due with ``left`` days to go: the nearest of 15, 7 and 1 that is not passed."""
    return min((d for d in DAYS if d >= left), default=None) if left >= 0 else None


def run(*, today: datetime.date | None = None) -> dict[str, int]:
    """Write down who must be reminded of what, and ask for the mails. System scope (worker)."""
    today = today or timezone.localdate()
    wanted: dict[int, list[tuple[Deadline, int]]] = defaultdict(list)
    with transaction.atomic():
        apply(SYSTEM)
        for deadline in due_between(today, today + datetime.timedelta(days=DAYS[0])):
            days = term((deadline.due_on - today).days)
            if days is not None:
                for user_id in deadline.people:
                    wanted[user_id].append((deadline, days))
        found = {"reminded": sum(_ask(user_id, rows) for user_id, rows in sorted(wanted.items()))}
        found["opened"] = cowriters.open_late()
        found["conventions"] = reminding.run()
        now = timezone.now()
        found["purged"] = registration.purge(now=now) + cowriters.purge(now=now) + _purge(now)
    return found


def _ask(user_id: int, rows: Sequence[tuple[Deadline, int]]) -> int:
    """New reminders of one account in one event; what was already sent writes nothing."""
    keys = []
    for deadline, days in rows:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO labelling_amireminder (region_id, about, days, due_on, user_id)"
                " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (about, days, due_on, user_id) DO NOTHING"
                " RETURNING id",
                [deadline.region_id, deadline.about, days, deadline.due_on, user_id],
            )
            row = cursor.fetchone()
        if row is not None:
            keys.append(row[0])
    if keys:
        outbox.emit(REMIND, tenant_id=None, payload={"user": user_id, "reminders": keys})
    return len(keys)


def _purge(now: datetime.datetime) -> int:
    before = now - datetime.timedelta(days=KEPT_DAYS)
    return AmiReminder.objects.for_system().filter(sent_at__lt=before).delete()[0]


def on_remind(events: Sequence[outbox.Event]) -> None:
    """One mail with all that is still due to this account. System scope (worker), one event at a time."""
    for event in events:
        keys, user_id = event.payload.get("reminders"), event.payload.get("user")
        user = recipients.address_of(user_id) if isinstance(user_id, int) else None
        if user is None or not isinstance(keys, list):
            continue
        rows = {(r.about, r.due_on) for r in AmiReminder.objects.for_system().filter(pk__in=keys)}
        today = timezone.localdate()
        if not rows:
            continue
        last = max(due_on for _, due_on in rows)
        still = [
            deadline
            for deadline in due_between(today, last, {about for about, _ in rows})
            if (deadline.about, deadline.due_on) in rows and user.pk in deadline.people
        ]
        if still:
            _send(user.email, sorted(still, key=lambda d: (d.due_on, d.about)), today)


def _send(address: str, due: Sequence[Deadline], today: datetime.date) -> None:
    lines = [
        {
            "what": one.what,
            "left": in_days((one.due_on - today).days),
            "due_on": one.due_on,
            "at": one.at,
            "link": settings.BASE_URL + reverse(one.page, args=[one.key]),
        }
        for one in due
    ]
    subject = f"À faire {in_days((due[0].due_on - today).days)} : {due[0].what}"
    if len(due) > 1:
        subject = f"{len(due)} échéances à venir, la première {lines[0]['left']}"
    context = {"lines": lines, "link": settings.BASE_URL + reverse("ami_a_faire")}
    notices.send(address, subject, "rappel", context)


def in_days(left: int) -> str:
    """« aujourd’hui », « demain », « dans 7 jours »."""
    if left <= 0:
        return "aujourd’hui"
    return "demain" if left == 1 else f"dans {left} {agree(left, 'jour')}"
