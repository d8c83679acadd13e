"""An appointment is taken while the structure receives: its hours and its closures decide."""

from __future__ import annotations

import datetime

from django.utils import timezone

from contacts.services.suggestions import weeks_of
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.typography import DAYS, NBSP, day_and_month, hour
from territories import hours
from territories.access import Actor
from territories.models import Site

# How far the next opening day is looked for.
_AHEAD = 14


def moment(day: datetime.date, at: datetime.time) -> datetime.datetime:
    """The appointment as an instant, Europe/Paris."""
    return timezone.make_aware(datetime.datetime.combine(day, at))


def refusal(*, by: Actor, site_id: int, day: datetime.date, hour: datetime.time) -> Refused | None:
    """Why the structure can't receive then (field ``rdv_jour`` or ``rdv_heure``), or None.

    A structure without known hours refuses nothing; nor does a bank holiday, unless it says it closes then.
    """
    site = Site.objects.visible_to(by).can_be_suggested().filter(pk=site_id).only("id", "name").first()
    if site is None:
        return None
    week = weeks_of(by, [site_id], moment(day, hour))[site_id]
    if not week.known:
        return None
    open_slots = hours.slots_on(week, day)
    if not open_slots:
        return Refused(_closed_day(site.name, week, day), "rdv_jour")
    minute = hour.hour * 60 + hour.minute
    if any(slot.start <= minute < slot.end for slot in open_slots):
        return None
    return Refused(
        f"Choisissez une heure {_spans(open_slots)} : {site.name} ne reçoit pas {_at(hour)}", "rdv_heure"
    )


def _at(value: datetime.time) -> str:
    return f"à {hour(value)}"


def _spans(slots: list[hours.Slot]) -> str:
    """« entre 9 h et 12 h ou entre 14 h et 17 h »: walk-in or not, slots that touch are one."""
    spans: list[list[int]] = []
    for slot in slots:
        if spans and spans[-1][1] == slot.start:
            spans[-1][1] = slot.end
        else:
            spans.append([slot.start, slot.end])
    return " ou ".join(f"entre {hours.clock(start)} et {hours.clock(end)}" for start, end in spans)


def _closed_day(name: str, week: hours.Week, day: datetime.date) -> str:
    only_then = week.closure_on(day) or (week.holidays_off and hours.holiday_name(day))
    why = f"ne reçoit pas le {day_and_month(day)}" if only_then else f"ne reçoit pas le {DAYS[day.weekday()]}"
    following = (day + datetime.timedelta(days=n) for n in range(1, _AHEAD + 1))
    next_day = next((d for d in following if hours.slots_on(week, d)), None)
    advice = f"{NBSP}: prochain jour ouvert, {day_and_month(next_day)}" if next_day else ""
    return f"Choisissez un autre jour, {name} {why}{advice}"
