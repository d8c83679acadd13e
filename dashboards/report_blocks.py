"""What a report is made of: sentences, key figures, tables, charts, maps. Plain values, ready for JSON.

One composition is drawn by the screen, the PDF and the workbook, and frozen as it is. A number is an int or a
float of one decimal, None when there is none, and HIDDEN when it is masked: a reader of the frozen data
learns no more than a reader of the page.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any, Literal

from spo_portal.kernel.privacy import Cell, Share

HIDDEN = "n.c."
Value = int | float | str | None
ColumnKind = Literal["text", "count", "percent", "hours", "ratio", "days"]


@dataclass(frozen=True)
class Text:
    """One paragraph."""

    words: str
    kind: str = "text"


@dataclass(frozen=True)
class KeyFigure:
    value: str
    label: str
    detail: str = ""


@dataclass(frozen=True)
class Keys:
    """A row of key figures, four at most."""

    items: tuple[KeyFigure, ...]
    kind: str = "keys"


@dataclass(frozen=True)
class Column:
    label: str
    kind: ColumnKind = "count"


@dataclass(frozen=True)
class Table:
    """Rows start with their label. ``total``: the last row is one. ``long`` ones break and repeat their
    head.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    total: bool = False
    long: bool = False
    note: str = ""
    kind: str = "table"

    @property
    def masked(self) -> bool:
        return any(value == HIDDEN for row in self.rows for value in row[1:])


@dataclass(frozen=True)
class Chart:
    """Bars of one or two series over the same names; drawn beside the table ``table``."""

    key: str
    form: Literal["months", "bars"]
    title: str
    names: tuple[str, ...]
    series: tuple[tuple[str, tuple[Value, ...]], ...]
    table: str
    unit: str = ""
    kind: str = "chart"


@dataclass(frozen=True)
class Map:
    """A figure for each territory of the region (by its id), one of them outlined."""

    key: str
    title: str
    values: dict[str, Value]
    table: str
    mark: int | None = None
    unit: str = ""
    kind: str = "map"


Block = Text | Keys | Table | Chart | Map
_BLOCKS: dict[str, type[Block]] = {"text": Text, "keys": Keys, "table": Table, "chart": Chart, "map": Map}


@dataclass(frozen=True)
class Quote:
    """A comment of a report, quoted in the regional synthesis."""

    source: str
    words: str


@dataclass(frozen=True)
class Section:
    """One part as it is printed. ``comment`` is plain text of several paragraphs."""

    key: str
    title: str
    blocks: tuple[Block, ...] = ()
    comment: str = ""
    comment_by: str = ""
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True)
class Document:
    """A report or a synthesis, before it is drawn. ``facts`` are the lines of the cover, in order."""

    kind: Literal["rapport", "synthese"]
    region: str
    place: str
    year: int
    filled_at: str
    sections: tuple[Section, ...]
    facts: tuple[tuple[str, str], ...] = ()
    mark: int | None = None
    annexes: tuple[dict[str, Any], ...] = ()
    signature: dict[str, Any] = field(default_factory=dict)

    def tables(self) -> list[Table]:
        return [block for section in self.sections for block in section.blocks if isinstance(block, Table)]

    @property
    def masked(self) -> bool:
        return any(table.masked for table in self.tables())


def canonical(document: Document) -> str:
    """The one way to write a document as JSON, so that its fingerprint can be computed again."""
    return json.dumps(asdict(document), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def fingerprint(text: str) -> str:
    """SHA-256 of a frozen text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def thawed(text: str) -> Document:
    """The document of a frozen version."""
    raw = json.loads(text)
    sections = tuple(_section(item) for item in raw.pop("sections"))
    raw["facts"] = tuple((label, words) for label, words in raw["facts"])
    raw["annexes"] = tuple(raw["annexes"])
    return Document(sections=sections, **raw)


def _section(raw: dict[str, Any]) -> Section:
    blocks = tuple(_block(item) for item in raw.pop("blocks"))
    quotes = tuple(Quote(**item) for item in raw.pop("quotes"))
    return Section(blocks=blocks, quotes=quotes, **raw)


def _block(raw: dict[str, Any]) -> Block:
    kind = raw["kind"]
    if kind == "keys":
        raw["items"] = tuple(KeyFigure(**item) for item in raw["items"])
    elif kind == "table":
        raw["columns"] = tuple(Column(**item) for item in raw["columns"])
        raw["rows"] = tuple(tuple(row) for row in raw["rows"])
    elif kind == "chart":
        raw["names"] = tuple(raw["names"])
        raw["series"] = tuple((name, tuple(values)) for name, values in raw["series"])
    return _BLOCKS[kind](**raw)


def shown(value: Cell | Share | Fraction | int | float | None) -> Value:
    """A published figure as a plain value; a share is in percent with one decimal."""
    if isinstance(value, Cell | Share) and value.masked:
        return HIDDEN
    if isinstance(value, Cell):
        return value.value
    if isinstance(value, Share):
        return None if value.value is None else percent_of(value.value)
    if isinstance(value, Fraction):
        return round(float(value), 1)
    return value


def percent_of(share: Fraction | None) -> float | None:
    """A part of one, in percent with one decimal."""
    return None if share is None else round(float(share) * 100, 1)


def rows(lines: Iterable[Iterable[Value]]) -> tuple[tuple[Value, ...], ...]:
    return tuple(tuple(line) for line in lines)
