"""Indicators as declared things: one definition sheet each, the same for every reader (domain § 8).

The sheet says in French what is counted, from what, in which unit, whether more is better, how it is masked
and since when. Figures are computed by ``dashboards.computing`` from releases and from facts about places.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from dashboards.enums import Dimension
from dashboards.services.published import FLOOR_TIMES
from spo_portal.kernel.privacy import INSIDE, OUTSIDE
from spo_portal.kernel.typography import NBSP

PERCENT_MAX = Decimal(100)


class Level(StrEnum):
    """Where an indicator is read."""

    SITE = "lieu"
    RESEAU = "réseau"
    TERRITORY = "territoire"
    COMMISSION = "commission"
    REGION = "région"


class Unit(StrEnum):
    FICHES = "fiches"
    PERCENT = "%"
    DAYS = "jours"
    SITES = "lieux"
    NETWORKS = "réseaux"
    HOURS = "heures par semaine"
    TARGETS = "cibles"


class Direction(StrEnum):
    """Which way is better. Neutral: neither, the figure only describes."""

    UP = "plus"
    DOWN = "moins"
    NEUTRAL = "neutre"


class Theme(StrEnum):
    """Chapters of the page of definitions."""

    ACTIVITY = "Activité"
    PUBLIC = "Qui vient, pour quoi"
    FLOWS = "Réorientations et suites"
    PLACES = "Lieux, label et horaires"
    QUALITY = "Qualité de la saisie et cibles"


ALL = (Level.SITE, Level.RESEAU, Level.TERRITORY, Level.COMMISSION, Level.REGION)
WIDE = (Level.TERRITORY, Level.COMMISSION, Level.REGION)
AREAS = (Level.TERRITORY, Level.REGION)

FROM_FLOOR = (
    f"détail publié à partir de {INSIDE * FLOOR_TIMES}{NBSP}fiches dans l’année "
    f"({OUTSIDE * FLOOR_TIMES} hors du territoire)"
)
# A value small in itself, then a month, a network or a place too small to be detailed: ``build_floor``.
BOX = (
    f"Une case de 1 à {INSIDE} fiches est masquée pour les équipes du territoire, de 1 à {OUTSIDE} pour tous "
    "les autres lecteurs. D’autres cases sont cachées pour qu’aucun total ne la trahisse. "
    f"Mois, réseau ou lieu{NBSP}: {FROM_FLOOR}."
)
RATE = "Le taux est masqué dès que l’un des deux nombres qui le forment l’est."
MEDIAN = (
    "La médiane n’est montrée que si elle porte sur plus de fiches que le seuil du lecteur "
    f"({INSIDE} ou {OUTSIDE})."
)
OPEN = "Rien n’est masqué : ce sont des informations publiques sur des lieux, pas sur des personnes."
START = "Depuis la première fiche saisie ou importée."


@dataclass(frozen=True)
class Indicator:
    """One indicator and its definition sheet. ``dimension`` is set for a breakdown (répartition).

    ``target`` says whether a yearly target may be set for it; its bounds depend on the unit.
    """

    key: str
    label: str
    theme: Theme
    what: str
    source: str
    unit: Unit
    direction: Direction
    masking: str
    since: str = START
    levels: tuple[Level, ...] = ALL
    dimension: str = ""
    target: bool = False

    @property
    def is_breakdown(self) -> bool:
        return bool(self.dimension)

    @property
    def ceiling(self) -> Decimal | None:
        """Greatest value a target may have, None when there is none."""
        return {Unit.PERCENT: PERCENT_MAX, Unit.DAYS: Decimal(365)}.get(self.unit)

    @property
    def direction_words(self) -> str:
        return {
            Direction.UP: "Plus le chiffre est haut, mieux c’est.",
            Direction.DOWN: "Plus le chiffre est bas, mieux c’est.",
            Direction.NEUTRAL: "Ni haut ni bas n’est meilleur : le chiffre décrit.",
        }[self.direction]

    @property
    def bound_words(self) -> str:
        """How a target reads beside its field: « au moins, en % », « au plus, en jours »."""
        return f"{'au plus' if self.direction == Direction.DOWN else 'au moins'}, en {self.unit}"

    @property
    def levels_words(self) -> str:
        return ", ".join(self.levels)


_registry: dict[str, Indicator] = {}


def declare(*indicators: Indicator) -> None:
    """Add indicators to the registry; a key is declared once."""
    for indicator in indicators:
        if indicator.key in _registry:
            raise ValueError(f"indicator declared twice: {indicator.key}")
        _registry[indicator.key] = indicator


def get(key: str) -> Indicator:
    """The indicator of a key; KeyError when there is none."""
    return every()[key]


def every() -> dict[str, Indicator]:
    """All indicators by key, in the order of the page of definitions."""
    import dashboards.sheets
    import dashboards.sheets_breakdowns  # noqa: F401 - the declarations themselves

    return _registry


def at(level: Level) -> list[Indicator]:
    """Indicators read at a level."""
    return [indicator for indicator in every().values() if level in indicator.levels]


def breakdowns() -> dict[str, Indicator]:
    """Breakdowns by dimension."""
    return {i.dimension: i for i in every().values() if i.is_breakdown}


def with_target() -> list[Indicator]:
    """Indicators for which a target may be set."""
    return [indicator for indicator in every().values() if indicator.target]


def of_dimension(dimension: Dimension | str) -> Indicator:
    """The breakdown of a dimension, for « Définition » links; KeyError when none is declared."""
    return breakdowns()[str(dimension)]
