"""The editor of a week, shared by the pages that ask for one: counts of lines, one line more, days drawn."""

import datetime
from typing import Any

from django.http import HttpRequest, QueryDict

from spo_portal.kernel.typography import DAYS, duration
from territories import hours
from territories.forms.hours import MAX_CLOSURES, MAX_ROWS, WeekForm
from territories.hours.season import MAX_SEASONS

ADD_CLOSURE = "fermeture"
A_MONDAY = datetime.date(2024, 1, 1)


def line_counts(data: QueryDict, prefix: str = "") -> tuple[dict[int, int], int]:
    """Numbers of lines sent, within bounds, whatever the hidden counters say."""
    days = {day: _count(data, f"{prefix}j{day}_n", MAX_ROWS, 1) for day in range(7)}
    return days, _count(data, "f_n", MAX_CLOSURES, 1)


def season_counts(data: QueryDict) -> list[dict[int, int]]:
    """Numbers of lines of each season sent."""
    return [line_counts(data, f"s{n}")[0] for n in range(_count(data, "s_n", MAX_SEASONS, 0))]


def _count(data: QueryDict, name: str, most: int, otherwise: int) -> int:
    value = data.get(name, "")
    return min(int(value), most) if value.isascii() and value.isdecimal() and len(value) < 4 else otherwise


def one_more_line(request: HttpRequest) -> tuple[WeekForm, hours.Week | None]:
    """The same form, as typed, with an empty line more, and its week if it can be read as it is."""
    rows, closures = line_counts(request.POST)
    where = request.POST["ajouter"]
    if where == ADD_CLOSURE:
        closures += 1
    elif where in {str(day) for day in range(7)}:
        rows[int(where)] += 1
    typed = {
        name: value for name, value in request.POST.items() if name not in {"csrfmiddlewaretoken", "ajouter"}
    }
    form = WeekForm(initial=typed, rows=rows, closures=closures)
    checked = WeekForm(request.POST, rows=rows, closures=closures)
    return form, checked.week if checked.is_valid() else None


def days_of(
    form: WeekForm,
    week: hours.Week | None,
    changed: set[int] | frozenset[int] = frozenset(),
    prefix: str = "",
) -> list[dict[str, Any]]:
    """The seven days of ``territories/partials/_semaine.html``; without a week nothing is drawn.

    ``prefix`` names the grid of a season (``s0``).
    """
    return [_day(form, day, week, day in changed, prefix) for day in range(7)]


def _day(form: WeekForm, day: int, week: hours.Week | None, changed: bool, prefix: str) -> dict[str, Any]:
    count = form.rows_of(prefix)[day]
    return {
        "number": day,
        # Names of the grid's fields, counters and parts of the page; empty for the ordinary week.
        "prefix": prefix,
        "add": f"{prefix}:{day}" if prefix else str(day),
        "of": f"saison {int(prefix[1:]) + 1}" if prefix else "",
        "name": DAYS[day].capitalize(),
        "lines": form.slot_lines(day, prefix),
        "count": count,
        "more": count < MAX_ROWS,
        "ribbon": ribbon_of(week, day),
        "words": "" if week is None else day_words(week, day),
        "changed": changed,
    }


def day_words(week: hours.Week, day: int) -> str:
    """« 7 h, tout sans rendez-vous »."""
    slots = week.merged(day)
    total = sum(slot.minutes for slot in slots)
    walk_in = sum(slot.minutes for slot in slots if slot.walk_in)
    if not slots:
        return "Fermé"
    if walk_in == total:
        return f"{duration(total)}, tout sans rendez-vous"
    if not walk_in:
        return f"{duration(total)}, tout sur rendez-vous"
    return f"{duration(walk_in)} sur {duration(total)} sans rendez-vous"


def ribbon_of(week: hours.Week | None, day: int) -> hours.Ribbon | None:
    """The drawing of an ordinary weekday: no date, no closure."""
    if week is None:
        return None
    return hours.day_ribbon(hours.Week(week.slots), A_MONDAY + datetime.timedelta(days=day))
