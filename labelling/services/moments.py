"""Dates of a call, typed as a day and an hour of Paris, kept to the second (domain § 7).

An hour that the change of summer time skips, or tells twice, is refused: nobody may argue about a deadline.
"""

import datetime
from zoneinfo import ZoneInfo

from spo_portal.kernel.errors import Refused
from spo_portal.kernel.typography import NBSP, counted, day_and_month, hour, long_date

PARIS = ZoneInfo("Europe/Paris")
END_OF_DAY = datetime.time(23, 59, 59)
FIRST_YEAR, LAST_YEAR = 2015, 2100
ONE_SECOND = datetime.timedelta(seconds=1)


def moment_of(day: datetime.date, at: datetime.time, field: str | None = None) -> datetime.datetime:
    """The instant of that hour in Paris. Raises ``Refused`` for an hour that is missing or told twice."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Refused(f"Choisissez une année de {FIRST_YEAR} à {LAST_YEAR}.", field)
    local = datetime.datetime.combine(day, at.replace(microsecond=0, tzinfo=None))
    first, second = local.replace(tzinfo=PARIS, fold=0), local.replace(tzinfo=PARIS, fold=1)
    if first.utcoffset() != second.utcoffset():
        back = first.astimezone(datetime.UTC).astimezone(PARIS).replace(tzinfo=None)
        if back != local:
            raise Refused(
                "Cette heure n’existe pas ce jour-là : on passe à l’heure d’été. Choisissez-en une autre.",
                field,
            )
        raise Refused(
            "Cette heure existe deux fois ce jour-là : on passe à l’heure d’hiver. Choisissez-en une autre.",
            field,
        )
    return first.astimezone(datetime.UTC)


def in_paris(moment: datetime.datetime) -> datetime.datetime:
    return moment.astimezone(PARIS)


def end_of(moment: datetime.datetime) -> datetime.datetime:
    """First instant after the deadline's last second: what comes then is late."""
    return moment.replace(microsecond=0) + ONE_SECOND


def to_the_second(moment: datetime.datetime, *, year: bool = True) -> str:
    """« mardi 15 décembre 2026 à 23 h 59 min 59 s »: a deadline leaves no second in doubt."""
    local = in_paris(moment)
    day = long_date(local) if year else day_and_month(local)
    if not local.second:
        return f"{day} à {hour(local)}"
    return f"{day} à {local.hour}{NBSP}h{NBSP}{local.minute:02d}{NBSP}min{NBSP}{local.second:02d}{NBSP}s"


def time_left(until: datetime.datetime, at: datetime.datetime) -> str:
    """« 12 jours », « 5 heures », « 40 minutes », « moins d’une minute »; empty once it is over."""
    left = end_of(until) - at
    if left <= datetime.timedelta():
        return ""
    if left >= datetime.timedelta(days=2):
        return counted(left.days, "jour")
    minutes = int(left.total_seconds()) // 60
    if minutes >= 120:
        return counted(minutes // 60, "heure")
    return counted(minutes, "minute") if minutes else "moins d’une minute"
