"""Weeks read from reference lines, where hours and the part by appointment come apart.

A public register gives opening hours in OpenStreetMap syntax, a French note (« uniquement sur rendez-vous de
12h45 à 16h30 ») and sometimes the weekly minutes without appointment. The split is kept only when it gives
those minutes back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from .osm import parse_osm, write_osm
from .slot import HoursError, Slot
from .week import Week, opening_minutes, walk_in_minutes

_RANGE = re.compile(r"uniquement sur rendez-vous de (\d{1,2})h(\d{0,2}) à (\d{1,2})h(\d{0,2})")


@dataclass(frozen=True)
class ReferenceWeek:
    """A week and whether its walk-in part is certain; when it is not, every slot is by appointment."""

    week: Week
    certain: bool


def reference_week(osm: str, note: str = "", walk_in: int | None = None) -> ReferenceWeek:
    """The week of a reference line; `walk_in` is its weekly minutes without appointment, None when unknown.

    Nobody is sent in vain: when neither the note nor the minutes tell which slots are walk-in, none is.
    """
    week = parse_osm(osm)
    if not week.slots:
        return ReferenceWeek(week, False)
    if '"' in osm:
        return ReferenceWeek(week, True)
    for candidate in _candidates(osm, week, note):
        if walk_in is not None and walk_in_minutes(candidate) == walk_in:
            return ReferenceWeek(candidate, True)
    return ReferenceWeek(_all(week, False), False)


def _candidates(osm: str, week: Week, note: str) -> list[Week]:
    ranges = [(_minutes(a, b), _minutes(c, d)) for a, b, c, d in _RANGE.findall(note[:2000])]
    found = [_cut(week, ranges)] if ranges else []
    found += [_all(week, True), _all(week, False)]
    # Rules of the ordinary week alone: seasons, closures and bank holidays weigh nothing in its minutes.
    rules = [rule for rule in osm.split(";") if rule.strip() and parse_osm(rule).slots]
    total = opening_minutes(week)
    by_minutes: dict[int, list[set[int]]] = {}
    for size in range(1, min(len(rules), 6)):
        for chosen in combinations(rules[:6], size):
            days = {slot.weekday for rule in chosen for slot in parse_osm(rule).slots}
            minutes = total - sum(slot.minutes for slot in week.slots if slot.weekday in days)
            by_minutes.setdefault(minutes, []).append(days)
    for choices in by_minutes.values():
        if len(choices) == 1:
            found.append(_with(week, (_as(slot, slot.weekday not in choices[0]) for slot in week.slots)))
    return found


def _minutes(hours: str, minutes: str) -> int:
    value = int(hours) * 60 + int(minutes or 0)
    return min(value, 24 * 60)


def _as(slot: Slot, walk_in: bool) -> Slot:
    return Slot(slot.weekday, slot.start, slot.end, walk_in)


def _all(week: Week, walk_in: bool) -> Week:
    return _with(week, (_as(slot, walk_in) for slot in week.slots), seasons_walk_in=walk_in)


def _with(week: Week, slots: Iterable[Slot], *, seasons_walk_in: bool = False) -> Week:
    """The week with these slots; seasons, which no note tells of, by appointment or not."""
    seasons = tuple(
        replace(season, slots=tuple(_as(slot, seasons_walk_in) for slot in season.slots))
        for season in week.seasons
    )
    return replace(week, slots=tuple(slots), seasons=seasons)


def _cut(week: Week, ranges: list[tuple[int, int]]) -> Week:
    """The week with the minutes inside any of the ranges by appointment, the rest walk-in."""
    slots = []
    for slot in week.slots:
        edges = {slot.start, slot.end}
        edges |= {edge for pair in ranges for edge in pair if slot.start < edge < slot.end}
        points = sorted(edges)
        for start, end in pairwise(points):
            asked = any(first <= start and end <= last for first, last in ranges)
            slots.append(Slot(slot.weekday, start, end, not asked))
    cut = Week(tuple(slots))
    return _with(week, (slot for day in range(7) for slot in cut.merged(day)))


def split_line(osm: str, note: str = "", walk_in: int | None = None) -> str:
    """The reference line with its appointment part written out; a bad line raises HoursError."""
    if len(note) > 20_000:
        raise HoursError("Note d’horaires trop longue.")
    return write_osm(reference_week(osm, note, walk_in).week)
