"""A week as a picture: seven lines, solid = walk-in, dashed = by appointment; its words are the alternative.

Positions only: the template draws them with attributes, for screens and documents alike.
"""

from __future__ import annotations

from dataclasses import dataclass

from spo_portal.kernel.typography import DAYS

from .season import Season
from .sentence import sentence_week
from .slot import merged
from .week import Week
from .words import clock

FIRST, LAST = 8 * 60, 19 * 60
LABEL, UNITS, ROW, TOP = 34, 286, 20, 18


@dataclass(frozen=True)
class Bar:
    """A drawn slot, in units of the drawing; ``kind`` is walk or appt."""

    x: float
    width: float
    kind: str


@dataclass(frozen=True)
class DayRow:
    """One line: its short name, its middle and its bars."""

    name: str
    y: int
    bars: tuple[Bar, ...]

    @property
    def middle(self) -> int:
        return self.y + ROW // 2

    @property
    def text_y(self) -> int:
        return self.y + ROW // 2 + 4


@dataclass(frozen=True)
class Tick:
    x: float
    words: str


@dataclass(frozen=True)
class WeekPicture:
    """The drawing of one week: lines, hours above, size, and the same in words."""

    title: str
    words: str
    days: tuple[DayRow, ...]
    ticks: tuple[Tick, ...]

    @property
    def height(self) -> int:
        return TOP + 7 * ROW + 2

    @property
    def width(self) -> int:
        return LABEL + UNITS

    @property
    def left(self) -> int:
        return LABEL

    @property
    def top(self) -> int:
        return TOP


def week_picture(week: Week | Season, title: str = "Semaine ordinaire") -> WeekPicture:
    """The drawing of an ordinary week or of a season; from 8 h to 19 h, further when a slot asks for it."""
    start = min([FIRST, *(slot.start // 60 * 60 for slot in week.slots)])
    end = max([LAST, *(-(-slot.end // 60) * 60 for slot in week.slots)])

    def x(minute: int) -> float:
        return round(LABEL + (minute - start) * UNITS / (end - start), 1)

    days = tuple(
        DayRow(
            DAYS[day][:3] + ".",
            TOP + day * ROW,
            tuple(
                Bar(x(slot.start), round(x(slot.end) - x(slot.start), 1), "walk" if slot.walk_in else "appt")
                for slot in merged(week.on(day))
            ),
        )
        for day in range(7)
    )
    step = 120 if end - start <= 12 * 60 else 240
    first = -(-start // step) * step
    ticks = tuple(Tick(x(minute), clock(minute)) for minute in range(first, end - 30, step))
    return WeekPicture(title, sentence_week(week), days, ticks)
