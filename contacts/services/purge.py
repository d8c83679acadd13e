"""What is kept no longer than promised (domain § 10): rows go, the figures made from them stay."""

import datetime
import logging
from collections.abc import Callable

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from spo_portal.kernel import jobs
from spo_portal.kernel.tenancy.scope import SYSTEM, apply

log = logging.getLogger("portal.purge")

BATCH = 1000
IMPORT_DAYS = 30
OUTBOX_DAYS = 30
AUDIT_MONTHS = 36


def months_before(day: datetime.date, months: int) -> datetime.date:
    """The same day ``months`` earlier; 31 and 29 February fall back on the last day of the month."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    following = datetime.date(year + month // 11, (month + 1) % 12 + 1, 1)
    return min(
        datetime.date(year, month + 1, 1) + datetime.timedelta(days=day.day - 1),
        following - datetime.timedelta(days=1),
    )


def retention_start(today: datetime.date) -> datetime.date:
    """Oldest day whose fiches are still kept row by row: 24 months (domain § 10). Earlier ones are erased."""
    return months_before(today, settings.FICHE_RETENTION_MONTHS)


def first_countable_month(today: datetime.date) -> datetime.date:
    """First month whose fiches are all still there.

    Figures of earlier months are final: never count them again.
    """
    start = retention_start(today)
    return start if start.day == 1 else (start.replace(day=28) + datetime.timedelta(days=4)).replace(day=1)


def run(*, now: datetime.datetime | None = None) -> dict[str, int]:
    """Erase everything past its term, in short batches; return how many rows went, by kind. Safe to run
    twice.

    System scope only (worker). No outbox event is written: the aggregates of what goes must stay as they are.
    """
    now = now or timezone.now()
    today = timezone.localdate(now)
    steps: dict[str, Callable[[], int]] = {
        "codes": lambda: _delete("contacts_coderetour", "fiche_id", "expires_at <= %s", [now]),
        "fiches": lambda: _fiches(retention_start(today)),
        "imports": lambda: _delete(
            "contacts_importfile", "id", "uploaded_at < %s", [now - datetime.timedelta(days=IMPORT_DAYS)]
        ),
        "directory_imports": lambda: _delete(
            "territories_directoryimport",
            "id",
            "uploaded_at < %s",
            [now - datetime.timedelta(days=IMPORT_DAYS)],
        ),
        "outbox": lambda: _delete(
            "kernel_outboxevent", "id", "done_at < %s", [now - datetime.timedelta(days=OUTBOX_DAYS)]
        ),
        "throttles": lambda: _delete("kernel_throttle", "id", "expires_at < %s", [now]),
        "sessions": lambda: _delete("django_session", "session_key", "expire_date < %s", [now]),
        "open_sessions": lambda: _delete(
            "usersessions_usersession",
            "id",
            "NOT EXISTS (SELECT 1 FROM django_session s WHERE s.session_key = t.session_key) AND "
            "last_seen_at < %s",
            [now - datetime.timedelta(days=1)],
        ),
        "cache": lambda: _delete("kernel_cache", "cache_key", "expires < %s", [now]),
        "audit": lambda: _delete(
            "kernel_auditevent",
            "id",
            "at < %s",
            [
                datetime.datetime.combine(
                    months_before(today, AUDIT_MONTHS), datetime.time(), tzinfo=now.tzinfo
                )
            ],
        ),
    }
    counts = {kind: step() for kind, step in steps.items()}
    # Generated files go within the quarter of an hour by a beat of their own: here for a portal long stopped.
    counts |= jobs.purge(now=now)
    log.info("purge: %s", ", ".join(f"{kind} {count}" for kind, count in counts.items()))
    return counts


def _delete(table: str, key: str, condition: str, params: list[datetime.datetime]) -> int:
    """Delete rows by batches, each in its own short transaction: a stop in the middle loses nothing."""
    total = 0
    while True:
        with transaction.atomic():
            apply(SYSTEM)
            with connection.cursor() as cursor:
                cursor.execute(
                    f"DELETE FROM {table} WHERE {key} IN"  # noqa: S608 - constants of this module
                    f" (SELECT t.{key} FROM {table} t WHERE {condition} ORDER BY t.{key} LIMIT {BATCH})",
                    params,
                )
                count = cursor.rowcount
        total += count
        if count < BATCH:
            return total


def _fiches(limit: datetime.date) -> int:
    total = 0
    while True:
        with transaction.atomic():
            apply(SYSTEM)
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT id FROM contacts_fichecontact WHERE jour < %s ORDER BY jour, id LIMIT %s FOR "
                    "UPDATE SKIP LOCKED",
                    [limit, BATCH],
                )
                ids = [row[0] for row in cursor.fetchall()]
                erase(cursor, ids)
        total += len(ids)
        if len(ids) < BATCH:
            return total


def erase(cursor, ids: list[int]) -> None:  # type: ignore[no-untyped-def]
    """Delete fiches and what hangs on them, inside a system transaction."""
    cursor.execute("DELETE FROM contacts_coderetour WHERE fiche_id = ANY(%s)", [ids])
    cursor.execute("DELETE FROM contacts_fichedestination WHERE fiche_id = ANY(%s)", [ids])
    cursor.execute("DELETE FROM contacts_fichecontact WHERE id = ANY(%s)", [ids])
