"""Build the releases: counts of an area and year, masked together, stored for their readers.

A build reads how far the figures had come, counts, masks, stores and notes what it had read, in one
transaction: killed, it has done nothing and its area stays stale. An advisory lock keeps two workers from
building one area at once. Shape of what is stored: ``dashboards.services.release``.
"""

import datetime
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from dashboards.enums import Audience
from dashboards.services.build_counts import CONTACTS, YEAR, Counts, Name, is_group, read, relations
from dashboards.services.build_floor import levels, merge, narrowed, withhold
from dashboards.services.build_flows import frequent_ways
from dashboards.services.published import LEFT_OUT, NEIGHBOUR, SMALL, THRESHOLDS, UNDER, UNIT
from spo_portal.kernel.privacy import Cell, mask_release
from spo_portal.kernel.privacy.masking import NEIGHBOUR as NEIGHBOUR_REASON
from spo_portal.kernel.tenancy.scope import SYSTEM, scoped

SUMMARY = {
    "y": {"contacts", "issue", "suite", "demande", "reponse", "statut", "age", "canal", "saisie"},
    "m": {"contacts", "issue", "suite"},
    "r": {"contacts", "issue", "suite", "demande"},
}
_LOCK = 1 << 41
NOT_TOLD = (UNDER, LEFT_OUT)

_MARKS = """
SELECT site_id, version, inside, outside,
    outside_at IS NULL OR outside_at <= clock_timestamp() - make_interval(secs => %(every)s)
FROM dashboards_releasemark WHERE territory_id = %(territory)s AND year = %(year)s
ORDER BY site_id NULLS FIRST
"""
_STORE = """
INSERT INTO dashboards_release
    (region_id, territory_id, site_id, year, audience, public, cells, summary, measures, filled_at)
VALUES (%(region)s, %(territory)s, %(site)s, %(year)s, %(audience)s, %(public)s,
    %(cells)s::jsonb, %(summary)s::jsonb, %(measures)s::jsonb, %(at)s)
ON CONFLICT (region_id, territory_id, site_id, year, audience) DO UPDATE SET public = excluded.public,
    cells = excluded.cells, summary = excluded.summary, measures = excluded.measures,
    filled_at = excluded.filled_at
"""
_BUILT = """
UPDATE dashboards_releasemark SET
    inside = CASE WHEN %(inside)s THEN greatest(inside, %(version)s) ELSE inside END,
    outside = CASE WHEN %(outside)s THEN greatest(outside, %(version)s) ELSE outside END,
    outside_at = CASE WHEN %(outside)s THEN clock_timestamp() ELSE outside_at END
WHERE territory_id = %(territory)s AND site_id IS NOT DISTINCT FROM %(site)s AND year = %(year)s
"""
_BEFORE = """
SELECT EXISTS (SELECT FROM dashboards_rollup
    WHERE territory_id = %(territory)s AND (%(site)s::bigint IS NULL OR site_id = %(site)s)
      AND month < make_date(%(year)s, 1, 1))
"""
_CORRECTIONS = """
SELECT extract(month FROM month)::int, sum(changes_after_close)::int, max(changed_at)
FROM dashboards_cellstate
WHERE territory_id = %(territory)s AND (%(site)s::bigint IS NULL OR site_id = %(site)s)
  AND month BETWEEN make_date(%(year)s, 1, 1) AND make_date(%(year)s, 12, 1) AND changes_after_close > 0
GROUP BY 1 ORDER BY 1
"""
_LAST_DAYS = """
SELECT site_id, last_jour FROM dashboards_sitestate
WHERE territory_id = %(territory)s AND (%(site)s::bigint IS NULL OR site_id = %(site)s)
  AND last_jour IS NOT NULL
ORDER BY site_id
"""


@dataclass(frozen=True, slots=True)
class Area:
    """A territory, or one of its sites, and a calendar year."""

    region_id: int
    territory_id: int
    year: int
    site_id: int | None = None

    @property
    def names(self) -> dict[str, object]:
        return {
            "region": self.region_id, "territory": self.territory_id, "site": self.site_id, "year": self.year
        }  # fmt: skip


def is_closed(year: int) -> bool:
    """A year's figures are closed with its December: on the tenth of January (domain § 8)."""
    return timezone.localdate() >= datetime.date(year + 1, 1, settings.MONTH_CLOSES_ON)


def build(
    territory_id: int, year: int, *, outside_now: bool = False, wait: bool = False
) -> set[Audience] | None:
    """Build what is stale of a territory and year, with its sites; None when another worker is at it.

    ``outside_now`` builds what everybody reads even if it was built a moment ago. ``wait`` waits for the
    other worker instead. Returns the audiences built.
    """
    lock = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with scoped(SYSTEM), connection.cursor() as cursor:
        cursor.execute(f"SELECT {lock}(%s)", [_LOCK + territory_id * 4096 + year])
        if not wait and not cursor.fetchone()[0]:
            return None
        # Read before the figures: what changes from here on leaves the area stale.
        every = settings.OUTSIDE_EVERY_SECONDS
        cursor.execute(_MARKS, {"territory": territory_id, "year": year, "every": every})
        marks = cursor.fetchall()
        cursor.execute("SELECT region_id FROM territories_territory WHERE id = %s", [territory_id])
        (region_id,) = cursor.fetchone()
        built: set[Audience] = set()
        for site_id, version, inside, outside, due in marks:
            area = Area(region_id, territory_id, year, site_id)
            wanted = [Audience.INSIDE] if inside < version else []
            if site_id is None and outside < version and (due or outside_now):
                wanted.append(Audience.OUTSIDE)
            if wanted:
                _publish(area, version, wanted)
                built.update(wanted)
        return built


def _publish(area: Area, version: int, audiences: Iterable[Audience]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (at,) = cursor.fetchone()
    found = read(area.territory_id, area.year, area.site_id)
    facts = _facts(area, found)
    inside = publication(found, THRESHOLDS[Audience.INSIDE])
    for audience in audiences:
        threshold = THRESHOLDS[audience]
        cells = publication_for(found, audience, inside)
        public = audience == Audience.OUTSIDE and is_closed(area.year)
        measures = facts | {
            "delai": found.medians(threshold),
            "trajets": frequent_ways(found, threshold),
        }
        if audience == Audience.INSIDE:
            measures |= _last_days(area)
        store(area.names, audience, cells, measures, at, public=public)
    with connection.cursor() as cursor:
        cursor.execute(
            _BUILT,
            area.names
            | {
                "version": version,
                "inside": Audience.INSIDE in audiences,
                "outside": Audience.OUTSIDE in audiences,
            },
        )


def publication(found: Counts, threshold: int) -> dict[str, Any]:
    """Published cells of what was counted, in as much detail as leaves the figures of the year readable."""
    for level in levels(found, threshold):
        published, under = merge(narrowed(found, level), threshold)
        sums, covers = relations(published)
        masked = mask_release(published.counts, sums=sums, covers=covers, threshold=threshold, unit=UNIT)
        if not masked[YEAR, CONTACTS, ""].masked:
            break
    return withhold(shape(masked), found, published, under)


def publication_for(found: Counts, audience: Audience, inside: dict[str, Any]) -> dict[str, Any]:
    """Published cells for an audience, given those of the ``inside`` one, hidden from everybody too.

    Those in charge of a place read both: a cell shown to everybody and hidden from them would undo what it
    protects. Hiding more never narrows anything.
    """
    if audience == Audience.INSIDE:
        return inside
    cells = publication(found, THRESHOLDS[audience])
    _hide_too(cells, inside)
    return cells


def _hide_too(outside: dict[str, Any], inside: Mapping[str, Any]) -> None:
    for key, found in inside.items():
        if isinstance(found, Mapping):
            _hide_too(outside.setdefault(key, {}), found)
        elif found < 0:
            told = outside.get(key, 0)
            if told not in NOT_TOLD and (found, told) != (SMALL, SMALL):
                outside[key] = found if found in NOT_TOLD else NEIGHBOUR


def store(
    names: Mapping[str, object],
    audience: Audience,
    cells: Mapping[str, Any],
    measures: Mapping[str, object],
    at: datetime.datetime,
    *,
    public: bool,
) -> None:
    """Write one release in the place of the one before."""
    summary = {
        axis: {dimension: cells[axis][dimension] for dimension in cells.get(axis, {}) if dimension in wanted}
        for axis, wanted in SUMMARY.items()
    }
    with connection.cursor() as cursor:
        cursor.execute(
            _STORE,
            dict(names)
            | {"audience": str(audience), "public": public, "at": at, "cells": json.dumps(cells),
               "summary": json.dumps(summary), "measures": json.dumps(measures)},
        )  # fmt: skip


def shape(masked: Mapping[Name, Cell]) -> dict[str, Any]:
    """Published cells in the shape of a stored release; a shown zero is left out."""
    cells: dict[str, Any] = {"y": {}, "m": {}, "r": {}, "s": {}, "mr": {}, "ms": {}}
    for (part, dimension, value), cell in masked.items():
        if is_group(part):
            continue
        hidden = NEIGHBOUR if cell.reason == NEIGHBOUR_REASON else SMALL
        shown = hidden if cell.masked else cell.value or 0
        if not shown:
            continue
        if part == YEAR:
            cells["y"].setdefault(dimension, {})[value] = shown
        elif len(part) == 2:
            cells[part[0]].setdefault(dimension, {}).setdefault(part[1], {})[value] = shown
        else:
            cells[part[0]].setdefault(part[1], {})[part[2]] = shown
    return cells


def _facts(area: Area, found: Counts) -> dict[str, object]:
    """What the release says beside its cells; see ``measures`` in ``dashboards.services.release``."""
    with connection.cursor() as cursor:
        cursor.execute(_BEFORE, area.names)
        before = cursor.fetchone()[0]
        cursor.execute(_CORRECTIONS, area.names)
        corrections = [[month, changes, at.isoformat()] for month, changes, at in cursor.fetchall()]
    months = found.months
    return {
        "first_month": 1 if before or not months else months[0],
        "last_month": months[-1] if months else None,
        "corrections": corrections,
    }


def _last_days(area: Area) -> dict[str, object]:
    """Day of the last contact, of the area and of each site: who has gone silent."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST_DAYS, area.names)
        days = {str(site): day.isoformat() for site, day in cursor.fetchall()}
    return {"last_jour": max(days.values(), default=None), "sites": days}
