"""Rebuild and check the rollups: every figure again from the fiches."""

import datetime
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial

from django.db import connection, transaction

from contacts.services.purge import first_countable_month
from dashboards.services.fill import Cell, hold_territory, mark, note_sites, stamp
from dashboards.services.fill_sql import COUNTED, MERGE, month_after, parameters
from spo_portal.kernel.tenancy.scope import SYSTEM, apply

# Hash tables of a territory's figures stay in memory; the statement is the only one of its connection.
_MEMORY = "SET LOCAL work_mem = '128MB'"

_CELLS = """
SELECT DISTINCT site_id, date_trunc('month', jour)::date FROM contacts_fichecontact WHERE jour >= %(since)s
UNION
SELECT DISTINCT site_id, month FROM dashboards_rollup WHERE month >= %(since)s
ORDER BY 1, 2
"""
# The largest first: the last process to end is not left alone with a big one.
_TERRITORIES = """
SELECT t.id, coalesce(r.fiches, 0)::bigint FROM territories_territory t
LEFT JOIN (
    SELECT territory_id, count(*) AS fiches FROM contacts_fichecontact WHERE jour >= %(since)s GROUP BY 1
) r ON r.territory_id = t.id
WHERE r.fiches > 0 OR EXISTS (SELECT FROM dashboards_rollup d WHERE d.territory_id = t.id)
ORDER BY 2 DESC, 1
"""
_SITES = "SELECT id FROM territories_site WHERE territory_id = %s ORDER BY id"
_CELL_STATES = """
INSERT INTO dashboards_cellstate (territory_id, site_id, month, filled_at, changes_after_close)
SELECT territory_id, site_id, month, clock_timestamp(), 0 FROM dashboards_rollup
WHERE territory_id = %(territory)s AND month >= %(since)s AND dimension = 'contacts'
ON CONFLICT (site_id, month) DO UPDATE SET filled_at = excluded.filled_at,
    territory_id = excluded.territory_id
"""
# Years whose figures were never published, be they final.
_UNMARKED = """
SELECT DISTINCT r.site_id, extract(year FROM r.month)::int FROM dashboards_rollup r
WHERE r.territory_id = %s AND r.dimension = 'contacts' AND NOT EXISTS (
    SELECT FROM dashboards_releasemark m WHERE m.territory_id = r.territory_id AND m.site_id = r.site_id
        AND m.year = extract(year FROM r.month)
)
"""
_STORED = (
    "SELECT dimension, value, count FROM dashboards_rollup WHERE site_id = %(site)s AND month = %(first)s"
)
_WAITING = """
SELECT EXISTS (SELECT FROM kernel_outboxevent WHERE done_at IS NULL AND kind = 'contacts.fiche_changed'
    AND payload @> jsonb_build_object('site', %(site)s::bigint, 'month', %(first)s::text))
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that is not what a recount gives."""

    site_id: int
    month: datetime.date
    dimension: str
    value: str
    stored: int
    counted: int


def cells(today: datetime.date) -> list[Cell]:
    """Every (site, month) that can still be counted. Older months keep their figures: their rows are gone."""
    with transaction.atomic():
        apply(SYSTEM)
        with connection.cursor() as cursor:
            cursor.execute(_CELLS, {"since": first_countable_month(today)})
            return [(site, month) for site, month in cursor.fetchall()]


def territories(today: datetime.date) -> list[tuple[int, int]]:
    """Territories that have fiches or figures, each with its number of fiches, the largest first."""
    with transaction.atomic():
        apply(SYSTEM)
        with connection.cursor() as cursor:
            cursor.execute(_TERRITORIES, {"since": first_countable_month(today)})
            return [(pk, fiches) for pk, fiches in cursor.fetchall()]


def rebuild_territory(territory_id: int, today: datetime.date) -> None:
    """Recount every month of a territory that can still be counted, in one transaction.

    Its fills wait meanwhile, and readers see the figures before until it commits: never an empty moment. A
    repair is no correction: it re-opens no closed month. Stopped, it has done nothing; run again, it writes
    only what differs.
    """
    since = first_countable_month(today)
    with transaction.atomic():
        apply(SYSTEM)
        hold_territory(territory_id)
        with connection.cursor() as cursor:
            cursor.execute(_MEMORY)
            cursor.execute(_SITES, [territory_id])
            site_ids = [row[0] for row in cursor.fetchall()]
            cursor.execute(MERGE, parameters(site_ids, since))
            changed = {(site, month.year) for site, month, _ in cursor.fetchall()}
            cursor.execute(_CELL_STATES, {"territory": territory_id, "since": since})
            cursor.execute(_UNMARKED, [territory_id])
            changed |= set(cursor.fetchall())
        stamp([territory_id])
        note_sites(site_ids, since, datetime.date.max)
        mark(changed)


def rebuild(
    todo: Sequence[tuple[int, int]], today: datetime.date, *, processes: int = 1
) -> Iterator[tuple[int, int]]:
    """Recount territories, ``processes`` at a time; yields each one done with its number of fiches.

    The database does the counting, each connection in a process of its own there: threads are enough here.
    """
    if processes <= 1:
        for pk, fiches in todo:
            rebuild_territory(pk, today)
            yield pk, fiches
        return
    with ThreadPoolExecutor(processes) as pool:
        work: Callable[[int], None] = partial(_in_thread, today=today)
        waiting = {pool.submit(work, pk): (pk, fiches) for pk, fiches in todo}
        try:
            for future in as_completed(waiting):
                future.result()
                yield waiting[future]
        finally:
            pool.shutdown(cancel_futures=True)


def _in_thread(territory_id: int, *, today: datetime.date) -> None:
    try:
        rebuild_territory(territory_id, today)
    finally:
        # A connection belongs to its thread; the pool of threads may not run this one again.
        connection.close()


def differences(cell: Cell) -> list[Difference]:
    """Compare one cell with a recount from the fiches, in one snapshot.

    A cell that an event not yet handled names is about to be counted: it has no difference to tell.
    """
    site_id, month = cell
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        apply(SYSTEM)
        given = parameters([site_id], month, month_after(month)) | {"site": site_id}
        with connection.cursor() as cursor:
            cursor.execute(_WAITING, given)
            if cursor.fetchone()[0]:
                return []
            cursor.execute(_STORED, given)
            stored = {(d, v): n for d, v, n in cursor.fetchall()}
            cursor.execute(COUNTED + "SELECT dimension, value, n FROM counted", given)  # noqa: S608 - our own constants
            counted = {(d, v): n for d, v, n in cursor.fetchall()}
    return [
        Difference(site_id, month, d, v, stored.get((d, v), 0), counted.get((d, v), 0))
        for d, v in sorted(stored.keys() | counted.keys())
        if stored.get((d, v), 0) != counted.get((d, v), 0)
    ]
