"""The region's release: sums of the cells that its territories show to everybody, and of nothing else."""

import json
from collections import Counter, defaultdict
from typing import Any

from django.db import connection

from dashboards.enums import Audience
from dashboards.services.build import store
from spo_portal.kernel.tenancy.scope import SYSTEM, scoped

_LOCK = 1 << 42
_AXES = ("y", "m", "r")

_STALE = """
SELECT t.region_id, t.year FROM dashboards_release t
LEFT JOIN dashboards_release r ON r.region_id = t.region_id AND r.territory_id IS NULL AND r.year = t.year
WHERE t.audience = 'outside' AND t.territory_id IS NOT NULL
GROUP BY t.region_id, t.year, r.id
HAVING max(t.filled_at) > coalesce(max(r.filled_at), '-infinity')
    OR bool_and(t.public) IS DISTINCT FROM bool_and(r.public)
ORDER BY 1, 2
"""
_TERRITORIES = """
SELECT territory_id, cells, measures, filled_at, public FROM dashboards_release
WHERE region_id = %s AND year = %s AND audience = 'outside' AND territory_id IS NOT NULL
ORDER BY territory_id
"""


def stale_regions() -> list[tuple[int, int]]:
    """Regions and years whose territories published something since."""
    with scoped(SYSTEM), connection.cursor() as cursor:
        cursor.execute(_STALE)
        return [(region, year) for region, year in cursor.fetchall()]


def build_region(region_id: int, year: int, *, wait: bool = False) -> bool:
    """Add the shown cells of the region's territories; False when another worker is at it.

    Not masked again: it says no more than these cells. ``measures.left_out`` lists, for each figure of the
    year, the territories whose cell is hidden, to be said beside it; ``measures.partial`` every sum that
    lacks a territory: it is no fair whole to compare a share with.
    """
    lock = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with scoped(SYSTEM), connection.cursor() as cursor:
        cursor.execute(f"SELECT {lock}(%s)", [_LOCK + region_id * 4096 + year])
        if not wait and not cursor.fetchone()[0]:
            return False
        cursor.execute(_TERRITORIES, [region_id, year])
        rows = cursor.fetchall()
        if not rows:
            return False
        sums: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
        left_out: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        partial: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        first_months, last_months = [], []
        for territory_id, cells, measures, *_ in rows:
            _add(territory_id, _json(cells), sums, left_out, partial)
            facts = _json(measures)
            first_months.append(facts.get("first_month") or 1)
            last_months += [facts["last_month"]] if facts.get("last_month") else []
        measures = {
            "first_month": min(first_months),
            "last_month": max(last_months, default=None),
            "left_out": left_out,
            "partial": [[*name, sorted(values)] for name, values in sorted(partial.items())],
        }
        names = {"region": region_id, "territory": None, "site": None, "year": year}
        at = max(row[3] for row in rows)
        # Open when all its territories are: it says no more than they do.
        public = all(row[4] for row in rows)
        store(names, Audience.OUTSIDE, _cells(sums), measures, at, public=public)
    return True


def _json(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else json.loads(value)


def _add(
    territory_id: int,
    cells: dict[str, Any],
    sums: dict[tuple[str, str, str], Counter[str]],
    left_out: dict[str, dict[str, list[int]]],
    partial: dict[tuple[str, str, str], set[str]],
) -> None:
    for axis in _AXES:
        for dimension, found in cells.get(axis, {}).items():
            for key, values in ({"": found} if axis == "y" else found).items():
                for value, count in values.items():
                    sums[axis, dimension, key][value] += max(0, count)
                    if count < 0:
                        partial[axis, dimension, key].add(value)
                        if axis == "y":
                            left_out[dimension][value].append(territory_id)


def _cells(sums: dict[tuple[str, str, str], Counter[str]]) -> dict[str, Any]:
    cells: dict[str, Any] = {axis: {} for axis in _AXES}
    for (axis, dimension, key), counts in sums.items():
        shown = {value: count for value, count in counts.items() if count}
        if not shown:
            continue
        if axis == "y":
            cells[axis][dimension] = shown
        else:
            cells[axis].setdefault(dimension, {})[key] = shown
    return cells
