"""From a table of a screen to a table of a file: same lines, same figures, no drawing."""

from collections.abc import Iterable, Sequence

from dashboards import indicators
from dashboards.services import tables
from dashboards.services.headline import Big
from dashboards.services.tables import BarOf, Kind, State, Value
from spo_portal.kernel.tables import Column, Note, Table

# A bar repeats the figure beside it.
DRAWN = {Kind.BAR}
_KINDS: dict[Kind, str] = {Kind.COUNT: "count", Kind.HEAT: "count", Kind.SHARE: "share"}
LABEL_WIDTH, WORD_WIDTH, NUMBER_WIDTH = 38, 28, 14


def leaving(table: tables.Table) -> Table:
    """A table of the screen as a file writes it: notes under its lines become a column."""
    kept = [place for place, column in enumerate(table.columns) if column.kind not in DRAWN]
    noted = any(row.note for row in table.rows)
    columns = [
        Column(table.head, "text", LABEL_WIDTH),
        *(_column(table.columns[place]) for place in kept),
        *([Column("Précision", "text", WORD_WIDTH)] if noted else []),
    ]
    rows = [
        [
            row.label,
            *(written(row.values[place]) for place in kept),
            *([row.note] if noted else []),
        ]
        for row in table.rows
    ]
    return Table(table.title, table.title, columns, rows, notes_of(table))


def _column(column: tables.Column) -> Column:
    kind = _KINDS.get(column.kind, "text")
    width = NUMBER_WIDTH if kind != "text" else WORD_WIDTH
    return Column(column.title, kind, max(width, min(len(column.title) + 2, WORD_WIDTH)))  # type: ignore[arg-type]


def written(value: Value) -> object:
    """A value of the screen as a cell: figures stay figures, a state is its word."""
    if isinstance(value, BarOf):
        return written(value.value)
    return value.word if isinstance(value, State) else value


def notes_of(table: tables.Table) -> list[Note]:
    """What must be known to read the table: its definition, its note, the lines left out."""
    found: list[Note] = []
    if table.definition:
        found += definition(table.definition)
    if table.note:
        found.append(("Remarque", table.note))
    if table.hidden_zeros:
        found.append(("Lignes à zéro", f"{table.hidden_zeros}, non écrites"))
    return found


def definition(key: str) -> list[Note]:
    """Definition and source of an indicator or of a dimension; nothing when none is declared."""
    every = indicators.every()
    one = every.get(key) or indicators.breakdowns().get(key)
    return [("Définition", one.what), ("D’où", one.source)] if one else []


def key_figures(bigs: Sequence[Big]) -> Table | None:
    """The big figures at the top of a page, as they read there."""
    if not bigs:
        return None
    columns = [
        Column("Chiffre clé", "text", LABEL_WIDTH),
        Column("Valeur", "text", NUMBER_WIDTH),
        Column("Comparaison", "text", 48),
        Column("Pourquoi masqué", "text", 48),
    ]
    rows = [[big.what, big.text, " ; ".join(big.versus), big.reason] for big in bigs]
    return Table("Chiffres clés", "Chiffres clés de la page", columns, rows)


def figures_of(found: Iterable[Table]) -> list[tuple[str, str, str, object]]:
    """Every figure that a file gives: (table, line, column, what a reader sees). For those who attack it."""
    return [
        (table.title, str(row[0]), column.title, value)
        for table in found
        for row in table.rows
        for column, value in zip(table.columns[1:], row[1:], strict=True)  # type: ignore[index]
    ]
