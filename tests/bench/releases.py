"""Releases of the measuring base: real ones where a measure reads them, copies for the rest of the region."""

import datetime

import psycopg
from django.db import connection

from tests.bench.data import World
from tests.bench.place import Place

# Nothing of the territories that no measure reads is left to build: the worker would be at it meanwhile.
_BUILT = """
UPDATE dashboards_releasemark SET inside = version, outside = version, outside_at = now()
WHERE site_id IS NOT NULL OR NOT (territory_id = ANY(%s))
"""
_COPIES = """
INSERT INTO dashboards_release
    (region_id, territory_id, site_id, year, audience, public, cells, summary, measures, filled_at)
SELECT t.region_id, t.id, NULL, r.year, r.audience, r.public, r.cells, r.summary, r.measures, r.filled_at
FROM dashboards_release r JOIN territories_territory t ON t.region_id = r.region_id
WHERE r.territory_id = %s AND r.site_id IS NULL
ON CONFLICT DO NOTHING
"""
_CHOSEN = """
SELECT t.id FROM territories_territory t JOIN territories_territory own ON own.region_id = t.region_id
LEFT JOIN LATERAL (SELECT count(*) AS n FROM territories_site s WHERE s.territory_id = t.id) c ON true
WHERE own.id = %s ORDER BY t.id <> own.id, c.n DESC, t.id LIMIT %s
"""


def publish(place: Place, world: World, *, real: int, today: datetime.date) -> list[int]:
    """Build the releases of ``real`` territories, copy the largest one's to the others of its region.

    Returns the real ones, the coordinator's first. What a page reads has the same size either way.
    """
    from dashboards.services.build import build
    from dashboards.services.build_region import build_region

    own = world.coordinator.territory_id
    with psycopg.connect(place.worker, autocommit=True) as worker:
        worker.execute("SELECT set_config('app.system', '1', false)")
        chosen = [int(str(row[0])) for row in worker.execute(_CHOSEN, [own, real]).fetchall()]
        worker.execute(_BUILT, [chosen])
        for year in (today.year - 1, today.year):
            for pk in chosen:
                build(pk, year, outside_now=True, wait=True)
        connection.close()
        worker.execute(_COPIES, [own])
        row = worker.execute("SELECT region_id FROM territories_territory WHERE id = %s", [own]).fetchone()
        assert row is not None
        for year in (today.year - 1, today.year):
            build_region(int(str(row[0])), year, wait=True)
    return chosen
