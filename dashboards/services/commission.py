"""The bassins of one commission side by side, with the region beside them (AMI § 4: one to three bassins)."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field

from dashboards import indicators
from dashboards.computing import Figure, figure, figure_over
from dashboards.enums import Dimension
from dashboards.services import tables
from dashboards.services.labels import Labels
from dashboards.services.release import Release, region_release, territory_release
from dashboards.services.wide_slices import KEYS
from spo_portal.kernel.privacy import Cell, mask_share
from territories.access import Actor
from territories.models import Commission, Region, Territory

# Breakdowns compared: dimension, words of the head.
BREAKDOWNS = (
    (Dimension.DEMANDE, "Demandes", "Demande"),
    (Dimension.STATUT, "Statuts", "Statut"),
    (Dimension.CANAL, "Canaux", "Canal"),
)
INDICATORS = (*KEYS, "jamais_venue", "delai_arrivee", "saisie_tardive")


@dataclass(frozen=True)
class Bassin:
    """One territory of the commission: its release of the year and of the year before."""

    territory: Territory
    release: Release
    before: Release


@dataclass
class CommissionFigures:
    """The page of a commission."""

    commission: Commission
    bassins: list[Bassin]
    compared: tables.Table
    breakdowns: list[tables.Table] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        return all(bassin.release.empty for bassin in self.bassins)

    @property
    def masked(self) -> bool:
        return self.compared.masked or any(table.masked for table in self.breakdowns)

    @property
    def filled_at(self) -> datetime.datetime | None:
        return min((b.release.filled_at for b in self.bassins if b.release.filled_at), default=None)


def commission_figures(
    *,
    by: Actor,
    region: Region,
    commission: Commission,
    territories: Sequence[Territory],
    year: int,
    month: int | None,
    named: Labels,
) -> CommissionFigures:
    """Compare the bassins over a year or one of its months; their sum adds shown cells only."""
    bassins = [
        Bassin(
            territory,
            territory_release(by=by, territory=territory, year=year),
            territory_release(by=by, territory=territory, year=year - 1),
        )
        for territory in territories
    ]
    whole = region_release(by=by, region=region, year=year)
    return CommissionFigures(
        commission,
        bassins,
        _compared(bassins, whole, month),
        [_breakdown(bassins, month, named, *line) for line in BREAKDOWNS],
    )


def _compared(bassins: Sequence[Bassin], region: Release, month: int | None) -> tables.Table:
    columns = [tables.Column(bassin.territory.name, tables.Kind.WORDS) for bassin in bassins]
    columns += [
        tables.Column("La commission", tables.Kind.WORDS),
        tables.Column("La région", tables.Kind.WORDS),
    ]
    pairs = [(bassin.territory.name, bassin.release) for bassin in bassins]
    rows = []
    for key in INDICATORS:
        found = [figure(key, release, month=month) for _, release in pairs]
        values: list[tables.Value] = [_cell(one) for one in found]
        together = None if key == "delai_arrivee" else figure_over(key, pairs, month=month)
        values.append("" if together is None else _cell(together))
        # Counts of a region dwarf those of a commission: only rates are compared with it.
        values.append("" if key in {"contacts", "delai_arrivee"} else _cell(figure(key, region, month=month)))
        note = ""
        if together is not None and together.left_out:
            note = f"La commission hors {', '.join(together.left_out)}"
        rows.append(tables.Row(indicators.get(key).label, tuple(values), note=note))
    return tables.Table("commission", "Les bassins côte à côte", "Indicateur", tuple(columns), rows)


def _cell(found: Figure) -> tables.Value:
    """A masked figure keeps its reason; the others read as written."""
    return Cell(None, True, found.reason) if found.masked else found.text


def _breakdown(
    bassins: Sequence[Bassin], month: int | None, named: Labels, dimension: Dimension, title: str, head: str
) -> tables.Table:
    """Parts of the fiches of each bassin, so that unequal bassins compare."""
    cells = [bassin.release.values(dimension, month=month) for bassin in bassins]
    words = tables.used(named.of(dimension), *cells)
    rows = []
    for value, word in words.items():
        shares = [
            mask_share(
                bassin.release.cell(dimension, value, month=month),
                bassin.release.cell(Dimension.CONTACTS, month=month),
            )
            for bassin in bassins
        ]
        rows.append(tables.Row(word, tuple(shares)))
    columns = tuple(tables.Column(bassin.territory.name, tables.Kind.SHARE) for bassin in bassins)
    return tables.Table(str(dimension), title, head, columns, rows)
