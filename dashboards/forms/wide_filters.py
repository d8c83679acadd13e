"""The question asked to a page of the region: the common bar, the order of its table, what its map shows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import parse_qsl, urlencode

from dashboards.computing import closed_months
from dashboards.forms.filters import Choices, Filters
from dashboards.services.region import ORDERS
from dashboards.services.region_map import TITLES as MAPS
from dashboards.services.wide_slices import Question
from spo_portal.kernel.typography import NBSP

# A page of the region is compared with last year only: the region is what it shows.
COMPARISONS = {"": "L’an dernier", "rien": "Sans comparaison"}
DEFAULT_ORDER = "-contacts"
DEFAULT_MAP = "boucles_fermees"


@dataclass(frozen=True)
class RegionFilters(Filters):
    """``tri``: a key of ORDERS, « - » before it for a decreasing order. ``carte``: a key of MAPS."""

    tri: str = DEFAULT_ORDER
    carte: str = DEFAULT_MAP

    @classmethod
    def from_get(cls, get: Mapping[str, str], choices: Choices) -> Self:
        found = super().from_get(get, choices)
        order, shown = get.get("tri", ""), get.get("carte", "")
        return found.but(  # type: ignore[return-value]
            # The figures of a network or a demande are read for the year.
            month=None if found.reseau or found.demande else found.month,
            tri=order if order.removeprefix("-") in ORDERS else DEFAULT_ORDER,
            carte=shown if shown in MAPS else DEFAULT_MAP,
            with_region=False,
        )

    @property
    def question(self) -> Question:
        closed = closed_months(self.year, self.choices.today)
        return Question(
            self.year,
            self.month,
            self.reseau,
            self.demande,
            self.compare,
            self.choices.running(self.year),
            closed,
        )

    @property
    def comparing(self) -> str:
        return "" if self.compare else "rien"

    @property
    def comparisons(self) -> list[tuple[str, str]]:
        return list(COMPARISONS.items())

    @property
    def default(self) -> bool:
        """The question is the one of the bare page; the order and the map are not part of it."""
        return not super().query()

    def query(self) -> str:
        own = {
            "tri": "" if self.tri == DEFAULT_ORDER else self.tri,
            "carte": "" if self.carte == DEFAULT_MAP else self.carte,
        }
        return "&".join(
            filter(None, [super().query(), urlencode({name: value for name, value in own.items() if value})])
        )

    def below(self) -> str:
        """The part of the question that a page of one territory understands."""
        kept = {"annee": self.year if self.year != self.choices.newest else "", "mois": self.month or ""}
        kept |= {"reseau": self.reseau, "demande": self.demande}
        return urlencode({name: value for name, value in kept.items() if value})

    def sorted_by(self, order: str) -> "RegionFilters":
        """The same question in the order of a column; asked twice, in the reverse order."""
        return self.but(tri=f"-{order}" if self.tri == order else order)  # type: ignore[return-value]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Hidden fields of the bar: a change of period leaves the order and the map as they are."""
        pairs = [("tri", self.tri, DEFAULT_ORDER), ("carte", self.carte, DEFAULT_MAP)]
        return [(name, value) for name, value, default in pairs if value != default]

    @property
    def rest(self) -> list[tuple[str, str]]:
        """Hidden fields of the map's own list: everything but the map."""
        return [pair for pair in parse_qsl(self.query()) if pair[0] != "carte"]

    def words(self) -> list[str]:
        found = [line for line in super().words() if not line.startswith("Comparé avec")]
        return [*found, f"Comparé avec{NBSP}: l’an dernier"] if self.compare else found


@dataclass(frozen=True)
class NetworkFilters(RegionFilters):
    """The page of a network: its figures are the year's, for all its fiches or one demande."""

    @classmethod
    def from_get(cls, get: Mapping[str, str], choices: Choices) -> Self:
        return super().from_get(get, choices).but(month=None, reseau="")  # type: ignore[return-value]

    @property
    def months(self) -> list[tuple[int, str]]:
        return []

    def for_reseau(self, pk: int) -> Question:
        return replace(self.question, reseau=str(pk))
