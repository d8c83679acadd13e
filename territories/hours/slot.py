"""One weekly slot: a day, minutes from and to, walk-in or by appointment.

Times are minutes since midnight, wall clock of Europe/Paris: 0 to 1440, 1440 being 24:00 at the end of a day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from itertools import pairwise

from spo_portal.kernel.typography import DAYS

from .words import clock

DAY_MINUTES = 24 * 60
MAX_SLOTS, MAX_DAY_SLOTS = 70, 10


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


def ordered(slots: Iterable[Slot]) -> tuple[Slot, ...]:
    """The slots of one week in order; HoursError naming the two that overlap, or when there are too many."""
    found = tuple(sorted(slots))
    if len(found) > MAX_SLOTS:
        raise HoursError(f"Une semaine compte {MAX_SLOTS} créneaux au plus.")
    for day in range(7):
        if sum(slot.weekday == day for slot in found) > MAX_DAY_SLOTS:
            raise HoursError(f"{DAYS[day].capitalize()} : {MAX_DAY_SLOTS} créneaux au plus dans une journée.")
    for before, after in pairwise(found):
        if before.weekday == after.weekday and after.start < before.end:
            raise HoursError(
                f"{DAYS[after.weekday].capitalize()} : le créneau de {clock(after.start)} à "
                f"{clock(after.end)} recouvre celui de {clock(before.start)} à {clock(before.end)}."
            )
    return found


def merged(slots: Iterable[Slot]) -> list[Slot]:
    """The slots of one day, touching slots of the same kind joined: what a visitor sees."""
    joined: list[Slot] = []
    for slot in slots:
        if joined and joined[-1].end == slot.start and joined[-1].walk_in == slot.walk_in:
            joined[-1] = Slot(slot.weekday, joined[-1].start, slot.end, slot.walk_in)
        else:
            joined.append(slot)
    return joined
