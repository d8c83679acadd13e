"""Values of a map in words and in classes: the class is that of the figure as written."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..charts.svg import MASKED, NO_DATA, Value, amount, is_masked
from ..privacy import Share
from ..typography import NNBSP, number

PERCENT = "%"
FIRST, LAST = 0, 3


@dataclass(frozen=True, slots=True)
class Figure:
    """One value ready to draw: the figure as written (None: none to draw), in full words, and short."""

    value: float | None
    masked: bool
    words: str
    short: str


def figure(value: Value | Share, unit: str, decimals: int) -> Figure:
    """« 74 % » for a share (a fraction of one), « 1 284 lieux » for a count, « masqué » or nothing."""
    if isinstance(value, Share):
        if value.masked:
            return Figure(None, True, MASKED, MASKED)
        found, unit = None if value.value is None else float(value.value * 100), PERCENT
    elif is_masked(value):
        return Figure(None, True, MASKED, MASKED)
    else:
        found = amount(value)
    if found is None:
        return Figure(None, False, NO_DATA, "")
    short = number(found, decimals)
    full = f"{short}{NNBSP}{unit}" if unit else short
    return Figure(round(found, decimals), False, full, full if unit == PERCENT else short)


def bounds(figures: Iterable[float], classes: int, decimals: int) -> list[float]:
    """Round numbers that cut the figures into at most ``classes`` groups of about the same size."""
    values = sorted(figures)
    if len(values) < 2 or values[0] == values[-1]:
        return []
    finest = 10.0**-decimals
    best: list[float] = []
    for step in _steps((values[-1] - values[0]) / classes, finest):
        found: list[float] = []
        for part in range(1, classes):
            raw = values[min(len(values) - 1, round(part * len(values) / classes))]
            cut = round(round(raw / step) * step, decimals)
            if values[0] < cut <= values[-1] and (not found or cut > found[-1]):
                found.append(cut)
        if len(found) > len(best):
            best = found
        if len(best) == classes - 1:
            break
    return best


def _steps(widest: float, finest: float) -> list[float]:
    """Round steps, from the widest that makes sense down to the finest figure written."""
    steps, power = [], finest
    while power <= max(widest, finest):
        steps += [step for step in (power, 2 * power, 5 * power) if step <= max(widest, finest)]
        power *= 10
    return steps[::-1]


def rank(value: float, cuts: Sequence[float]) -> int:
    """The shade of a value, FIRST to LAST: fewer classes are spread over the same shades."""
    return shade(bisect_right(cuts, value), len(cuts))


def shade(place: int, cuts: int) -> int:
    if not cuts:
        return 1
    return FIRST + round(place * (LAST - FIRST) / cuts)


def labels(cuts: Sequence[float], unit: str, decimals: int) -> list[str]:
    """« moins de 65 % », « 65 à 69 % », « 75 % et plus »."""
    after = f"{NNBSP}{unit}" if unit else ""
    if not cuts:
        return []

    def said(value: float) -> str:
        return number(value, decimals)

    found = [f"moins de {said(cuts[0])}{after}"]
    for low, next_low in pairwise(cuts):
        high = round(next_low - 10.0**-decimals, decimals)
        found.append(f"{said(low)}{after}" if high <= low else f"{said(low)} à {said(high)}{after}")
    return [*found, f"{said(cuts[-1])}{after} et plus"]
