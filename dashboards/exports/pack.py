"""The file for the CCREFP or CREFOP: the regional synthesis and the figures of every territory.

It leaves the region's teams: only figures that anyone may read go in it (cells of 1 to 10 are hidden).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dashboards import indicators
from dashboards.computing import Figure, figure
from dashboards.enums import Dimension
from dashboards.exports.convert import LABEL_WIDTH, NUMBER_WIDTH, WORD_WIDTH, definition
from dashboards.exports.lists import labels_sheet
from dashboards.indicators import Unit
from dashboards.services.labels import Labels
from dashboards.services.release import Release, total_of
from labelling.services.tables import LabelTable
from spo_portal.kernel.privacy import Cell, Share
from spo_portal.kernel.tables import Column, Note, Table
from spo_portal.kernel.typography import MONTHS_SHORT

INDICATORS = (
    "contacts", "reorientes", "boucles_fermees", "jamais_venue", "delai_arrivee", "saisie_tardive",
)  # fmt: skip
# One sheet each, a column per value.
SHEETS = (
    Dimension.ISSUE, Dimension.DEMANDE, Dimension.REPONSE, Dimension.STATUT, Dimension.AGE, Dimension.SEXE,
    Dimension.CANAL, Dimension.SAISIE, Dimension.SUITE, Dimension.DESTINATION,
)  # fmt: skip
# One line per value: their columns would be too many.
CROSSED = (
    Dimension.STATUT_AGE, Dimension.DEMANDE_REPONSE, Dimension.DEMANDE_STATUT, Dimension.DEMANDE_ISSUE,
)  # fmt: skip
TOTAL = "Région : somme des nombres montrés"


@dataclass
class Pack:
    """Tables of a year, filled one territory at a time: only their cells are kept."""

    year: int
    words: Labels
    names: list[str] = field(default_factory=list)
    figures: list[list[object]] = field(default_factory=list)
    months: list[list[Cell]] = field(default_factory=list)
    cells: dict[str, list[dict[str, Cell]]] = field(default_factory=dict)
    reseaux: list[dict[str, Cell]] = field(default_factory=list)
    crossed: list[list[object]] = field(default_factory=list)

    def take(self, name: str, release: Release) -> None:
        """Keep what a territory shows for the year."""
        self.names.append(name)
        self.figures.append([typed(figure(key, release)) for key in INDICATORS])
        self.months.append([Cell(None)] * 12 if release.filled_at is None else release.months())
        for dimension in SHEETS:
            self.cells.setdefault(dimension, []).append(release.values(dimension))
        self.reseaux.append({key: release.cell(Dimension.CONTACTS, reseau=key) for key in release.keys("r")})
        for dimension in CROSSED:
            known = self.words.of(dimension)
            for value, cell in sorted(release.values(dimension).items()):
                self.crossed.append([name, str(dimension.label), known.get(value, value), cell])

    def tables(self, labels: LabelTable) -> list[Table]:
        """Every table, in the order of the file."""
        found = [self._indicators(), self._by_month()]
        found += [self._sheet(dimension) for dimension in SHEETS]
        found.append(
            self._wide(
                "Réseaux", "Contacts par territoire et par réseau", self.words.reseaux, self.reseaux, []
            )
        )
        columns = (
            Column("Territoire", "text", LABEL_WIDTH), Column("Croisement", "text", WORD_WIDTH),
            Column("Valeur", "text", 48), Column("Fiches", "count", NUMBER_WIDTH),
        )  # fmt: skip
        found.append(Table("Croisements", "Deux réponses d’une même fiche", columns, self.crossed))
        found.append(labels_sheet(labels))
        return [table for table in found if table.rows]

    def _indicators(self) -> Table:
        sheets = [indicators.get(key) for key in INDICATORS]
        columns = [Column("Territoire", "text", LABEL_WIDTH)]
        columns += [
            Column(sheet.label, "share" if sheet.unit == Unit.PERCENT else "decimal", WORD_WIDTH)
            for sheet in sheets
        ]
        rows = [[name, *values] for name, values in zip(self.names, self.figures, strict=True)]
        return Table("Territoires", f"Les territoires en {self.year}", columns, rows)

    def _by_month(self) -> Table:
        columns = [Column("Territoire", "text", LABEL_WIDTH), *(Column(m, "count", 10) for m in MONTHS_SHORT)]
        rows: list[list[object]] = [[n, *cells] for n, cells in zip(self.names, self.months, strict=True)]
        rows.append([TOTAL, *(summed([cells[place] for cells in self.months]) for place in range(12))])
        return Table("Mois", f"Contacts par mois en {self.year}", columns, rows)

    def _sheet(self, dimension: Dimension) -> Table:
        title = f"{dimension.label}, par territoire, en {self.year}"
        return self._wide(
            str(dimension.label),
            title,
            self.words.of(dimension),
            self.cells[dimension],
            definition(dimension),
        )

    def _wide(
        self,
        name: str,
        title: str,
        words: dict[str, str],
        held: Sequence[dict[str, Cell]],
        notes: list[Note],
    ) -> Table:
        """A line per territory, a column per value used somewhere, then sums and whom they leave out."""
        used = {value for cells in held for value, cell in cells.items() if cell.masked or cell.value}
        order = [value for value in words if value in used]
        order += sorted(used - set(order))
        columns = [Column("Territoire", "text", LABEL_WIDTH)]
        columns += [Column(words.get(value, value), "count", WORD_WIDTH) for value in order]
        if not order:
            return Table(name, title, columns, [])
        rows: list[list[object]] = [
            [place, *(cells.get(value, Cell(0)) for value in order)]
            for place, cells in zip(self.names, held, strict=True)
        ]
        sums = [
            total_of((n, cells.get(value, Cell(0))) for n, cells in zip(self.names, held, strict=True))
            for value in order
        ]
        rows.append([TOTAL, *(summed([cells.get(value, Cell(0)) for cells in held]) for value in order)])
        outside = [
            (f"Somme « {words.get(value, value)} »", f"hors {', '.join(one.left_out)} (masqué)")
            for value, one in zip(order, sums, strict=True)
            if one.left_out
        ]
        return Table(name, title, columns, rows, [*notes, *outside])


def summed(cells: Sequence[Cell]) -> Cell:
    """The sum of shown counts; masked when all are, without a figure when none has one."""
    if any(cell.value is not None for cell in cells):
        return total_of(("", cell) for cell in cells).cell
    return Cell(None, any(cell.masked for cell in cells))


def typed(found: Figure) -> object:
    """An indicator as a cell: a percentage is a share, a masked one says so."""
    if found.masked:
        return Share(None, True, found.reason)
    if found.value is None:
        return None
    if found.indicator.unit == Unit.PERCENT:
        return Share(found.value / 100)
    return int(found.value) if found.indicator.unit == Unit.FICHES else round(float(found.value), 1)


def dictionary() -> Table:
    """Every indicator with its definition sheet."""
    columns = (
        Column("Clé", "text", 24),
        Column("Indicateur", "text", LABEL_WIDTH),
        Column("Ce qu’il compte", "text", 60),
        Column("D’où", "text", 48),
        Column("Unité", "text", 16),
        Column("Masquage", "text", 60),
        Column("Depuis", "text", 40),
    )
    rows = [
        [one.key, one.label, one.what, one.source, str(one.unit), one.masking, one.since]
        for one in indicators.every().values()
    ]
    return Table("Dictionnaire", "Définitions des indicateurs", columns, rows)


METHODS = (
    "Méthodes",
    "Ce qui est compté. Une fiche contact par personne reçue, quel que soit le lieu ou le canal ; elle"
    " est anonyme. Elle compte au jour de l’accueil, à l’heure de Paris : une fiche du 31 décembre à 23"
    " h 30 compte dans l’année qui finit. Une fiche porte un statut, une ou plusieurs demandes, et des"
    " réponses.",
    "Quand. Un mois se clôt le {closes_on} du mois suivant. Une fiche corrigée après cette date change"
    " le chiffre, et la correction est dite sur les écrans. Une année en cours compte depuis le 1er"
    " janvier.",
    "Les petits nombres. {masking} « masqué » est écrit en toutes lettres ; un zéro est un vrai zéro ;"
    " une cellule vide dit qu’il n’y a pas de chiffre.",
    "Les sommes de la région n’ajoutent que les nombres montrés par les territoires : ce sont des"
    " minimums. Les territoires laissés de côté sont nommés dans « Lisez-moi », tableau par tableau.",
    "Les parts se lisent en fraction de un dans les CSV (0,125 pour 12,5 %), en pourcentage dans le"
    " classeur.",
    "Vérifier. SHA256SUMS donne l’empreinte de chaque fichier (« sha256sum -c SHA256SUMS »).",
)


def methods(masking: str, closes_on: int) -> str:
    """How the figures are made, for whoever did not take part."""
    return "\r\n\r\n".join(METHODS).format(masking=masking, closes_on=closes_on) + "\r\n"
