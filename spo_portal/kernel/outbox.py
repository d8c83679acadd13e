"""Outbox: PostgreSQL is the only queue of record. Redis may be lost, frozen or emptied; nothing is lost with it.

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


@dataclass(frozen=True, slots=True)
class Event:
    """A pending event as its handler receives it."""

    id: int
    kind: str
    tenant_id: int | None
    payload: dict[str, object]


Handler = Callable[[Sequence[Event]], None]
_handlers: dict[str, list[Handler]] = defaultdict(list)


def subscribe(kind: str, handler: Handler) -> None:
    """Register ``handler`` for events of ``kind`` (called from ``apps.py``). It gets a batch and must be idempotent."""
    if handler not in _handlers[kind]:
        _handlers[kind].append(handler)


def emit(kind: str, *, tenant_id: int | None, payload: dict[str, object]) -> None:
    """Write one event in the current transaction. ``payload`` holds ids and codes only."""
    if not connection.in_atomic_block:
        raise RuntimeError("An outbox event is written in the transaction of its cause.")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_outboxevent (kind, tenant_id, payload) VALUES (%s, %s, %s)",
            [kind, tenant_id, json.dumps(payload, default=str)],
        )


def drain(*, batch: int = 200) -> int:
    """Handle one batch of pending events, kind by kind; return how many were done.

    Each kind has its own transaction: a handler that fails sends its events to a later try (2 s, 4 s, 8 s…)
    and holds nobody else up.
    """
    done = 0
    for kind in _pending_kinds():
        try:
            done += _drain_kind(kind, batch)
        except Exception as error:  # the failure of one handler must not stop the others
            log.exception("outbox handler failed for %s", kind)
            _postpone(kind, batch, error)
    return done


def _pending_kinds() -> list[str]:
    with transaction.atomic():
        apply(SYSTEM)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT kind FROM kernel_outboxevent WHERE done_at IS NULL AND failed_at IS NULL"
                " AND (not_before IS NULL OR not_before <= now()) ORDER BY kind"
            )
            return [row[0] for row in cursor.fetchall()]


def _drain_kind(kind: str, batch: int) -> int:
    with transaction.atomic():
        apply(SYSTEM)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, kind, tenant_id, payload FROM kernel_outboxevent"
                " WHERE kind = %s AND done_at IS NULL AND failed_at IS NULL"
                " AND (not_before IS NULL OR not_before <= now())"
                " ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED",
                [kind, batch],
            )
            events = [Event(i, k, t, p if isinstance(p, dict) else json.loads(p)) for i, k, t, p in cursor.fetchall()]
        if not events:
            return 0
        for handler in _handlers.get(kind, []):
            handler(events)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE kernel_outboxevent SET done_at = clock_timestamp() WHERE id = ANY(%s)",
                [[event.id for event in events]],
            )
        return len(events)


def _postpone(kind: str, batch: int, error: Exception) -> None:
    with transaction.atomic():
        apply(SYSTEM)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE kernel_outboxevent SET attempts = attempts + 1, error = left(%s, 200),"
                " not_before = now() + make_interval(secs => least(600, power(2, attempts + 1))),"
                " failed_at = CASE WHEN attempts + 1 >= %s THEN now() END"
                " WHERE id IN (SELECT id FROM kernel_outboxevent WHERE kind = %s AND done_at IS NULL"
                " AND failed_at IS NULL AND (not_before IS NULL OR not_before <= now())"
                " ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)",
                [type(error).__name__, MAX_ATTEMPTS, kind, batch],
            )
