"""Territories × networks: what each network has there: labelled, associated, existing, nothing (GUIDE p. 24).

An existing place is an active site, member of a network. A place of no network is a partenaire associé: it
has a column of its own, « Hors réseau ».
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from labelling.services.label_coverage.figures import Figures, counted
from labelling.services.tables import Places, has_label
from territories.access import Actor
from territories.models import Region, Reseau, Territory


class CellState(StrEnum):
    """What a network is on a territory, from the best to nothing."""

    LABELLISE = "labellise"
    ASSOCIE = "associe"
    EXISTANT = "existant"
    RIEN = "rien"


WORDS: Mapping[CellState, str] = {
    CellState.LABELLISE: "Labellisé",
    CellState.ASSOCIE: "Partenaire associé",
    CellState.EXISTANT: "Présent, sans label",
    CellState.RIEN: "Aucun lieu",
}
# Tones of the badges; a shape and words go with each, never colour alone.
TONES: Mapping[CellState, str] = {
    CellState.LABELLISE: "ok",
    CellState.ASSOCIE: "info",
    CellState.EXISTANT: "warn",
    CellState.RIEN: "",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """Active places of one network on one territory, on the day.

    ``label``: the region knows the label; elsewhere a place is present, and nothing is said of a label.
    """

    existing: int = 0
    labelled: int = 0
    associated: int = 0
    label: bool = True

    @property
    def state(self) -> CellState:
        if self.labelled:
            return CellState.LABELLISE
        if self.associated:
            return CellState.ASSOCIE
        return CellState.EXISTANT if self.existing else CellState.RIEN

    @property
    def words(self) -> str:
        return WORDS[self.state] if self.label or self.state != CellState.EXISTANT else "Présent"

    @property
    def tone(self) -> str:
        return TONES[self.state] if self.label or self.state != CellState.EXISTANT else "ok"

    @property
    def share(self) -> Fraction | None:
        return Fraction(self.labelled, self.existing) if self.existing else None

    def __add__(self, other: "Cell") -> "Cell":
        return Cell(
            self.existing + other.existing,
            self.labelled + other.labelled,
            self.associated + other.associated,
            self.label and other.label,
        )


NOTHING = Cell()


@dataclass(frozen=True)
class Row:
    """One territory (None: the region): a cell by network in the order of ``Grid.reseaux``, the partners of
    no network, and the sum."""

    territory: Territory | None
    cells: tuple[Cell, ...]
    partners: int
    total: Cell

    @property
    def missing(self) -> int:
        """Networks that have places here and none labelled."""
        return sum(1 for cell in self.cells if cell.existing and not cell.labelled)


@dataclass(frozen=True)
class Grid:
    """The whole table of one day."""

    day: datetime.date
    has_label: bool
    reseaux: tuple[Reseau, ...]
    rows: tuple[Row, ...]
    total: Row
    by_territory: dict[int, Row] = field(default_factory=dict)

    @property
    def counts(self) -> dict[tuple[int, int], Places]:
        """The same counts by (territory, network), for the table of the GUIDE."""
        return {
            (row.territory.pk, reseau.pk): Places(cell.existing, cell.labelled, cell.associated)
            for row in self.rows
            if row.territory is not None
            for reseau, cell in zip(self.reseaux, row.cells, strict=True)
        }


def coverage_grid(
    *, by: Actor, region: Region, day: datetime.date, territories: Sequence[Territory] | None = None
) -> Grid:
    """The table of a region, or of some of its territories, counted now."""
    if territories is None:
        territories = list(Territory.objects.visible_to(by).filter(region=region).order_by("order", "name"))
    figures = counted(by=by, territories=[one.pk for one in territories], day=day)
    return grid_of(by=by, region=region, day=day, territories=territories, figures=figures)


def grid_of(
    *,
    by: Actor,
    region: Region,
    day: datetime.date,
    territories: Sequence[Territory],
    figures: Mapping[int, Figures],
) -> Grid:
    """The table of figures already counted."""
    reseaux = tuple(Reseau.objects.filter(region=region).order_by("order", "pk"))
    label = has_label(region)
    rows = []
    for territory in territories:
        found = figures[territory.pk]
        cells = {pk: Cell(*counts, label=label) for pk, counts in found.cells.items()}
        own = tuple(cells.get(reseau.pk, NOTHING) for reseau in reseaux)
        rows.append(Row(territory, own, found.partners, sum(own, NOTHING)))
    columns = tuple(sum((row.cells[at] for row in rows), NOTHING) for at in range(len(reseaux)))
    total = Row(None, columns, sum(row.partners for row in rows), sum(columns, NOTHING))
    by_id = {row.territory.pk: row for row in rows if row.territory is not None}
    return Grid(day, label, reseaux, tuple(rows), total, by_id)
