"""The search of « Où s’adresser ? » in one statement: places that answer, counted, ordered, a page of them.

Written by hand: the database reads tens of thousands of rows for a page of twenty places. Whether a place is
open is told once for each week that places share, then set right for the few in a season or closed that day.
Row security keeps to the regions of the scope; the statement names them too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import connection

# Open at the moment: 0 without an appointment, 1 by appointment, 2 closed. The same as ``hours.is_open_at``
# (tests compare, on drawn calendars too): a closure shuts the whole day; within a season its week replaces
# the ordinary one; a place that says so is shut on bank holidays.
_WEEK = """
week (id, state, walks) AS MATERIALIZED (
    SELECT id, CASE WHEN NOT open_week @> %(week_minute)s::int THEN 2
        WHEN walk_week @> %(week_minute)s::int THEN 0 ELSE 1 END, NOT isempty(walk_week)
    FROM territories_searchweek WHERE region_id = ANY (%(regions)s)
), special (site_id, state) AS MATERIALIZED (
    SELECT site_id, CASE WHEN bool_or(closed) THEN 2 ELSE min(state) END FROM (
        SELECT site_id, true AS closed, 2 AS state FROM territories_closure
        WHERE region_id = ANY (%(regions)s) AND first_day <= %(day)s AND last_day >= %(day)s
        UNION ALL
        SELECT n.site_id, false, CASE WHEN s.walk_in THEN 0 WHEN s.id IS NOT NULL THEN 1 ELSE 2 END
        FROM territories_season n LEFT JOIN territories_seasonslot s ON s.season_id = n.id
            AND s.weekday = %(weekday)s AND s.start <= %(minute)s AND s."end" > %(minute)s
        WHERE n.region_id = ANY (%(regions)s) AND (
            n.first_md <= n.last_md AND n.first_md <= %(month_day)s AND n.last_md >= %(month_day)s
            OR n.first_md > n.last_md AND (n.first_md <= %(month_day)s OR n.last_md >= %(month_day)s)
            OR n.first_day <= %(day)s AND n.last_day >= %(day)s)
    ) AS today GROUP BY site_id
)"""
_STATE = "coalesce(x.state, w.state)"
_FOUND = """
found (pk, km, state, weight, rank) AS MATERIALIZED (
    SELECT * FROM (
        SELECT p.site_id, {km} AS km, {state} AS state, {weight}, {rank}
        FROM territories_searchplace p JOIN week w ON w.id = p.week_id
        LEFT JOIN special x ON x.site_id = p.site_id{joins}
        WHERE p.region_id = ANY (%(regions)s){where}
    ) AS f WHERE {keep}
)"""
_PAGE = """WITH {week}, {found},
counted (total, open) AS (SELECT count(*), count(*) FILTER (WHERE state < 2) FROM found)
SELECT pk, km, total, open FROM found, counted ORDER BY {order} LIMIT %(size)s
OFFSET (SELECT %(size)s * greatest(0, least(%(page)s, ceil(total::float8 / %(size)s)::int) - 1)
        FROM counted)"""
# What places are told apart by: see ``places``.
_DRAWN = "hashint8extended(pk, %(seed)s)"
_KM = (
    "sqrt(power((p.latitude / 1e5::float8 - %(latitude)s) * %(per_degree)s, 2)"
    " + power((p.longitude / 1e5::float8 - %(longitude)s) * %(per_degree_across)s, 2))"
)
_LABELS = (
    "p.site_id IN (SELECT l.site_id FROM labelling_labellisation l WHERE l.region_id = ANY (%(regions)s)"
    " AND l.status = %(label)s AND l.starts_on <= %(day)s AND (l.ends_on IS NULL OR l.ends_on >= %(day)s))"
)
KM_PER_DEGREE = 111.195
Row = tuple[int, float | None, int, int]


@dataclass(slots=True)
class Statement:
    """A search put together, condition after condition; each one names its values."""

    values: dict[str, object]
    state: str = _STATE
    km: str = "NULL::float8"
    weight: str = "0"
    rank: str = "0"
    joins: str = ""
    where: list[str] = field(default_factory=list)
    # Conditions on what was computed of each place.
    keep: list[str] = field(default_factory=list)
    order: list[str] = field(default_factory=list)

    def closed_on_holidays(self) -> None:
        self.state = f"CASE WHEN p.closed_on_holidays THEN 2 ELSE {_STATE} END"

    def text(self, question: str) -> None:
        """Places whose text answers ``question``, as PostgreSQL reads it; the best ones first, in tenths: two
        names that hold the words as well are told apart by what follows."""
        self.values["question"] = question
        ranked = "territories_search_ranked(to_tsquery('simple', %(question)s))"
        self.joins += f"\n        JOIN {ranked} AS t ON t.site_id = p.site_id"
        self.rank = "t.rank"
        self.order.append("rank DESC")

    def targets(self, weights: Iterable[tuple[tuple[int | None, str], int]]) -> None:
        """Places of these networks and kinds of partner only, by weight."""
        cases, networks, kinds = [], [], []
        for number, ((network, kind), weight) in enumerate(weights):
            self.values |= {
                f"target{number}": kind if network is None else network,
                f"weight{number}": weight,
            }
            own = "p.network IS NULL AND p.partner_kind" if network is None else "p.network"
            cases.append(f"WHEN {own} = %(target{number})s THEN %(weight{number})s")
            (kinds if network is None else networks).append(kind if network is None else network)
        self.values |= {"networks": networks, "kinds": kinds}
        self.where.append(
            "(p.network = ANY (%(networks)s::bigint[])"
            " OR p.network IS NULL AND p.partner_kind = ANY (%(kinds)s::text[]))"
        )
        self.weight = f"CASE {' '.join(cases)} ELSE 0 END"
        self.order.append("weight DESC")

    def around(self, origin: tuple[float, float], radius: float | None) -> None:
        """Kilometres from ``origin``; within ``radius`` through the index of the box first.

        On a plane at the latitude of the origin: under 1 % from the great circle at 100 km in France.
        """
        latitude, longitude = origin
        shrink = math.cos(math.radians(latitude))
        self.km = _KM
        self.values |= {
            "latitude": latitude, "longitude": longitude, "per_degree": KM_PER_DEGREE,
            "per_degree_across": KM_PER_DEGREE * shrink,
        }  # fmt: skip
        if radius is None:
            self.where.append("p.latitude IS NOT NULL")
            return
        # A hundred-thousandth of a degree is the unit of the columns.
        up = round(radius / KM_PER_DEGREE * 1e5) + 1
        across = round(radius / (KM_PER_DEGREE * shrink) * 1e5) + 1
        south, west = round(latitude * 1e5), round(longitude * 1e5)
        self.where.append("p.latitude BETWEEN %(south)s AND %(north)s")
        self.where.append("p.longitude BETWEEN %(west)s AND %(east)s")
        self.keep.append("f.km <= %(radius)s")
        self.values |= {
            "south": south - up, "north": south + up, "west": west - across, "east": west + across,
            "radius": radius,
        }  # fmt: skip

    def open_now(self, *, walk_in: bool) -> None:
        self.keep.append("f.state = 0" if walk_in else "f.state < 2")

    def label(self, status: str, *, or_partner: bool) -> None:
        """Of this status that day, by the decision; or a partner, by the record of the place."""
        self.values["label"] = status
        self.where.append(f"({_LABELS} OR p.partner)" if or_partner else _LABELS)

    def read(self, *, page: int, size: int) -> list[Row]:
        found = _FOUND.format(
            km=self.km,
            state=self.state,
            weight=self.weight,
            rank=self.rank,
            joins=self.joins,
            where="".join(f" AND {condition}" for condition in self.where),
            keep=" AND ".join(self.keep) or "true",
        )
        sql = _PAGE.format(week=_WEEK, found=found, order=", ".join(self.order))
        with connection.cursor() as cursor:
            cursor.execute(sql, {**self.values, "page": page, "size": size})
            rows: list[Row] = cursor.fetchall()
        return rows

    def order_open_first(self, *, near: bool) -> None:
        """Those one enters now without an appointment, then whole kilometres, then the order of the day."""
        self.order.append("state > 0")
        if near:
            self.order.append("round(km)")
        self.order.append(_DRAWN)

    def order_nearest(self) -> None:
        """Open places by distance, then closed ones: neither weight nor rank counts."""
        self.order = ["state > 1", "km", "pk"]
