"""Which releases to build, and when: stale ones within seconds, what everybody reads every ten minutes."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from dashboards.services.build import build, is_closed
from dashboards.services.build_region import build_region, stale_regions
from spo_portal.kernel.tenancy.scope import SYSTEM, scoped

_TICK_LOCK = 1 << 43

# The longest changed first; outside ones when they are due.
_STALE = """
SELECT territory_id, year FROM dashboards_releasemark
WHERE inside < version OR (site_id IS NULL AND outside < version
    AND (outside_at IS NULL OR outside_at <= clock_timestamp() - make_interval(secs => %(every)s)))
GROUP BY territory_id, year ORDER BY min(changed_at)
"""
_STALE_OUTSIDE = """
SELECT DISTINCT territory_id, year FROM dashboards_releasemark
WHERE site_id IS NULL AND (inside < version OR outside < version) AND (%(all)s OR
    (territory_id = ANY(%(territories)s) AND year = %(year)s)) ORDER BY 1, 2
"""
# A year that has just been closed becomes open data: its releases are built once more.
_OPEN = """
UPDATE dashboards_releasemark m SET outside = least(m.outside, m.version - 1), outside_at = NULL
WHERE m.site_id IS NULL AND m.year = %s AND EXISTS (
    SELECT FROM dashboards_release r WHERE r.territory_id = m.territory_id AND r.site_id IS NULL
        AND r.year = m.year AND r.audience = 'outside' AND NOT r.public)
"""


def build_stale(*, seconds: float = 5.0) -> int:
    """Build stale releases for at most ``seconds`` or so; return how many areas were built.

    Called at every tick: whatever the number of fiches since the last one, an area is built once. Areas that
    another worker is building are left to it; what is not reached waits for the next tick.
    """
    with _alone() as alone:
        return _build_for(seconds) if alone else 0


@contextmanager
def _alone() -> Iterator[bool]:
    """One tick builds at a time: the other processes stay free to count fiches. Lost with its connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_TICK_LOCK])
        (held,) = cursor.fetchone()
    try:
        yield held
    finally:
        if held:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_TICK_LOCK])


def _build_for(seconds: float) -> int:
    end = time.monotonic() + seconds
    done = 0
    for territory_id, year in _areas(_STALE, every=settings.OUTSIDE_EVERY_SECONDS):
        built = build(territory_id, year)
        done += bool(built)
        if time.monotonic() > end:
            return done
    for region_id, year in stale_regions():
        done += build_region(region_id, year)
        if time.monotonic() > end:
            break
    return done


def ensure_releases(territory_ids: Iterable[int], year: int) -> None:
    """Bring the releases of these territories, of their sites and of their region up to the last figures.

    For what can't wait for a tick: a report, an export, a rebuild. System work: never in a request.
    """
    areas = _areas(_STALE_OUTSIDE, all=False, territories=list(territory_ids), year=year)
    _build_now(areas)


def ensure_all() -> None:
    """Build every release that is behind its figures, for everybody."""
    _build_now(_areas(_STALE_OUTSIDE, all=True, territories=[], year=0))


def open_closed_years(years: Iterable[int]) -> None:
    """Ask for the outside releases of years closed since they were built: open data from now on."""
    with scoped(SYSTEM), connection.cursor() as cursor:
        for year in years:
            if is_closed(year):
                cursor.execute(_OPEN, [year])


def _build_now(areas: Iterable[tuple[int, int]]) -> None:
    for territory_id, year in areas:
        build(territory_id, year, outside_now=True, wait=True)
    for region_id, year in stale_regions():
        build_region(region_id, year, wait=True)


def _areas(statement: str, **parameters: object) -> list[tuple[int, int]]:
    with scoped(SYSTEM), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [(territory, year) for territory, year in cursor.fetchall()]


__all__ = ["build_stale", "ensure_all", "ensure_releases", "open_closed_years"]
