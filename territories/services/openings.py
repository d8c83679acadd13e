"""« Ouvert à cet instant » in SQL, the same truth as ``hours.is_open_at``.

Rule: a closure closes the day; a bank holiday closes the places that say so; in a season its week holds, else
the ordinary one (hours.status). All instants are read on the wall clock of Europe/Paris.
"""

from datetime import date, datetime

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from territories import hours
from territories.access import Actor
from territories.models import Closure, OpeningSlot, Season, SeasonSlot
from territories.services.hours import Rows


def open_at(
    sites: QuerySet, moment: datetime, *, by: Actor | None, walk_in: bool = False, prefix: str = ""
) -> QuerySet:
    """Those of ``sites`` that receive at ``moment`` (aware): walk-in or by appointment, or walk-in only.

    ``by`` None leaves the filter to row security alone (pages without login). ``prefix`` leads from the rows
    of ``sites`` to the place (``"site__"``).
    """
    local = timezone.localtime(moment)
    day, minute = local.date(), local.hour * 60 + local.minute
    at = Q(weekday=day.weekday(), start__lte=minute, end__gt=minute)
    if walk_in:
        at &= Q(walk_in=True)
    rows, key = Rows(by), f"{prefix}pk__in"

    def among(places: QuerySet) -> Q:
        # A list read once for the whole query, whatever the number of places: never one probe for each.
        return Q(**{key: places.values("site_id")})

    ordinary = among(rows(OpeningSlot).filter(at))
    in_season = among(rows(Season).filter(season_holds(day)))
    of_season = among(rows(SeasonSlot).filter(at, season_holds(day, "season__")))
    closed = among(rows(Closure).filter(last_day__gte=day, first_day__lte=day))
    found = sites.filter(~closed, (ordinary & ~in_season) | of_season)
    if hours.holiday_name(day):
        found = found.filter(**{f"{prefix}closed_on_holidays": False})
    return found


def season_holds(day: date, prefix: str = "") -> Q:
    """A season that holds on ``day``; 29 February compares as any other day (see ``models.Season``)."""
    md = day.month * 100 + day.day

    def where(**wanted: object) -> Q:
        return Q(**{f"{prefix}{name}": value for name, value in wanted.items()})

    straight = where(first_md__lte=F(f"{prefix}last_md")) & where(first_md__lte=md) & where(last_md__gte=md)
    over_new_year = where(first_md__gt=F(f"{prefix}last_md")) & (
        where(first_md__lte=md) | where(last_md__gte=md)
    )
    return straight | over_new_year | where(first_day__lte=day, last_day__gte=day)
