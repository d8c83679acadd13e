"""What a dashboard is asked to show: read from any address without complaint, written back in one way only.

A release publishes no network × value × month crossing: with a network or a place the figures are the year's,
and a place says its network, so that it replaces it (``dashboards.services.release``).
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import urlencode

from spo_portal.kernel.typography import MONTHS, NBSP, capital, month_and_year

# Value of the list « Comparer avec »: (last year, region).
COMPARE = {"": (True, True), "an": (True, False), "region": (False, True), "rien": (False, False)}
COMPARE_WORDS = {
    "": "L’an dernier et la région",
    "an": "L’an dernier",
    "region": "La région",
    "rien": "Sans comparaison",
}


@dataclass(frozen=True)
class Choices:
    """What the bar offers: years published (newest first), then words by key; an empty list is not shown."""

    today: datetime.date
    years: tuple[int, ...] = ()
    reseaux: Mapping[str, str] = field(default_factory=dict)
    demandes: Mapping[str, str] = field(default_factory=dict)
    sites: Mapping[str, str] = field(default_factory=dict)
    # Pages that compare with nothing leave the list out.
    compare: bool = True

    @property
    def newest(self) -> int:
        return max(self.years, default=self.today.year)

    def running(self, year: int) -> bool:
        return year == self.today.year


@dataclass(frozen=True)
class Filters:
    """One question asked to a dashboard. ``month`` None is the year, up to today when it is running."""

    year: int
    month: int | None = None
    compare: bool = True
    with_region: bool = True
    reseau: str = ""
    demande: str = ""
    site: str = ""
    choices: Choices = field(default_factory=lambda: Choices(datetime.date.min), compare=False, repr=False)

    @classmethod
    def from_get(cls, get: Mapping[str, str], choices: Choices) -> Self:
        """Anything absurd, foreign or out of the lists falls back on the default."""
        year = {str(y): y for y in choices.years}.get(get.get("annee", ""), choices.newest)
        months = {str(m): m for m, _ in months_of(choices, year)}
        asked = get.get("comparer", "") if choices.compare else "rien"
        compare, with_region = COMPARE.get(asked, COMPARE[""])
        site = _known(get.get("lieu", ""), choices.sites)
        return cls(
            year=year,
            month=months.get(get.get("mois", "")),
            compare=compare,
            with_region=with_region,
            reseau="" if site else _known(get.get("reseau", ""), choices.reseaux),
            demande=_known(get.get("demande", ""), choices.demandes),
            site=site,
            choices=choices,
        )

    @property
    def comparing(self) -> str:
        """Value of the list « Comparer avec »."""
        return next(key for key, pair in COMPARE.items() if pair == (self.compare, self.with_region))

    @property
    def sliced(self) -> bool:
        """A network or a place is chosen: the release publishes its year, and its contacts by month."""
        return bool(self.reseau or self.site)

    @property
    def first_day(self) -> datetime.date:
        return datetime.date(self.year, self.month or 1, 1)

    @property
    def running(self) -> bool:
        """The period is not over: its figures still grow."""
        today = self.choices.today
        return self.year == today.year and self.month in (None, today.month)

    @property
    def period(self) -> str:
        """« octobre 2026 », « année 2026 »: after a comma in a title."""
        return month_and_year(self.first_day) if self.month else f"année {self.year}"

    @property
    def months(self) -> list[tuple[int, str]]:
        return months_of(self.choices, self.year)

    @property
    def years(self) -> list[tuple[int, str]]:
        """« 2026, en cours » for the year in progress, the bare year for the others."""
        return [
            (year, f"{year}, en cours" if self.choices.running(year) else str(year))
            for year in (self.choices.years or (self.choices.newest,))
        ]

    @property
    def comparisons(self) -> list[tuple[str, str]]:
        return list(COMPARE_WORDS.items()) if self.choices.compare else []

    @property
    def default(self) -> bool:
        return not self.query()

    def but(self, **changes: object) -> "Filters":
        """The same question with something changed: links of drill-down and « voir l’année »."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def query(self) -> str:
        """Canonical query string, defaults left out: one question, one address."""
        pairs = {
            "annee": "" if self.year == self.choices.newest else str(self.year),
            "mois": str(self.month or ""),
            "reseau": self.reseau,
            "lieu": self.site,
            "demande": self.demande,
            "comparer": self.comparing if self.choices.compare else "",
        }
        return urlencode({name: value for name, value in pairs.items() if value})

    def url(self, path: str) -> str:
        """``path`` with this question after it."""
        query = self.query()
        return f"{path}?{query}" if query else path

    def words(self) -> list[str]:
        """What was asked, in French, one line each: heads of exports and of printed pages."""
        period = capital(month_and_year(self.first_day)) if self.month else str(self.year)
        if self.running:
            period += " (mois en cours)" if self.month else " (depuis le 1er janvier)"
        found = [("Période", period[:1].lower() + period[1:])]
        for name, key, words in (
            ("Réseau", self.reseau, self.choices.reseaux),
            ("Lieu", self.site, self.choices.sites),
            ("Demande", self.demande, self.choices.demandes),
        ):
            if key:
                found.append((name, words[key]))
        if self.choices.compare and self.comparing != "rien":
            words_of = COMPARE_WORDS[self.comparing]
            found.append(("Comparé avec", words_of[:1].lower() + words_of[1:]))
        return [f"{name}{NBSP}: {said}" for name, said in found]


def months_of(choices: Choices, year: int) -> list[tuple[int, str]]:
    """Months of a year to choose from; those to come are not offered."""
    last = choices.today.month if choices.running(year) else 12
    return [(n, capital(name)) for n, name in enumerate(MONTHS[:last], 1)]


def _known(value: str, words: Mapping[str, str]) -> str:
    return value if value in words else ""
