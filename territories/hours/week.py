"""A site's ordinary week and its exceptional closures, as plain values, and the arithmetic of the 50 % rule.

Rule: each weekly slot says walk-in or by appointment; share = walk-in minutes / opening minutes, per site and
per network on a territory; a network under 50 % there is an associated partner, not labelled. The computation
warns, a person decides. Source: GUIDE, "sans rendez-vous" condition of the label.

Times are minutes since midnight, wall clock of Europe/Paris: 0 to 1440, 1440 being 24:00 at the end of a day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, time
from fractions import Fraction
from itertools import pairwise

from spo_portal.kernel.typography import DAYS

from .words import clock

DAY_MINUTES = 24 * 60
MAX_SLOTS = 70
MAX_CLOSURES = 200
HALF = Fraction(1, 2)


class HoursError(ValueError):
    """Hours that can't be kept; the message is French and fit for the person who typed them."""


def to_minutes(moment: time, *, closing: bool = False) -> int:
    """Minutes since midnight; a closing time of 00:00 means 24:00, the end of the same day."""
    if moment.second or moment.microsecond:
        raise HoursError("Les horaires s’écrivent en heures et minutes, sans secondes.")
    minutes = moment.hour * 60 + moment.minute
    return DAY_MINUTES if closing and minutes == 0 else minutes


def to_time(minutes: int) -> time:
    """The time of day for these minutes; 24:00 becomes 00:00, which `to_minutes(closing=True)` reads back."""
    return time(*divmod(minutes % DAY_MINUTES, 60))


@dataclass(frozen=True, order=True)
class Slot:
    """One weekly slot; weekday 0 is Monday, `start` and `end` are minutes since midnight."""

    weekday: int
    start: int
    end: int
    walk_in: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.weekday <= 6:
            raise HoursError("Le jour doit aller de lundi à dimanche.")
        day = DAYS[self.weekday].capitalize()
        if not 0 <= self.start < DAY_MINUTES or not 0 <= self.end <= DAY_MINUTES:
            raise HoursError(f"{day} : une heure va de 0 h à 24 h.")
        if self.end == self.start:
            raise HoursError(f"{day} : le créneau commence et finit à {clock(self.start)}.")
        if self.end < self.start:
            raise HoursError(
                f"{day} : la fin ({clock(self.end)}) est avant le début ({clock(self.start)}). "
                "Si l’accueil passe minuit, écrivez un créneau jusqu’à 24 h et un autre le lendemain dès 0 h."
            )

    @classmethod
    def of(cls, weekday: int, start: time, end: time, walk_in: bool = True) -> Slot:
        """The slot for two times of day, as forms and tables hold them; an end at 00:00 is 24:00."""
        return cls(weekday, to_minutes(start), to_minutes(end, closing=True), walk_in)

    @property
    def minutes(self) -> int:
        return self.end - self.start

    @property
    def start_time(self) -> time:
        return to_time(self.start)

    @property
    def end_time(self) -> time:
        return to_time(self.end)


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


@dataclass(frozen=True)
class Week:
    """An ordinary week, sorted, without overlaps, with closures; `holidays_off`: closed on bank holidays."""

    slots: tuple[Slot, ...] = ()
    closures: tuple[Closure, ...] = field(default=())
    holidays_off: bool = False

    def __post_init__(self) -> None:
        slots = tuple(sorted(self.slots))
        closures = tuple(sorted(self.closures))
        if len(slots) > MAX_SLOTS:
            raise HoursError(f"Une semaine compte {MAX_SLOTS} créneaux au plus.")
        if len(closures) > MAX_CLOSURES:
            raise HoursError(f"Un lieu garde {MAX_CLOSURES} fermetures au plus : effacez les anciennes.")
        for before, after in pairwise(slots):
            if before.weekday == after.weekday and after.start < before.end:
                raise HoursError(
                    f"{DAYS[after.weekday].capitalize()} : le créneau de {clock(after.start)} à "
                    f"{clock(after.end)} recouvre celui de {clock(before.start)} à {clock(before.end)}."
                )
        object.__setattr__(self, "slots", slots)
        object.__setattr__(self, "closures", closures)

    def on(self, weekday: int) -> tuple[Slot, ...]:
        """The slots of one weekday, in order, as typed."""
        return tuple(slot for slot in self.slots if slot.weekday == weekday)

    def merged(self, weekday: int) -> list[Slot]:
        """The slots of one weekday, touching slots of the same kind joined: what a visitor sees."""
        joined: list[Slot] = []
        for slot in self.on(weekday):
            if joined and joined[-1].end == slot.start and joined[-1].walk_in == slot.walk_in:
                joined[-1] = Slot(weekday, joined[-1].start, slot.end, slot.walk_in)
            else:
                joined.append(slot)
        return joined

    def closure_on(self, day: date) -> Closure | None:
        return next((closure for closure in self.closures if closure.covers(day)), None)


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
