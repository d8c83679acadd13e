"""Compare published figures over the same months: spans of months, parts, and how surprising a gap is."""

import datetime
import math
from dataclasses import dataclass
from fractions import Fraction

from dashboards.enums import AWAITED, REORIENTED, Dimension
from dashboards.services.release import Release
from spo_portal.kernel.typography import MONTHS, counted, number, of, percent

Pair = tuple[int, int]
WHOLE_YEAR = tuple(range(1, 13))
# Fewer re-orientations than this are not compared.
LEAST_SENT = 10


@dataclass(frozen=True)
class Span:
    """Months compared: one month, or the complete months of a year."""

    year: int
    months: tuple[int, ...]

    @property
    def words(self) -> str:
        """« en octobre 2026 », « de janvier à octobre 2026 », « en 2026 »."""
        if len(self.months) == 12:
            return f"en {self.year}"
        first, last = MONTHS[self.months[0] - 1], MONTHS[self.months[-1] - 1]
        if first == last:
            return f"en {last} {self.year}"
        return f"{of(first)} à {last} {self.year}"

    def count(self, release: Release, dimension: str, value: str = "") -> int | None:
        """The shown count over the span, or None when a part of it is hidden."""
        if len(self.months) == 12:
            return release.cell(dimension, value).value
        cells = [release.cell(dimension, value, month=month) for month in self.months]
        return None if any(cell.masked for cell in cells) else sum(cell.value or 0 for cell in cells)


def span_of(year: int, month: int | None, today: datetime.date) -> Span | None:
    """What can be compared: a complete month, else the complete months of the year; None in January."""
    complete = 12 if year < today.year else today.month - 1 if year == today.year else 0
    if month is not None and month <= complete:
        return Span(year, (month,))
    return Span(year, WHOLE_YEAR[:complete]) if complete else None


def part_of(release: Release, span: Span, dimension: str, value: str) -> Pair | None:
    """Fiches of a value and all fiches over the span; None when one is hidden or there is none."""
    part = span.count(release, dimension, value)
    whole = span.count(release, Dimension.CONTACTS)
    return None if part is None or not whole or part > whole else (part, whole)


def open_loops(release: Release | None, span: Span) -> Pair | None:
    """Re-orientations without a known outcome, and all of them; None when hidden or too few."""
    if release is None:
        return None
    waiting = span.count(release, Dimension.SUITE, AWAITED)
    sent = span.count(release, Dimension.ISSUE, REORIENTED)
    if waiting is None or sent is None or waiting > sent or sent < LEAST_SENT:
        return None
    return waiting, sent


def surprise(mine: Pair, other: Pair) -> tuple[float, float]:
    """Gap between two parts (0 to 1) and its size in standard deviations (two-proportion test)."""
    gap = mine[0] / mine[1] - other[0] / other[1]
    together = (mine[0] + other[0]) / (mine[1] + other[1])
    spread = math.sqrt(together * (1 - together) * (1 / mine[1] + 1 / other[1]))
    return gap, abs(gap) / spread if spread else 0.0


def rate(pair: Pair) -> str:
    """« 19 % »; a part under 10 % keeps its tenth when it has one."""
    value = 100 * pair[0] / pair[1]
    return percent(value, 1 if value < 10 and round(value, 1) != round(value) else 0)


def days(value: Fraction) -> str:
    """« 4 jours », « 1,5 jour »."""
    if value == int(value):
        return counted(int(value), "jour")
    return f"{number(round(float(value), 1))} {'jour' if value < 2 else 'jours'}"
