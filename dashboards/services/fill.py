"""Fill the rollups: recount one cell (site, month) from its fiches. Running twice changes nothing."""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.utils import timezone

from contacts.services.purge import first_countable_month
from dashboards.services.fill_sql import MERGE, month_after, parameters
from spo_portal.kernel.outbox import Event

Cell = tuple[int, datetime.date]

# One number space for locks on a whole territory, apart from the (site, month) pairs of the cells.
_TERRITORY_LOCK = 1 << 40

_TERRITORIES = "SELECT id, territory_id FROM territories_site WHERE id = ANY(%s)"
_STATE = """
INSERT INTO dashboards_fillstate (territory_id, filled_at)
SELECT t.territory_id, clock_timestamp() FROM unnest(%s::bigint[]) AS t(territory_id) ORDER BY 1
ON CONFLICT (territory_id) DO UPDATE SET filled_at = excluded.filled_at
"""
_CELL_STATE = """
INSERT INTO dashboards_cellstate (territory_id, site_id, month, filled_at, changes_after_close, changed_at)
SELECT s.territory_id, s.id, %(month)s, clock_timestamp(), told.n,
    CASE WHEN told.n > 0 THEN clock_timestamp() END
FROM territories_site s, LATERAL (
    SELECT count(*)::int AS n FROM dashboards_release r
    WHERE %(changed)s AND r.territory_id = s.territory_id AND r.site_id IS NULL AND r.audience = 'inside'
        AND r.year = %(year)s
) AS told
WHERE s.id = %(site)s
ON CONFLICT (site_id, month) DO UPDATE SET filled_at = excluded.filled_at,
    territory_id = excluded.territory_id,
    changes_after_close = dashboards_cellstate.changes_after_close + excluded.changes_after_close,
    changed_at = coalesce(excluded.changed_at, dashboards_cellstate.changed_at)
"""
# The last day comes from the index (site, day); a site whose fiches were all erased keeps what it had.
_SITE_STATE = """
INSERT INTO dashboards_sitestate (site_id, territory_id, last_jour, last_entry_at, filled_at)
SELECT s.id, s.territory_id,
    (SELECT max(f.jour) FROM contacts_fichecontact f WHERE f.site_id = s.id),
    (SELECT max(f.created_at) FROM contacts_fichecontact f
     WHERE f.site_id = s.id AND f.jour >= %(first)s AND f.jour < %(stop)s),
    clock_timestamp()
FROM territories_site s WHERE s.id = ANY(%(sites)s) ORDER BY s.id
ON CONFLICT (site_id) DO UPDATE SET territory_id = excluded.territory_id,
    last_jour = coalesce(excluded.last_jour, dashboards_sitestate.last_jour),
    last_entry_at = greatest(excluded.last_entry_at, dashboards_sitestate.last_entry_at),
    filled_at = excluded.filled_at
"""
# The territory's row before those of its sites, in one order for everybody: no two transactions wait for
# each other.
_MARK = """
INSERT INTO dashboards_releasemark (territory_id, site_id, year, version, inside, outside, changed_at)
SELECT territory_id, site_id, year, 1, 0, 0, clock_timestamp() FROM (
    SELECT s.territory_id, a.site_id, a.year
    FROM unnest(%(sites)s::bigint[], %(years)s::int[]) a(site_id, year)
    JOIN territories_site s ON s.id = a.site_id
    UNION
    SELECT s.territory_id, NULL, a.year
    FROM unnest(%(sites)s::bigint[], %(years)s::int[]) a(site_id, year)
    JOIN territories_site s ON s.id = a.site_id
) AS area ORDER BY territory_id, site_id NULLS FIRST, year
ON CONFLICT (territory_id, site_id, year) DO UPDATE
    SET version = dashboards_releasemark.version + 1, changed_at = excluded.changed_at
"""


@dataclass(frozen=True, slots=True)
class Change:
    """A cell whose figures changed; ``fiche`` when those of the fiches themselves did, not only outcomes."""

    site_id: int
    month: datetime.date
    fiche: bool


def closes_on(month: datetime.date) -> datetime.date:
    """Day from which the figures of a month are closed: the tenth of the next month (domain § 8)."""
    return month_after(month).replace(day=settings.MONTH_CLOSES_ON)


def share_territories(territory_ids: Collection[int]) -> None:
    """Wait for a rebuild of these territories, and hold a new one off until the end of the transaction."""
    with connection.cursor() as cursor:
        for pk in sorted(set(territory_ids)):
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_TERRITORY_LOCK + pk])


def hold_territory(territory_id: int) -> None:
    """Keep every fill of a territory waiting until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TERRITORY_LOCK + territory_id])


def fill_cell(site_id: int, month: datetime.date) -> Change | None:
    """Recount one cell inside the current (system) transaction; None when no figure changed.

    The advisory lock comes first and the counting statement takes its snapshot after it, so of two workers on
    one cell the second counts everything the first one saw.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, %s)", [site_id % 2**31, month.year * 12 + month.month]
        )
        cursor.execute(MERGE, parameters([site_id], month, month_after(month)))
        changed = cursor.fetchone()
    return Change(site_id, month, changed[2] > 0) if changed else None


def fill_cells(events: Sequence[Event]) -> None:
    """Handler of ``contacts.fiche_changed``: recount each cell once, however many events name it.

    Figures of a month whose first fiches are erased are final: counting what is left would shrink them. What
    changes marks the releases to build again, in this transaction.
    """
    today = timezone.localdate()
    oldest = first_countable_month(today)
    cells = {
        (int(str(e.payload["site"])), datetime.date.fromisoformat(str(e.payload["month"]))) for e in events
    }
    with connection.cursor() as cursor:
        cursor.execute(_TERRITORIES, [sorted({site_id for site_id, _ in cells})])
        territory_of = dict(cursor.fetchall())
    share_territories(territory_of.values())
    # One order for every worker: no two of them wait for each other's lock.
    changes = []
    for site_id, month in sorted(cells):
        if month >= oldest and site_id in territory_of:
            change = fill_cell(site_id, month)
            changes += [change] if change else []
            _note_cell(site_id, month, told=bool(change and change.fiche and today >= closes_on(month)))
    stamp(sorted(set(territory_of.values())))
    note_sites(sorted(territory_of), *_span([month for _, month in cells]))
    mark([(change.site_id, change.month.year) for change in changes])


def _span(months: Collection[datetime.date]) -> tuple[datetime.date, datetime.date]:
    return min(months), month_after(max(months))


def _note_cell(site_id: int, month: datetime.date, *, told: bool) -> None:
    """A change of a closed month is told once figures of its year have been published."""
    with connection.cursor() as cursor:
        cursor.execute(_CELL_STATE, {"site": site_id, "month": month, "year": month.year, "changed": told})


def note_sites(site_ids: Sequence[int], first: datetime.date, stop: datetime.date) -> None:
    """Note the last contact and the last entry of these sites, entries among the fiches of those days."""
    with connection.cursor() as cursor:
        cursor.execute(_SITE_STATE, {"sites": list(site_ids), "first": first, "stop": stop})


def stamp(territory_ids: Sequence[int]) -> None:
    """Note when the figures of these territories were filled."""
    with connection.cursor() as cursor:
        cursor.execute(_STATE, [list(territory_ids)])


def mark(areas: Collection[tuple[int, int]]) -> None:
    """The figures of these (site, year) changed: their releases and their territory's are to build again."""
    if areas:
        with connection.cursor() as cursor:
            cursor.execute(
                _MARK,
                {
                    "sites": [site for site, _ in sorted(set(areas))],
                    "years": [y for _, y in sorted(set(areas))],
                },
            )
