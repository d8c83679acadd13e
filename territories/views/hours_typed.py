"""The form of hours as it was sent: its counters, and one line or one season more."""

from django.http import HttpRequest

from territories import hours
from territories.forms.hours_seasons import HoursForm, blank_season
from territories.hours.season import MAX_SEASONS
from territories.views.week import ADD_CLOSURE, line_counts, season_counts

ADD_SEASON = "saison"


def typed_form(request: HttpRequest) -> HoursForm:
    """The form as sent, bound."""
    rows, closures = line_counts(request.POST)
    return HoursForm(request.POST, rows=rows, closures=closures, seasons=season_counts(request.POST))


def one_more(request: HttpRequest) -> tuple[HoursForm, hours.Week | None]:
    """The same form, as typed, with an empty line or a season more; its hours if they can be read as is."""
    rows, closures = line_counts(request.POST)
    seasons = season_counts(request.POST)
    checked = typed_form(request)
    typed: dict[str, object] = {
        name: value for name, value in request.POST.items() if name not in {"csrfmiddlewaretoken", "ajouter"}
    }
    grid, _, day = request.POST["ajouter"].rpartition(":")
    if day == ADD_CLOSURE:
        closures += 1
    elif day == ADD_SEASON and len(seasons) < MAX_SEASONS:
        typed |= blank_season(typed, len(seasons), rows)
        seasons.append(dict(rows))
    elif day in {str(number) for number in range(7)}:
        wanted = {"": rows} | {f"s{n}": lines for n, lines in enumerate(seasons)}
        if grid in wanted:
            wanted[grid][int(day)] += 1
    form = HoursForm(initial=typed, rows=rows, closures=closures, seasons=seasons)
    return form, checked.week if checked.is_valid() else None
