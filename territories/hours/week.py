"""The hours of a place as plain values, and the arithmetic of the 50 % rule.

Rule: each weekly slot says walk-in or by appointment; share = walk-in minutes / opening minutes, per site and
per network on a territory; a network under 50 % there is an associated partner, not labelled. The computation
warns, a person decides. Source: GUIDE, "sans rendez-vous" condition of the label.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from spo_portal.kernel.typography import period

from .season import Season, apart
from .slot import HoursError, Slot, merged, ordered

MAX_CLOSURES = 200
HALF = Fraction(1, 2)


@dataclass(frozen=True, order=True)
class Closure:
    """Days, both included, on which the site is closed whatever its week says."""

    first_day: date
    last_day: date
    reason: str = ""

    def __post_init__(self) -> None:
        if self.last_day < self.first_day:
            raise HoursError("La fermeture finit avant de commencer : corrigez l’une des deux dates.")

    def covers(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day

    @property
    def period(self) -> str:
        """« le 24 décembre 2026 », « du 24 au 31 décembre 2026 »."""
        return period(self.first_day, self.last_day)


@dataclass(frozen=True)
class Week:
    """The hours of a place: an ordinary week, sorted, without overlaps, its closures and its seasons.

    ``slots`` is the ordinary week alone, the one the 50 % rule counts; ``holidays_off``: closed on bank
    holidays. ``slots_on`` (status) says what holds on a calendar day.
    """

    slots: tuple[Slot, ...] = ()
    closures: tuple[Closure, ...] = field(default=())
    holidays_off: bool = False
    seasons: tuple[Season, ...] = ()

    def __post_init__(self) -> None:
        closures = tuple(sorted(self.closures))
        if len(closures) > MAX_CLOSURES:
            raise HoursError(f"Un lieu garde {MAX_CLOSURES} fermetures au plus : effacez les anciennes.")
        object.__setattr__(self, "slots", ordered(self.slots))
        object.__setattr__(self, "closures", closures)
        object.__setattr__(self, "seasons", apart(self.seasons))

    @property
    def known(self) -> bool:
        """Whether any hours are known, in the ordinary week or in a season."""
        return bool(self.slots) or any(season.slots for season in self.seasons)

    def on(self, weekday: int) -> tuple[Slot, ...]:
        """The slots of one ordinary weekday, in order, as typed."""
        return tuple(slot for slot in self.slots if slot.weekday == weekday)

    def merged(self, weekday: int) -> list[Slot]:
        """The slots of one ordinary weekday, touching slots of the same kind joined."""
        return merged(self.on(weekday))

    def season_on(self, day: date) -> Season | None:
        return next((season for season in self.seasons if season.covers(day)), None)

    def closure_on(self, day: date) -> Closure | None:
        return next((closure for closure in self.closures if closure.covers(day)), None)

    def ordinary(self) -> Week:
        """The ordinary week alone."""
        return Week(self.slots)

    def in_season(self, season: Season) -> Week:
        """The week of one season, as an ordinary one: what its share is counted from."""
        return Week(season.slots)


def opening_minutes(week: Week) -> int:
    """Minutes open in an ordinary week, walk-in and by appointment together."""
    return sum(slot.minutes for slot in week.slots)


def walk_in_minutes(week: Week) -> int:
    """Minutes of an ordinary week during which one may come without an appointment."""
    return sum(slot.minutes for slot in week.slots if slot.walk_in)


def walk_in_share(week: Week) -> Fraction | None:
    """Walk-in minutes over opening minutes, exact; None when no hours are known."""
    return share_of([week])


def share_of(weeks: Iterable[Week]) -> Fraction | None:
    """The same share over several sites together (a network on a territory); None when no hours are known."""
    walk_in = total = 0
    for week in weeks:
        walk_in += walk_in_minutes(week)
        total += opening_minutes(week)
    return Fraction(walk_in, total) if total else None


def missing_minutes(week: Week) -> int:
    """Minutes to turn from appointment to walk-in to reach 50 %; 0 when reached or without hours."""
    total = opening_minutes(week)
    return max(0, (total + 1) // 2 - walk_in_minutes(week))


def simplest_fix(week: Week) -> Slot | None:
    """The shortest appointment slot that would bring the week to 50 % if it became walk-in, or None."""
    missing = missing_minutes(week)
    enough = [slot for slot in week.slots if not slot.walk_in and slot.minutes >= missing]
    if not missing:
        return None
    return min(enough, key=lambda slot: (slot.minutes, slot.weekday, slot.start), default=None)
