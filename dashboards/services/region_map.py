"""What the map of a region is coloured by: one value per territory, as the table shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from dashboards.computing import Figure
from dashboards.services import tables
from dashboards.services.region import Line, RegionFigures
from spo_portal.kernel.privacy import Cell, Share

MapValue = Cell | Share | float | None
TITLES = {
    "boucles_fermees": "Boucles fermées",
    "contacts": "Fiches",
    "pour_mille": "Fiches pour 1 000 habitants",
    "reorientes": "Part réorientée",
    "delai_arrivee": "Délai jusqu’à l’accueil suivant",
    "lieux_labellises": "Lieux labellisés",
}


# Figures the long table does not hold: their map brings its own table.
OWN_TABLE = frozenset({"pour_mille", "lieux_labellises"})


@dataclass(frozen=True)
class MapOf:
    """Values by territory id, with their unit and the number of decimals written."""

    title: str
    values: Mapping[int, MapValue]
    unit: str = ""
    decimals: int = 0


def map_of(figures: RegionFigures, shown: str) -> MapOf:
    """The values of a key of TITLES."""
    if shown == "lieux_labellises":
        return MapOf(
            TITLES[shown], {line.territory.pk: _labelled(figures, line) for line in figures.lines}, "%"
        )
    if shown == "pour_mille":
        values: dict[int, MapValue] = {line.territory.pk: _per_thousand(line) for line in figures.lines}
        return MapOf(TITLES[shown], values, "", 1)
    attribute, unit, decimals = {
        "contacts": ("contacts", "fiches", 0),
        "delai_arrivee": ("delay", "jours", 0),
        "reorientes": ("reoriented", "%", 0),
        "boucles_fermees": ("closed", "%", 0),
    }[shown]
    return MapOf(
        TITLES[shown],
        {line.territory.pk: value_of(getattr(line, attribute)) for line in figures.lines},
        unit,
        decimals,
    )


def value_of(figure: Figure) -> Cell | float | None:
    """The value a map draws: masked stays masked."""
    if figure.masked:
        return Cell(None, True, figure.reason)
    return None if figure.value is None else float(figure.value)


def _per_thousand(line: Line) -> MapValue:
    if line.contacts.masked:
        return Cell(None, True, line.contacts.reason)
    if line.contacts.value is None or not line.territory.population:
        return None
    return float(line.contacts.value) * 1000 / line.territory.population


def _labelled(figures: RegionFigures, line: Line) -> MapValue:
    labelled, existing = figures.labels.by_territory.get(line.territory.pk, (0, 0))
    if figures.labels.labelled is None or not existing:
        return None
    return Share(Fraction(labelled, existing))


def region_table(figures: RegionFigures) -> tables.Table:
    """The table of the screen as a declared table: what an export of the page writes."""
    kinds = tables.Kind
    columns = (
        tables.Column("Fiches"),
        tables.Column("Évolution en un an", kinds.SHARE),
        tables.Column("Réorientées", kinds.SHARE),
        tables.Column("Boucles fermées", kinds.SHARE),
        tables.Column("Cible", kinds.SHARE),
        tables.Column("Délai médian (jours)"),
        tables.Column("Label jusqu’au", kinds.WORDS),
        tables.Column("Chiffres arrêtés", kinds.WORDS),
    )
    rows = [
        tables.Row(
            line.territory.name,
            (
                _count(line.contacts),
                line.change.value / 100 if line.change.value is not None else None,
                _share(line.reoriented),
                _share(line.closed),
                Share(Fraction(line.goal) / 100) if line.goal is not None else None,
                _count(line.delay),
                line.label.until.isoformat() if line.label else "",
                line.filled_at.isoformat(timespec="minutes") if line.filled_at else "",
            ),
        )
        for line in figures.lines
    ]
    return tables.Table("territoires", "Comparer les territoires", "Territoire", columns, rows)


def _count(figure: Figure) -> Cell | None:
    if figure.masked:
        return Cell(None, True, figure.reason)
    return None if figure.value is None else Cell(round(figure.value))


def _share(figure: Figure) -> Share | None:
    if figure.masked:
        return Share(None, True, figure.reason)
    return None if figure.value is None else Share(figure.value / 100)
