"""French bank holidays of the metropolis: the one place that asks the package `holidays`.

Rule: the days of article L. 3133-1 of the Code du travail. Local days (Alsace-Moselle, overseas) are left
out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

# Names that keep their capital inside a sentence.
PROPER = ("Ascension", "Assomption", "Toussaint", "Noël")


@lru_cache(maxsize=64)
def french_holidays(year: int) -> Mapping[date, str]:
    """The bank holidays of one year, in order, each with its French name as written inside a sentence."""
    # The package knows every country: only the one that is asked for is loaded, and not before.
    from holidays import country_holidays

    found = country_holidays("FR", years=[year], language="fr")
    return MappingProxyType({day: _words(found[day]) for day in sorted(found) if day.year == year})


def holiday_name(day: date) -> str:
    """French name of the bank holiday falling on this day, or an empty string."""
    return french_holidays(day.year).get(day, "")


def _words(name: str) -> str:
    name = name.replace("'", "’")
    return name if name.startswith(PROPER) else name[:1].lower() + name[1:]
