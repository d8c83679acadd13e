"""Small drawings made from data: the day ribbon and the bar with its goal. Coordinates only, no mark-up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from spo_portal.kernel.typography import hour, join

FIRST_HOUR, LAST_HOUR = 8, 19
HOUR_WIDTH = 20


@dataclass(frozen=True)
class Span:
    """One opening slot on the ribbon: kind is live (open now), walk (walk-in) or appt (by appointment)."""

    kind: str
    x: str
    width: str


def _position(moment: time | datetime) -> float:
    hours = moment.hour + moment.minute / 60
    return min(max(hours - FIRST_HOUR, 0), LAST_HOUR - FIRST_HOUR) * HOUR_WIDTH


def read_slot(slot: Any) -> tuple[time, time, bool]:
    """Accept an opening slot as an object, a mapping or a (start, end, walk_in) tuple."""
    if isinstance(slot, dict):
        return slot["start"], slot["end"], bool(slot["walk_in"])
    if isinstance(slot, tuple | list):
        return slot[0], slot[1], bool(slot[2])
    return slot.start, slot.end, bool(slot.walk_in)


def ribbon(slots: Iterable[Any], now: time | datetime | None) -> tuple[list[Span], str]:
    """Place a day's slots between 8 h and 19 h, and the line of the present moment ("" without one)."""
    clock = now.time() if isinstance(now, datetime) else now
    spans = []
    for start, end, walk_in in sorted(map(read_slot, slots)):
        live = walk_in and clock is not None and start <= clock < end
        left, right = _position(start), _position(end)
        if right > left:
            kind = "live" if live else "walk" if walk_in else "appt"
            spans.append(Span(kind, f"{left:.1f}", f"{right - left:.1f}"))
    return spans, "" if clock is None else f"{_position(clock):.1f}"


def ribbon_sentence(slots: Iterable[Any], title: str) -> str:
    """Say the ribbon in words: "Aujourd’hui : sans rendez-vous de 9 h à 12 h"."""
    parts = [
        f"{'sans' if walk_in else 'sur'} rendez-vous de {hour(start)} à {hour(end)}"
        for start, end, walk_in in sorted(map(read_slot, slots))
    ]
    return f"{title}\u00a0: {join(parts) if parts else 'fermé'}"


def bar_width(value: Any, maximum: Any) -> str:
    """Scale a value to the 100 units of a bar; nothing below 0 nor above 100, 0 for what is unknown."""
    try:
        share = float(value) * 100 / float(maximum)
    except (TypeError, ValueError, ZeroDivisionError):
        return "0"
    return f"{min(max(share, 0), 100):.1f}".removesuffix(".0")
