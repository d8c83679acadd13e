"""Opening hours of places: from the tables to a week and back, and the mark of what was read."""

import datetime
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import QuerySet

from spo_portal.kernel.rows import prepared
from territories import hours
from territories.access import Actor
from territories.models import Closure, OpeningSlot, Season, SeasonSlot, Site

# Read on every page that lists places; the regions of the reader are named as ``visible_to`` names them.
_SLOTS = """
SELECT o.site_id, s.closed_on_holidays, o.weekday, o.start, o."end", o.walk_in
FROM territories_openingslot o JOIN territories_site s ON s.id = o.site_id
WHERE o.site_id = ANY (%s) AND o.region_id = ANY (%s)
"""
_CLOSURES = """
SELECT site_id, first_day, last_day, reason FROM territories_closure
WHERE site_id = ANY (%s) AND region_id = ANY (%s) AND last_day >= %s
"""
_SEASONS = """
SELECT n.id, n.site_id, s.closed_on_holidays, n.name, n.first_md, n.last_md, n.first_day, n.last_day,
    o.weekday, o.start, o."end", o.walk_in
FROM territories_season n JOIN territories_site s ON s.id = n.site_id
LEFT JOIN territories_seasonslot o ON o.season_id = n.id
WHERE n.site_id = ANY (%s) AND n.region_id = ANY (%s)
"""
# What `week_of` reads: `Site.objects….prefetch_related(*WITH_HOURS)` for a list of places.
WITH_HOURS = ("slots", "closures", "seasons__slots")


def week_of(site: Site) -> hours.Week:
    """The hours of a place, seasons and closures included, from its (prefetched) rows."""
    return hours.Week(
        _slots(site.slots.all()),
        tuple(hours.Closure(c.first_day, c.last_day, c.reason) for c in site.closures.all()),
        site.closed_on_holidays,
        tuple(_season(row, _slots(row.slots.all())) for row in site.seasons.all()),
    )


def ordinary_of(site: Site) -> hours.Week:
    """The ordinary week alone, which the 50 % rule counts: one relation to prefetch."""
    return hours.Week(_slots(site.slots.all()))


def weeks_of_sites(by: Actor, ids: Collection[int], since: datetime.date) -> dict[int, hours.Week]:
    """Hours of many places in three queries; closures that ended before ``since`` are left out."""
    if not ids:
        return {}
    slots: dict[int, list[hours.Slot]] = defaultdict(list)
    closures: dict[int, list[hours.Closure]] = defaultdict(list)
    off: dict[int, bool] = {}
    asked = [list(ids), list(by.scope.wide)]
    with prepared() as cursor:
        cursor.execute(_SLOTS, asked)
        for pk, closed, *slot in cursor.fetchall():
            slots[pk].append(hours.Slot(*slot))
            off[pk] = closed
        cursor.execute(_CLOSURES, [*asked, since])
        for pk, first, last, reason in cursor.fetchall():
            closures[pk].append(hours.Closure(first, last, reason))
        cursor.execute(_SEASONS, asked)
        seasons = _seasons_of(cursor.fetchall(), off)
    return {
        pk: hours.Week(tuple(slots[pk]), tuple(closures[pk]), off.get(pk, True), tuple(seasons.get(pk, ())))
        for pk in ids
    }


def _seasons_of(read: Iterable[tuple[Any, ...]], off: dict[int, bool]) -> dict[int, list[hours.Season]]:
    rows: dict[int, tuple[Season, list[hours.Slot]]] = {}
    for pk, site_id, closed, name, first_md, last_md, first_day, last_day, *slot in read:
        row = Season(
            site_id=site_id,
            name=name,
            first_md=first_md,
            last_md=last_md,
            first_day=first_day,
            last_day=last_day,
        )
        kept = rows.setdefault(pk, (row, []))[1]
        off[site_id] = closed
        if slot[0] is not None:
            kept.append(hours.Slot(*slot))
    found: dict[int, list[hours.Season]] = defaultdict(list)
    for row, slots in rows.values():
        found[row.site_id].append(_season(row, tuple(slots)))
    return found


def fingerprint(week: hours.Week) -> str:
    """Short mark of the hours as shown: two people who change the same ones can't overwrite each other."""
    known = repr((week.slots, week.closures, week.holidays_off, week.seasons))
    return hashlib.sha256(known.encode()).hexdigest()[:16]


def write_week(site: Site, week: hours.Week, *, rows: "Rows", since: datetime.date | None = None) -> None:
    """Replace the rows of a place; closures that ended before ``since`` stay as they are.

    ``rows`` gives each table as its writer may see it. Runs in the transaction of the act.
    """
    rows(OpeningSlot).filter(site=site).delete()
    rows(Season).filter(site=site).delete()
    closures = rows(Closure).filter(site=site)
    (closures if since is None else closures.filter(last_day__gte=since)).delete()
    OpeningSlot.objects.bulk_create(slot_rows(site, week.slots))
    coming = (c for c in week.closures if since is None or c.last_day >= since)
    Closure.objects.bulk_create(closure_rows(site, coming))
    for season in week.seasons:
        row = season_row(site, season)
        row.save(force_insert=True)
        SeasonSlot.objects.bulk_create(slot_rows(site, season.slots, row))
    if site.closed_on_holidays != week.holidays_off:
        site.closed_on_holidays = week.holidays_off
        rows(Site).filter(pk=site.pk).update(closed_on_holidays=week.holidays_off)


class Rows:
    """The tables of the hours as one writer sees them: ``Rows(by)``, or ``Rows()`` for system code."""

    def __init__(self, by: Actor | None = None) -> None:
        self.by = by

    def __call__(self, model: type) -> QuerySet:
        if self.by is None:
            return model.objects.for_system()  # type: ignore[attr-defined]
        return model.objects.visible_to(self.by)  # type: ignore[attr-defined]


def season_row(site: Site, season: hours.Season) -> Season:
    row = Season(site=site, region_id=site.region_id, name=season.name)
    if isinstance(season.first, hours.YearDay) and isinstance(season.last, hours.YearDay):
        row.first_md = season.first.month * 100 + season.first.day
        row.last_md = season.last.month * 100 + season.last.day
    else:
        row.first_day, row.last_day = season.first, season.last  # type: ignore[assignment]
    return row


def slot_rows(
    site: Site, slots: Iterable[hours.Slot], season: Season | None = None
) -> list[OpeningSlot | SeasonSlot]:
    """Rows of the ordinary week, or of a season."""
    own = {"site_id": site.pk, "region_id": site.region_id}
    model = OpeningSlot if season is None else SeasonSlot
    if season is not None:
        own["season_id"] = season.pk
    return [
        model(**own, weekday=slot.weekday, start=slot.start, end=slot.end, walk_in=slot.walk_in)
        for slot in slots
    ]


def closure_rows(site: Site, closures: Iterable[hours.Closure]) -> list[Closure]:
    return [
        Closure(
            site_id=site.pk,
            region_id=site.region_id,
            first_day=c.first_day,
            last_day=c.last_day,
            reason=c.reason[:120],
        )
        for c in closures
    ]


def _slots(rows: Iterable[OpeningSlot | SeasonSlot]) -> tuple[hours.Slot, ...]:
    return tuple(hours.Slot(row.weekday, row.start, row.end, row.walk_in) for row in rows)


def _season(row: Season, slots: tuple[hours.Slot, ...]) -> hours.Season:
    if row.first_day is not None and row.last_day is not None:
        return hours.Season(row.first_day, row.last_day, slots, row.name)
    first, last = (hours.YearDay(*divmod(value or 0, 100)) for value in (row.first_md, row.last_md))
    return hours.Season(first, last, slots, row.name)
