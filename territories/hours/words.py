"""French words for weekdays and times of the day, counted in minutes since midnight (24 h included)."""

from __future__ import annotations

from collections.abc import Sequence

from spo_portal.kernel.typography import DAYS, NBSP, join

CODES = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTH_CODES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def clock(minutes: int) -> str:
    """« 9 h », « 16 h 30 », « 24 h »."""
    hours, rest = divmod(minutes, 60)
    return f"{hours}{NBSP}h{NBSP}{rest:02d}" if rest else f"{hours}{NBSP}h"


def day_runs(weekdays: Sequence[int]) -> list[tuple[int, int]]:
    """Sorted weekdays as runs (first, last); a run of two is split: « lundi et mardi » reads better."""
    runs: list[tuple[int, int]] = []
    for day in sorted(set(weekdays)):
        if runs and runs[-1][1] == day - 1:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    split: list[tuple[int, int]] = []
    for first, last in runs:
        split += [(first, first), (last, last)] if last == first + 1 else [(first, last)]
    return split


def days_fr(weekdays: Sequence[int]) -> str:
    """« le lundi », « le lundi et du mercredi au vendredi », « tous les jours »."""
    runs = day_runs(weekdays)
    if runs == [(0, 6)]:
        return "tous les jours"
    return join(f"le {DAYS[a]}" if a == b else f"du {DAYS[a]} au {DAYS[b]}" for a, b in runs)
