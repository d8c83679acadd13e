"""A part of the year with a week of its own: every year, or between two dates.

Rule: seasons of one place never share a day; within a season its week replaces the ordinary one whole, and a
season without slots is closed. Month and day are compared as they are, so that 29 February needs no special
case: a yearly season that starts on it starts on 1 March three years out of four, one that ends on it ends on
the 28th then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from typing import NamedTuple

from spo_portal.kernel.typography import capital, period, plain_date

from .slot import HoursError, Slot, merged, ordered

MAX_SEASONS = 4
MAX_DAYS = 366
APPOINTMENT, WALK_IN = "sur rendez-vous", "sans rendez-vous"
# What the comment of an OSM line says of a slot: no season may bear such a name.
RESERVED = {
    WALK_IN: True,
    "sans rdv": True,
    APPOINTMENT: False,
    "sur rdv": False,
    "by appointment": False,
    "on appointment": False,
}
_LEAP = 2024


class YearDay(NamedTuple):
    """A day of every year; 29 February is one."""

    month: int
    day: int

    @classmethod
    def of(cls, month: int, day: int) -> YearDay:
        """The day, checked against a leap year."""
        try:
            date(_LEAP, month, day)
        except ValueError:
            raise HoursError(f"Le {day:02d}/{month:02d} n’existe pas.") from None
        return cls(month, day)

    @property
    def words(self) -> str:
        return plain_date(date(_LEAP, self.month, self.day)).rsplit(" ", 1)[0]


@dataclass(frozen=True)
class Season:
    """Days ``first`` to ``last``, both included, with their week.

    Two ``YearDay`` (last before first: over the new year) or two dates. ``name`` is free (« été »), without
    double quotes nor colon, which the OSM line needs.
    """

    first: YearDay | date
    last: YearDay | date
    slots: tuple[Slot, ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        name = " ".join(self.name.split())
        if isinstance(self.first, YearDay) is not isinstance(self.last, YearDay):
            raise HoursError("Une saison revient chaque année, ou va d’une date à une autre : choisissez.")
        if any(sign in name for sign in '":') or name.lower() in RESERVED:
            raise HoursError("Nom de saison : ni deux-points ni guillemets, par exemple « été ».")
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "slots", ordered(self.slots))
        if isinstance(self.first, YearDay) or isinstance(self.last, YearDay):
            return
        if self.last < self.first:
            raise HoursError(f"{self.label} : la saison finit avant de commencer.")
        if (self.last - self.first).days >= MAX_DAYS:
            raise HoursError(
                f"{self.label} : une saison entre deux dates dure un an au plus ; "
                "au-delà, changez la semaine ordinaire."
            )
        if not self.slots:
            raise HoursError(
                f"{self.label} : aucun créneau. Une fermeture entre deux dates se note dans les "
                "fermetures exceptionnelles."
            )

    @property
    def yearly(self) -> bool:
        return isinstance(self.first, YearDay)

    @property
    def period(self) -> str:
        """« du 1er juillet au 31 août », « du 1er juillet 2026 au 31 août 2026 », « le 24 décembre »."""
        if not isinstance(self.first, YearDay) and not isinstance(self.last, YearDay):
            return period(self.first, self.last)
        first, last = _words(self.first), _words(self.last)
        return f"le {first}" if self.first == self.last else f"du {first} au {last}"

    @property
    def label(self) -> str:
        """« été (du 1er juillet au 31 août) », or the period alone."""
        return capital(f"{self.name} ({self.period})" if self.name else self.period)

    def covers(self, day: date) -> bool:
        if isinstance(self.first, YearDay) and isinstance(self.last, YearDay):
            here = (day.month, day.day)
            if self.first <= self.last:
                return self.first <= here <= self.last
            return here >= self.first or here <= self.last
        return self.first <= day <= self.last  # type: ignore[operator]

    def over(self, today: date) -> bool:
        """A season between two dates that is passed."""
        return not isinstance(self.last, YearDay) and self.last < today

    def on(self, weekday: int) -> tuple[Slot, ...]:
        return tuple(slot for slot in self.slots if slot.weekday == weekday)

    def merged(self, weekday: int) -> list[Slot]:
        return merged(self.on(weekday))

    def shares_a_day_with(self, other: Season) -> bool:
        """Whether both would hold on a same day; two days of the year are days of a leap year."""
        short, long = (self, other) if other.yearly else (other, self)
        return any(long.covers(day) for day in short._days())

    def _days(self) -> Iterable[date]:
        """Its days, of one leap year when it is yearly."""
        if isinstance(self.first, YearDay) or isinstance(self.last, YearDay):
            return [day for day in _year() if self.covers(day)]
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


def apart(seasons: Iterable[Season]) -> tuple[Season, ...]:
    """The seasons of one place in order, yearly ones first; HoursError naming two that share a day."""
    found = tuple(sorted(seasons, key=lambda season: (not season.yearly, season.first)))
    if len(found) > MAX_SEASONS:
        raise HoursError(f"Un lieu garde {MAX_SEASONS} saisons au plus.")
    for before, after in combinations(found, 2):
        if before.shares_a_day_with(after):
            raise HoursError(
                f"Deux saisons se recouvrent : « {before.label} » et « {after.label} ». "
                "Changez les dates de l’une des deux."
            )
    return found


def _words(day: YearDay | date) -> str:
    return day.words if isinstance(day, YearDay) else plain_date(day)


def _year() -> list[date]:
    return [date(_LEAP, 1, 1) + timedelta(days=n) for n in range(366)]
