"""Outbox: PostgreSQL is the only queue of record. Redis may be lost, frozen or emptied: nothing is lost.

An event is written in the transaction of its cause. The worker takes pending events under
``FOR UPDATE SKIP LOCKED``, runs their handler and marks them done **in the same transaction**: the effect
happens exactly once, whatever is killed in between.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from spo_portal.kernel.tenancy.scope import SYSTEM, apply

log = logging.getLogger("portal.outbox")
MAX_ATTEMPTS = 12
# Table and columns, for a statement that writes its message together with its cause.
INTO = "kernel_outboxevent (kind, tenant_id, payload)"


@dataclass(frozen=True, slots=True)
class Event:
    """A pending event as its handler receives it."""

    id: int
    kind: str
    tenant_id: int | None
    payload: dict[str, object]


Handler = Callable[[Sequence[Event]], None]
_handlers: dict[str, list[Handler]] = defaultdict(list)
_alone: set[str] = set()


def subscribe(kind: str, handler: Handler, *, alone: bool = False) -> None:
    """Register ``handler`` for events of ``kind`` (from ``apps.py``). It gets batches, and is idempotent.

    ``alone``: one event at a time, for what leaves the portal (a mail sent can't be undone with its batch).
    """
    if handler not in _handlers[kind]:
        _handlers[kind].append(handler)
    if alone:
        _alone.add(kind)


def emit(kind: str, *, tenant_id: int | None, payload: dict[str, object]) -> None:
    """Write one event in the current transaction. ``payload`` holds ids and codes only."""
    if not connection.in_atomic_block:
        raise RuntimeError("An outbox event is written in the transaction of its cause.")
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {INTO} VALUES (%s, %s, %s)",  # noqa: S608 - our own constants
            [kind, tenant_id, json.dumps(payload, default=str)],
        )


def drain(*, batch: int = 200) -> int:
    """Handle one batch of pending events, kind by kind; return how many were done.

    Each kind has its own transaction, so a handler that fails holds no other kind up. When a batch fails, its
    events are tried again one by one: only those that fail alone are sent to a later try (2 s, 4 s, 8 s…), at
    most ``MAX_ATTEMPTS`` times, and one bad event never keeps a good one waiting.
    """
    done = 0
    for kind in _pending_kinds():
        try:
            done += _drain_kind(kind, 1 if kind in _alone else batch)
        except Exception as error:  # whatever a handler raises, the others must run
            log.warning("outbox batch of %s failed (%s): one by one", kind, type(error).__name__)
            done += _drain_one_by_one(kind, batch)
    return done


def pending(kind: str) -> list[int]:
    """Ids of the events of ``kind`` that wait, in order; in the caller's (system) transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [kind])
        return [row[0] for row in cursor.fetchall()]


def settle(event_ids: Sequence[int]) -> None:
    """Mark events done whose effect was had otherwise, as by a rebuild begun after they were written."""
    with connection.cursor() as cursor:
        cursor.execute(_DONE, [list(event_ids)])


def _drain_one_by_one(kind: str, batch: int) -> int:
    done = 0
    for event_id in _pending_ids(kind, batch):
        try:
            done += _drain_kind(kind, 1, only=event_id)
        except Exception as error:  # this event waits, the next ones go on
            # The kind of error alone: its text may quote the row.
            log.error("outbox event %s of %s failed (%s)", event_id, kind, type(error).__name__)
            _postpone(event_id, error)
    return done


_KINDS = """
SELECT DISTINCT kind FROM kernel_outboxevent
WHERE done_at IS NULL AND failed_at IS NULL AND (not_before IS NULL OR not_before <= now()) ORDER BY kind
"""
_IDS = """
SELECT id FROM kernel_outboxevent
WHERE kind = %s AND done_at IS NULL AND failed_at IS NULL AND (not_before IS NULL OR not_before <= now())
ORDER BY id LIMIT %s
"""
_WAITING = "SELECT id FROM kernel_outboxevent WHERE kind = %s AND done_at IS NULL ORDER BY id"
_TAKE = """
SELECT id, kind, tenant_id, payload FROM kernel_outboxevent
WHERE kind = %(kind)s AND (%(only)s::bigint IS NULL OR id = %(only)s)
  AND done_at IS NULL AND failed_at IS NULL AND (not_before IS NULL OR not_before <= now())
ORDER BY id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
"""
_DONE = "UPDATE kernel_outboxevent SET done_at = clock_timestamp() WHERE id = ANY(%s)"
_LATER = """
UPDATE kernel_outboxevent SET attempts = attempts + 1, error = left(%s, 200),
    not_before = now() + make_interval(secs => least(600, power(2, attempts + 1))),
    failed_at = CASE WHEN attempts + 1 >= %s THEN now() END
WHERE id = %s AND done_at IS NULL AND failed_at IS NULL
"""


def _pending_kinds() -> list[str]:
    with transaction.atomic():
        apply(SYSTEM)
        with connection.cursor() as cursor:
            cursor.execute(_KINDS)
            return [row[0] for row in cursor.fetchall()]


def _pending_ids(kind: str, batch: int) -> list[int]:
    with transaction.atomic():
        apply(SYSTEM)
        with connection.cursor() as cursor:
            cursor.execute(_IDS, [kind, batch])
            return [row[0] for row in cursor.fetchall()]


def _drain_kind(kind: str, batch: int, *, only: int | None = None) -> int:
    with transaction.atomic():
        apply(SYSTEM)
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, {"kind": kind, "batch": batch, "only": only})
            rows = cursor.fetchall()
        events = [Event(i, k, t, p if isinstance(p, dict) else json.loads(p)) for i, k, t, p in rows]
        if not events:
            return 0
        if kind not in _handlers:
            # Written by a newer version than this worker's: marking it done would lose it.
            raise LookupError(f"Nobody handles {kind}.")
        for handler in _handlers[kind]:
            handler(events)
        # A handler may have taken its author's scope; the marks below are system work again.
        apply(SYSTEM)
        with connection.cursor() as cursor:
            cursor.execute(_DONE, [[event.id for event in events]])
            if cursor.rowcount != len(events):
                raise RuntimeError("Events handled but not marked done: their effect is undone.")
        return len(events)


def _postpone(event_id: int, error: Exception) -> None:
    with transaction.atomic():
        apply(SYSTEM)
        with connection.cursor() as cursor:
            cursor.execute(_LATER, [type(error).__name__, MAX_ATTEMPTS, event_id])
