"""Hours of the week when nobody can walk in, and the 50 % rule by network: pure functions of weeks.

Rule: a network on a territory must offer half of its opening hours without appointment (GUIDE, walk-in
condition of the label; domain § 5). The week looked at runs from Monday to Saturday, 8 h to 19 h.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from spo_portal.kernel.typography import DAYS, duration, join
from territories import hours

FIRST, LAST = 8 * 60, 19 * 60
WORKDAYS = (0, 1, 2, 3, 4, 5)


@dataclass(frozen=True)
class DayGap:
    """Parts of one weekday, in minutes since midnight, during which no walk-in door is open."""

    weekday: int
    ranges: tuple[tuple[int, int], ...]

    @property
    def minutes(self) -> int:
        return sum(end - start for start, end in self.ranges)

    @property
    def name(self) -> str:
        return DAYS[self.weekday]

    @property
    def words(self) -> str:
        """« de 12 h à 13 h 30 et de 17 h à 19 h », « toute la journée », « aucune »."""
        if not self.ranges:
            return "aucune"
        if self.ranges == ((FIRST, LAST),):
            return "toute la journée"
        return join(f"de {hours.clock(start)} à {hours.clock(end)}" for start, end in self.ranges)


@dataclass(frozen=True)
class Coverage:
    """The walk-in doors of an area over an ordinary week. ``sites`` counts those whose hours are known."""

    days: tuple[DayGap, ...]
    sites: int
    unknown: int = 0

    @property
    def minutes(self) -> int:
        """Minutes of the week without any walk-in door."""
        return sum(day.minutes for day in self.days)

    @property
    def total(self) -> int:
        """Minutes of the week looked at."""
        return len(self.days) * (LAST - FIRST)

    @property
    def words(self) -> str:
        """« 12 h 30 sur 66 h »."""
        return f"{duration(self.minutes)} sur {duration(self.total)}"


@dataclass(frozen=True)
class NetworkShare:
    """Part of a network's opening hours that is walk-in, over its sites of one area."""

    reseau_id: int
    share: Fraction | None
    sites: int
    unknown: int = 0

    @property
    def under_half(self) -> bool:
        return self.share is not None and self.share < hours.HALF


def uncovered(weeks: Iterable[hours.Week]) -> Coverage:
    """When no door is open without appointment: per weekday, what is left of 8 h to 19 h."""
    known: list[hours.Week] = []
    unknown = 0
    for week in weeks:
        if week.slots:
            known.append(week)
        else:
            unknown += 1
    days = tuple(DayGap(day, _gaps(known, day)) for day in WORKDAYS)
    return Coverage(days, len(known), unknown)


def _gaps(weeks: Iterable[hours.Week], day: int) -> tuple[tuple[int, int], ...]:
    open_ranges = sorted((s.start, s.end) for week in weeks for s in week.on(day) if s.walk_in)
    gaps, reached = [], FIRST
    for start, end in open_ranges:
        if start >= LAST:
            break
        if start > reached:
            gaps.append((reached, start))
        reached = max(reached, end)
    if reached < LAST:
        gaps.append((reached, LAST))
    return tuple(gaps)


def network_shares(weeks: Mapping[int, Iterable[hours.Week]]) -> dict[int, NetworkShare]:
    """Walk-in share of each network (by its id) over the weeks of its sites, all sites together."""
    shares = {}
    for reseau_id, found in weeks.items():
        all_weeks = list(found)
        unknown = sum(not week.slots for week in all_weeks)
        shares[reseau_id] = NetworkShare(reseau_id, hours.share_of(all_weeks), len(all_weeks), unknown)
    return shares


def open_doors(weeks: Iterable[hours.Week], weekday: int, minute: int) -> int:
    """How many doors are open without appointment at a minute of an ordinary weekday."""
    return sum(any(s.walk_in and s.start <= minute < s.end for s in week.on(weekday)) for week in weeks)
