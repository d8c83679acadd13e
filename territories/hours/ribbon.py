"""The day ribbon: one day from 8 h to 19 h on 220 units; solid = walk-in, dashed = appointment, line = now.

Only positions are computed here; the template draws them (`x` and `width` are attributes, never styles).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from spo_portal.kernel.typography import NNBSP

from .sentence import UNKNOWN
from .status import Holidays, local, slots_on
from .week import Week
from .words import clock

FIRST, LAST, UNITS = 8 * 60, 19 * 60, 220


@dataclass(frozen=True)
class Segment:
    """A drawn slot; `kind` is walk, live (walk-in and now) or appt, which are the classes of the drawing."""

    x: float
    width: float
    kind: str


@dataclass(frozen=True)
class Ribbon:
    """The drawing of one day: segments, position of now (None on another day or off the scale), words."""

    segments: tuple[Segment, ...]
    now_x: float | None
    words: str


def day_ribbon(week: Week, day: date, now: datetime | None = None, holidays: Holidays = None) -> Ribbon:
    """One calendar day cut to 8 h - 19 h; `now` (aware) lights the current walk-in slot when it is today."""
    minute = None
    if now is not None and local(now).date() == day:
        minute = local(now).hour * 60 + local(now).minute
    slots = slots_on(week, day, holidays)
    segments = []
    for slot in slots:
        start, end = max(slot.start, FIRST), min(slot.end, LAST)
        if start < end:
            live = slot.walk_in and minute is not None and slot.start <= minute < slot.end
            kind = "live" if live else "walk" if slot.walk_in else "appt"
            segments.append(Segment(_x(start), round(_x(end) - _x(start), 1), kind))
    now_x = _x(minute) if minute is not None and FIRST <= minute <= LAST else None
    texts = [
        f"{'sans' if slot.walk_in else 'sur'} rendez-vous de {clock(slot.start)} à {clock(slot.end)}"
        for slot in slots
    ]
    nothing = "fermé" if week.known else UNKNOWN.lower()
    return Ribbon(tuple(segments), now_x, f"{NNBSP}; ".join(texts) or nothing)


def _x(minute: int) -> float:
    return round((minute - FIRST) * UNITS / (LAST - FIRST), 1)
