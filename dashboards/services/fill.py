"""Fill the rollups: recount one cell (site, month) from its fiches. Running twice changes nothing."""

import datetime
from collections.abc import Sequence

from django.db import connection
from django.utils import timezone

from contacts.services.purge import first_countable_month
from spo_portal.kernel.outbox import Event

# One pass over the fiches of the cell; every dimension comes from the same snapshot.
_COUNT = """
WITH cell AS MATERIALIZED (
    SELECT f.id, f.territory_id, f.site_id, f.reseau_id, f.canal, f.sexe, f.age, f.statut,
           f.demandes, f.reponses, f.reoriented, f.suite
    FROM contacts_fichecontact f
    WHERE f.site_id = %(site)s AND f.jour >= %(month)s AND f.jour < %(month)s + interval '1 month'
), counted AS (
    SELECT d.dimension, d.value, count(*) AS n
    FROM cell, LATERAL (VALUES
        ('contacts', ''),
        ('issue', CASE WHEN reoriented THEN 'reoriente' ELSE 'sur_place' END),
        ('canal', canal), ('sexe', sexe), ('age', age),
        ('statut', statut::text), ('statut_age', statut::text || ':' || age),
        ('suite', CASE WHEN NOT reoriented THEN NULL WHEN suite = '' THEN 'attendue' ELSE suite END)
    ) AS d(dimension, value)
    WHERE d.value IS NOT NULL
    GROUP BY 1, 2
    UNION ALL
    SELECT 'demande', v::text, count(*) FROM cell, unnest(demandes) AS v GROUP BY 2
    UNION ALL
    SELECT 'reponse', v::text, count(*) FROM cell, unnest(reponses) AS v GROUP BY 2
    UNION ALL
    SELECT 'destination', coalesce(r.code, nullif(s.partner_kind, ''), 'autre'), count(DISTINCT cell.id)
    FROM cell
    JOIN contacts_fichedestination fd ON fd.fiche_id = cell.id
    JOIN territories_site s ON s.id = fd.site_id
    LEFT JOIN territories_reseau r ON r.id = s.reseau_id
    GROUP BY 2
)
"""
_DELETE = "DELETE FROM dashboards_rollup WHERE site_id = %(site)s AND month = %(month)s"
_INSERT = (
    _COUNT
    + """
INSERT INTO dashboards_rollup (territory_id, site_id, reseau_id, month, dimension, value, count)
SELECT s.territory_id, s.id, s.reseau_id, %(month)s, counted.dimension, counted.value, counted.n
FROM counted JOIN territories_site s ON s.id = %(site)s
"""
)
_STATE = """
INSERT INTO dashboards_fillstate (territory_id, filled_at)
SELECT t.territory_id, clock_timestamp()
FROM (SELECT DISTINCT territory_id FROM territories_site WHERE id = ANY(%s)) AS t
ON CONFLICT (territory_id) DO UPDATE SET filled_at = excluded.filled_at
"""


def fill_cell(site_id: int, month: datetime.date) -> None:
    """Recount one cell inside the current (system) transaction.

    The advisory lock comes first and the counting statement takes its snapshot after it, so of two workers on
    one cell the second counts everything the first one saw.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, %s)", [site_id % 2**31, month.year * 12 + month.month]
        )
        cursor.execute(_DELETE, {"site": site_id, "month": month})
        cursor.execute(_INSERT, {"site": site_id, "month": month})


def fill_cells(events: Sequence[Event]) -> None:
    """Handler of ``contacts.fiche_changed``: recount each cell once, however many events name it.

    Figures of a month whose first fiches are erased are final: counting what is left would shrink them.
    """
    cells = {
        (int(str(e.payload["site"])), datetime.date.fromisoformat(str(e.payload["month"]))) for e in events
    }
    oldest = first_countable_month(timezone.localdate())
    # One order for every worker: no two of them wait for each other's lock.
    for site_id, month in sorted(cells):
        if month >= oldest:
            fill_cell(site_id, month)
    stamp([site_id for site_id, _ in cells])


def stamp(site_ids: Sequence[int]) -> None:
    """Note when the figures of the territories of these sites were filled."""
    with connection.cursor() as cursor:
        cursor.execute(_STATE, [list(site_ids)])
