"""What a visitor finds at a given moment: walk-in, by appointment or closed, until when, in plain French.

Rule: a closure closes the whole day, before anything else; a place that says so is closed on bank holidays;
the other one is not silently open then: the sentence asks to call first. Within a season its week holds, else
the ordinary one. All moments are Europe/Paris, the two days when clocks change included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from django.utils.timezone import get_default_timezone

from spo_portal.kernel.typography import DAYS, NBSP, NNBSP, day_and_month, long_date

from .holidays import holiday_name
from .sentence import UNKNOWN
from .slot import DAY_MINUTES, Slot
from .week import Closure, Week
from .words import clock

CALL_FIRST = f"{NNBSP}; jour férié, appelez avant de vous déplacer"
HORIZON = 400
Holidays = Mapping[date, str] | None


class OpenKind(StrEnum):
    """State of a site at one moment; the best for a visitor first."""

    WALK_IN = "walk_in"
    APPOINTMENT = "appointment"
    CLOSED = "closed"


@dataclass(frozen=True)
class OpenStatus:
    """State at `now`; `until` is when it ends, `next_walk_in` the next walk-in start after now (or None).

    `known` is False when the site has no hours; `holiday` names the bank holiday the sentence warns about;
    `closure` is the exceptional closure of today.
    """

    kind: OpenKind
    until: datetime | None
    next_walk_in: datetime | None
    sentence: str
    known: bool = True
    holiday: str = ""
    closure: Closure | None = None

    @property
    def is_open(self) -> bool:
        return self.kind is not OpenKind.CLOSED


def local(now: datetime) -> datetime:
    """The same moment on the wall clock of Europe/Paris; a naive moment is refused."""
    if now.tzinfo is None:
        raise ValueError("an aware datetime is needed")
    return now.astimezone(get_default_timezone())


def slots_on(week: Week, day: date, holidays: Holidays = None) -> list[Slot]:
    """The slots that hold on a calendar day: none under a closure, none on a holiday the site closes.

    In a season those of its week, else those of the ordinary one.
    """
    if week.closure_on(day) or (week.holidays_off and _holiday(day, holidays)):
        return []
    season = week.season_on(day)
    return week.merged(day.weekday()) if season is None else season.merged(day.weekday())


def coming_minutes(week: Week, first_day: date) -> tuple[int, int]:
    """Walk-in and opening minutes of the seven days from ``first_day``, each with the week of its season.

    Closures and bank holidays are left out: they are no rule of the place.
    """
    walk_in = total = 0
    for ahead in range(7):
        day = first_day + timedelta(days=ahead)
        season = week.season_on(day)
        for slot in week.on(day.weekday()) if season is None else season.on(day.weekday()):
            total += slot.minutes
            walk_in += slot.minutes if slot.walk_in else 0
    return walk_in, total


def is_open_at(
    week: Week, moment: datetime, *, walk_in_only: bool = False, holidays: Holidays = None
) -> bool:
    """Whether the site receives at that moment (walk-in or by appointment, or walk-in only)."""
    slot = _current(slots_on(week, local(moment).date(), holidays), _minute(local(moment)))
    return slot is not None and (slot.walk_in or not walk_in_only)


def status_at(week: Week, now: datetime, holidays: Holidays = None) -> OpenStatus:
    """The state at `now` and its French sentence; `holidays` (day to name) replaces the computed ones."""
    now = local(now)
    today = now.date()
    if not week.known:
        return OpenStatus(OpenKind.CLOSED, None, None, UNKNOWN, known=False, closure=week.closure_on(today))
    slot = _current(slots_on(week, today, holidays), _minute(now))
    walk_ins = (_moment(day, s.start, now) for day, s in _coming(week, now, holidays) if s.walk_in)
    next_walk_in = next(walk_ins, None)
    if slot is not None:
        kind = OpenKind.WALK_IN if slot.walk_in else OpenKind.APPOINTMENT
        words = "Sans rendez-vous" if slot.walk_in else "Sur rendez-vous"
        holiday = _holiday(today, holidays)
        sentence = f"{words} jusqu’à {clock(slot.end)}" + (CALL_FIRST if holiday else "")
        return OpenStatus(kind, _moment(today, slot.end, now), next_walk_in, sentence, holiday=holiday)
    closure = week.closure_on(today)
    closed = "Fermé exceptionnellement" if closure else "Fermé"
    following = next(_coming(week, now, holidays), None)
    if following is None:
        return OpenStatus(OpenKind.CLOSED, None, None, closed, closure=closure)
    day, slot = following
    holiday = _holiday(day, holidays)
    sentence = _reopening(today, day, slot, closed) + (CALL_FIRST if holiday else "")
    until = _moment(day, slot.start, now)
    return OpenStatus(OpenKind.CLOSED, until, next_walk_in, sentence, holiday=holiday, closure=closure)


def _reopening(today: date, day: date, slot: Slot, closed: str) -> str:
    kind = "sans rendez-vous" if slot.walk_in else "sur rendez-vous"
    ahead = (day - today).days
    if ahead == 0:
        return f"Ouvre à {clock(slot.start)}, {kind}"
    if ahead == 1:
        opens = f"demain à {clock(slot.start)}, {kind}"
        return f"Ouvre {opens}" if closed == "Fermé" else f"{closed}, ouvre {opens}"
    if ahead < 7:
        return f"{closed} jusqu’à {DAYS[day.weekday()]} {clock(slot.start)}"
    words = day_and_month(day) if day.year == today.year else long_date(day)
    return f"{closed} jusqu’au {words} à{NBSP}{clock(slot.start)}"


def _holiday(day: date, holidays: Holidays) -> str:
    return holiday_name(day) if holidays is None else holidays.get(day, "")


def _minute(now: datetime) -> int:
    return now.hour * 60 + now.minute


def _current(slots: list[Slot], minute: int) -> Slot | None:
    return next((slot for slot in slots if slot.start <= minute < slot.end), None)


def _coming(week: Week, now: datetime, holidays: Holidays) -> Iterator[tuple[date, Slot]]:
    """Slots that start after now, in order, over a little more than a year."""
    for ahead in range(HORIZON):
        day = now.date() + timedelta(days=ahead)
        for slot in slots_on(week, day, holidays):
            if ahead or slot.start > _minute(now):
                yield day, slot


def _moment(day: date, minutes: int, now: datetime) -> datetime:
    """The real moment of a wall-clock time: an hour March skips moves on, a repeated one keeps its fold."""
    days, rest = divmod(minutes, DAY_MINUTES)
    zone = get_default_timezone()
    wall = datetime.combine(day + timedelta(days=days), time(*divmod(rest, 60)), tzinfo=zone)
    if day == now.date():
        wall = wall.replace(fold=now.fold)
    return wall.astimezone(UTC).astimezone(get_default_timezone())
