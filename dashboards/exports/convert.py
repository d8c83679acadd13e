"""From a table of a screen to a table of a file: same lines, same figures, no drawing."""

import datetime
import re
from collections.abc import Sequence
from typing import Protocol

from dashboards import indicators
from dashboards.services import tables
from dashboards.services.tables import BarOf, Kind, State, Value, WalkIn
from spo_portal.kernel.tables import Column, Note, Table
from spo_portal.kernel.typography import capital
from territories.hours import shown_share

# A bar repeats the figure beside it.
DRAWN = {Kind.BAR}
_KINDS: dict[Kind, str] = {Kind.COUNT: "count", Kind.HEAT: "count", Kind.SHARE: "share"}
LABEL_WIDTH, WORD_WIDTH, NUMBER_WIDTH = 38, 28, 14
_DAY, _MOMENT = re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"\d{4}-\d\d-\d\dT[\d:.+-]+")
_WHOLE = re.compile(r"\d[\d\u202f\xa0]*")


def leaving(table: tables.Table) -> Table:
    """A table of the screen as a file writes it: notes under its lines become a column."""
    kept = [place for place, column in enumerate(table.columns) if column.kind not in DRAWN]
    noted = any(row.note for row in table.rows)
    held = [[written(row.values[place]) for row in table.rows] for place in kept]
    dated = [_dated(values) for values in held]
    columns = [Column(table.head, "text", LABEL_WIDTH)]
    for place, (kind, _) in zip(kept, dated, strict=True):
        columns.append(_column(table.columns[place], kind))
    if noted:
        columns.append(Column("Précision", "text", WORD_WIDTH))
    rows = [
        [row.label, *(values[number] for _, values in dated), *([row.note] if noted else [])]
        for number, row in enumerate(table.rows)
    ]
    return Table(table.title, table.title, columns, rows, notes_of(table))


def _dated(values: list[object]) -> tuple[str, list[object]]:
    """Kind and values of a column of words that holds only days, or only moments: dates stay dates."""
    said = [value for value in values if value not in (None, "")]
    if said and all(isinstance(value, str) and _DAY.fullmatch(value) for value in said):
        return "date", [datetime.date.fromisoformat(str(value)) if value else None for value in values]
    if said and all(isinstance(value, str) and _MOMENT.fullmatch(value) for value in said):
        return "moment", [datetime.datetime.fromisoformat(str(v)) if v else None for v in values]
    return "", values


def _column(column: tables.Column, kind: str = "") -> Column:
    kind = kind or _KINDS.get(column.kind, "text")
    width = NUMBER_WIDTH if kind != "text" else WORD_WIDTH
    return Column(column.title, kind, max(width, min(len(column.title) + 2, WORD_WIDTH)))  # type: ignore[arg-type]


def written(value: Value) -> object:
    """A value of the screen as a cell: figures stay figures, a state is its word."""
    if isinstance(value, BarOf):
        return written(value.value)
    if isinstance(value, WalkIn):
        return shown_share(value.value)
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


class AnyBig(Protocol):
    """A big figure of any page: as it reads, what it is, the key of its definition."""

    @property
    def text(self) -> str: ...
    @property
    def what(self) -> str: ...
    @property
    def key(self) -> str: ...


def key_figures(lines: Sequence[tuple[AnyBig, str, str]]) -> Table | None:
    """The big figures at the top of a page (figure, comparison, why it is masked), as they read there."""
    if not lines:
        return None
    columns = [
        Column("Chiffre clé", "text", LABEL_WIDTH),
        Column("Valeur", "count", NUMBER_WIDTH),
        Column("Comparaison", "text", 48),
    ]
    explained = any(why for _, _, why in lines)
    if explained:
        columns.append(Column("Pourquoi masqué", "text", 48))
    rows = [
        [_named(big), _number(big.text), versus, *([why] if explained else [])] for big, versus, why in lines
    ]
    return Table("Chiffres clés", "Chiffres clés de la page", columns, rows)


def _named(big: AnyBig) -> str:
    """The name of the indicator: « 58 % de personnes réorientées » is « Part réorientée » in a column."""
    one = indicators.every().get(big.key)
    if one is None:
        return capital(big.what)
    return f"{one.label} ({big.what})" if "demande" in big.what else one.label


def _number(text: str) -> object:
    """« 1 284 » is a number for a spreadsheet too; « 58 % » stays as it reads."""
    return int(re.sub(r"\D", "", text)) if _WHOLE.fullmatch(text) else text
