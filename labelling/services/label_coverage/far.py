"""Communes farther than so many kilometres from a door open without appointment, or from a labelled place.

Distances are great circles (mean radius of the Earth), from the commune's point to the place's, its own or
its commune's. A commune without a point is left out and counted.
"""

import datetime
from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection

from territories.access import Actor
from territories.models import Region

RADII = (5, 10, 15, 20, 30)
DEFAULT_RADIUS = 10
DOOR, LABELLED = "porte", "label"
WANTED = {DOOR: "un lieu ouvert sans rendez-vous", LABELLED: "un lieu labellisé"}
MOST = 300
_KM_PER_DEGREE = 111.19

# A great circle in kilometres, from columns in 1e-5 degrees to a commune's decimal degrees.
_DISTANCE = """6371.0088 * 2 * asin(sqrt(least(1, power(sin(radians(p.latitude / 1e5 - c.latitude) / 2), 2)
    + cos(radians(c.latitude)) * cos(radians(p.latitude / 1e5))
    * power(sin(radians(p.longitude / 1e5 - c.longitude) / 2), 2))))"""
# The box is wider than the circle: the index answers for most communes, the circle decides.
_FAR = f"""
WITH places AS MATERIALIZED (
    SELECT p.site_id, p.latitude, p.longitude FROM territories_sitesearch p
    WHERE p.region_id = %(region)s AND p.active AND NOT p.training AND p.latitude IS NOT NULL
      AND (p.network IS NOT NULL OR p.direction IN ('destinataire', 'les_deux'))
      AND (%(label)s OR p.walk_week <> '{{}}')
      AND (NOT %(label)s OR EXISTS (SELECT 1 FROM labelling_labellisation l WHERE l.site_id = p.site_id
           AND l.status = 'labellise' AND l.starts_on <= %(day)s
           AND (l.ends_on IS NULL OR l.ends_on >= %(day)s)))
), far AS (
    SELECT c.code_insee, c.name, c.population, c.territory_id,
           c.latitude::float8 AS latitude, c.longitude::float8 AS longitude
    FROM territories_commune c
    WHERE c.region_id = %(region)s AND c.territory_id = ANY (%(territories)s) AND c.latitude IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM places p
        WHERE p.latitude BETWEEN 1e5 * (c.latitude - %(box)s) AND 1e5 * (c.latitude + %(box)s)
          AND abs(p.longitude / 1e5 - c.longitude) * cos(radians(c.latitude)) <= %(box)s + 0.02
          AND {_DISTANCE} <= %(radius)s)
)
SELECT c.code_insee, c.name, c.population, c.territory_id, c.latitude, c.longitude, n.site_id, n.km,
       (count(*) OVER ())::int, coalesce(sum(c.population) OVER (), 0)::bigint
FROM far c LEFT JOIN LATERAL (
    SELECT p.site_id, {_DISTANCE} AS km FROM places p ORDER BY 2 LIMIT 1) n ON true
ORDER BY n.km DESC NULLS FIRST, c.name, c.code_insee LIMIT %(most)s
"""  # noqa: S608 - our own constants


@dataclass(frozen=True, slots=True)
class FarCommune:
    """A commune out of reach: its nearest place, and how far it is (None when the region has none)."""

    code: str
    name: str
    population: int | None
    territory_id: int
    latitude: float
    longitude: float
    site_id: int | None
    km: float | None


@dataclass(frozen=True)
class Far:
    """The farthest communes first, ``MOST`` at most; ``count`` and ``population`` are of all of them."""

    radius: int
    wanted: str
    communes: tuple[FarCommune, ...]
    count: int
    population: int

    @property
    def words(self) -> str:
        return WANTED[self.wanted]


def far_communes(
    *,
    by: Actor,
    region: Region,
    territories: Collection[int],
    radius: int = DEFAULT_RADIUS,
    wanted: str = DOOR,
    day: datetime.date,
    most: int = MOST,
) -> Far:
    """Communes of these territories out of reach; nothing in a region the actor does not read."""
    if region.pk not in by.scope.wide or not territories:
        return Far(radius, wanted, (), 0, 0)
    with connection.cursor() as cursor:
        cursor.execute(
            _FAR,
            {
                "region": region.pk,
                "territories": list(territories),
                "label": wanted == LABELLED,
                "day": day,
                "radius": radius,
                "box": radius / _KM_PER_DEGREE + 0.01,
                "most": most,
            },
        )
        rows = cursor.fetchall()
    communes = tuple(FarCommune(*row[:8]) for row in rows)
    count, population = (rows[0][8], rows[0][9]) if rows else (0, 0)
    return Far(radius, wanted, communes, count, population)
