"""Files of the pages of the region, of a network and of a commission."""

import datetime
from collections.abc import Iterable, Sequence

from dashboards.exports.convert import LABEL_WIDTH, NUMBER_WIDTH, WORD_WIDTH, key_figures, leaving
from dashboards.exports.pages import Export, about, add_all, stem
from dashboards.forms.filters import Filters
from dashboards.services import region_words
from dashboards.services.commission import CommissionFigures
from dashboards.services.network import NetworkFigures, network_table
from dashboards.services.published import why_masked
from dashboards.services.region import RegionFigures
from dashboards.services.region_map import MapOf, region_table
from dashboards.services.wide_slices import Question
from spo_portal.kernel.privacy import INSIDE, Cell
from spo_portal.kernel.tables import Column, Table
from spo_portal.kernel.typography import MONTHS_SHORT
from territories.models import Region, Territory

SUMS = (
    "Sommes",
    "Une somme n’ajoute que les nombres montrés par les territoires et laisse de côté les nombres masqués.",
)


def region_export(
    figures: RegionFigures, filters: Filters, asked: Question, shown: MapOf, region: Region
) -> Export:
    """The page of the region: its big figures, its table, twelve months by territory, its map."""
    found = _wide(
        "region", region.name, filters, region, region.pk, [line.filled_at for line in figures.lines]
    )
    found.add("chiffres", key_figures([(big, big.versus, "") for big in region_words.bigs(figures, asked)]))
    found.add("territoires", leaving(region_table(figures)))
    found.add("mois", _months(figures, asked))
    found.add("carte", _map([line.territory for line in figures.lines], shown))
    return found


def network_export(figures: NetworkFigures, filters: Filters, region: Region) -> Export:
    """The page of a network: territory by territory, then what it is asked for."""
    reseau = figures.reseau
    found = _wide("reseau", reseau.name, filters, region, reseau.pk, [figures.filled_at])
    rows = [
        ["Fiches", figures.contacts.text, ", ".join(figures.contacts.left_out)],
        ["Personnes réorientées", figures.reoriented.text, ", ".join(figures.reoriented.left_out)],
        ["Boucles fermées", figures.closed.text, ", ".join(figures.closed.left_out)],
    ]
    found.add("chiffres", Table("Chiffres clés", "Chiffres clés de la page", _KEY_COLUMNS, rows))
    add_all(found, [network_table(figures), figures.demandes])
    return found


def commission_export(figures: CommissionFigures, filters: Filters, region: Region) -> Export:
    """The page of a commission: its bassins side by side, by indicator, by value and by month."""
    commission = figures.commission
    filled = [bassin.release.filled_at for bassin in figures.bassins]
    found = _wide("commission", commission.name, filters, region, commission.pk, filled)
    add_all(found, [figures.compared, *figures.breakdowns])
    columns = [Column("Mois", "text", NUMBER_WIDTH)]
    lines: list[Sequence[Cell]] = []
    for bassin in figures.bassins:
        columns += [
            Column(f"{bassin.territory.name} {filters.year}", "count", NUMBER_WIDTH),
            Column(f"{bassin.territory.name} {filters.year - 1}", "count", NUMBER_WIDTH),
        ]
        empty = [Cell(None)] * 12
        lines += [bassin.release.months(), empty if bassin.before.empty else bassin.before.months()]
    rows = [[word, *(line[place] for line in lines)] for place, word in enumerate(MONTHS_SHORT)]
    found.add("mois", Table("Contacts par mois", "Contacts par mois", columns, rows))
    return found


_KEY_COLUMNS = (
    Column("Chiffre clé", "text", LABEL_WIDTH),
    Column("Valeur", "text", NUMBER_WIDTH),
    Column("Laissés de côté (masqués)", "text", 48),
)


def _wide(
    kind: str,
    name: str,
    filters: Filters,
    region: Region,
    pk: int,
    filled: Iterable[datetime.datetime | None],
) -> Export:
    oldest = min((at for at in filled if at is not None), default=None)
    notes = about(region, name, filters.words(), masking=why_masked(INSIDE), filled_at=oldest, more=[SUMS])
    return Export(stem(kind, name, filters), notes, kind, pk)


def _months(figures: RegionFigures, asked: Question) -> Table:
    """What the small curve of each line draws: twelve months in a row."""
    if asked.running:
        heads = [f"{MONTHS_SHORT[m]} {asked.year - 1}" for m in range(asked.closed, 12)]
        heads += [f"{MONTHS_SHORT[m]} {asked.year}" for m in range(asked.closed)]
    else:
        heads = [f"{word} {asked.year}" for word in MONTHS_SHORT]
    columns = [Column("Territoire", "text", LABEL_WIDTH), *(Column(h, "count", NUMBER_WIDTH) for h in heads)]
    rows = [[line.territory.name, *line.months] for line in figures.lines]
    return Table("Douze mois", "Contacts par territoire, sur douze mois", columns, rows)


def _map(territories: Sequence[Territory], shown: MapOf) -> Table:
    title = f"{shown.title} ({shown.unit})" if shown.unit else shown.title
    columns = (Column("Territoire", "text", LABEL_WIDTH), Column(title, "decimal", WORD_WIDTH))
    rows = [[territory.name, _mapped(shown, shown.values.get(territory.pk))] for territory in territories]
    return Table("Carte", f"Carte : {shown.title}", columns, rows)


def _mapped(shown: MapOf, value: object) -> object:
    """A share of the map reads in percent there too."""
    return round(value, max(shown.decimals, 1)) if isinstance(value, float) else value
