"""French bank holidays, computed: no table to keep up to date.

Rule: the eleven days of article L. 3133-1 of the Code du travail. Local days (Alsace-Moselle,
overseas) are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (anonymous Gregorian computus, valid from 1583 on)."""
    golden = year % 19
    century, rest = divmod(year, 100)
    leap_century, century_rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - leap_century - correction + 15) % 30
    leap, year_rest = divmod(rest, 4)
    weekday = (32 + 2 * century_rest + 2 * leap - moon - year_rest) % 7
    shift = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=64)
def french_holidays(year: int) -> Mapping[date, str]:
    """The eleven bank holidays of one year, in order, each with its French name (lower case)."""
    sunday = easter(year)
    days = {
        date(year, 1, 1): "jour de l’an",
        sunday + timedelta(days=1): "lundi de Pâques",
        date(year, 5, 1): "fête du Travail",
        date(year, 5, 8): "victoire de 1945",
        sunday + timedelta(days=39): "Ascension",
        sunday + timedelta(days=50): "lundi de Pentecôte",
        date(year, 7, 14): "fête nationale",
        date(year, 8, 15): "Assomption",
        date(year, 11, 1): "Toussaint",
        date(year, 11, 11): "armistice de 1918",
        date(year, 12, 25): "Noël",
    }
    return MappingProxyType(dict(sorted(days.items())))


def holiday_name(day: date) -> str:
    """French name of the bank holiday falling on this day, or an empty string."""
    return french_holidays(day.year).get(day, "")
