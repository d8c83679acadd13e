"""A report ready to be laid out: parts, figures and tables numbered, values written in French, charts drawn.

The printed page and the screen use the same drawn parts; only maps differ (the screen's follow its style
sheet).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dashboards.documents.report_charts import alt_of, chart_svg, map_svg
from dashboards.report_blocks import (
    HIDDEN,
    Chart,
    Column,
    Document,
    Keys,
    Map,
    Quote,
    Section,
    Table,
    Text,
    Value,
)
from spo_portal.kernel.maps import Ground, draw
from spo_portal.kernel.privacy import Cell
from spo_portal.kernel.typography import NBSP, capital, no_break, number

WIDE, NUMERIC = 9, {"count", "percent", "ratio", "days", "hours"}
# A table this long is cut between pages even when it is not declared long.
WHOLE_ROWS = 22


@dataclass
class DrawnCell:
    text: str
    css: str = ""


@dataclass
class DrawnBlock:
    """One block as a template lays it out; only the fields of its kind are filled."""

    kind: str
    words: str = ""
    items: tuple[object, ...] = ()
    caption: str = ""
    ident: str = ""
    svg: str = ""
    key: str = ""
    columns: list[DrawnCell] = field(default_factory=list)
    rows: list[tuple[DrawnCell, list[DrawnCell], bool]] = field(default_factory=list)
    css: str = ""
    note: str = ""


@dataclass
class DrawnSection:
    key: str
    number: int
    title: str
    blocks: list[DrawnBlock]
    paragraphs: list[str]
    comment_by: str
    quotes: tuple[Quote, ...]
    section: Section

    @property
    def ident(self) -> str:
        return f"partie-{self.key}"

    @property
    def heading(self) -> str:
        return f"{self.number}. {self.title}"


def written(value: Value, column: Column) -> str:
    """A value in its column: « 1 284 », « 57,1 % », « n.c. », « – »."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if column.kind == "percent":
        return number(value, 1) + f"{NBSP}%"
    if column.kind in ("ratio", "days") and isinstance(value, float):
        return number(value, 1)
    return number(value)


def draw_document(
    document: Document, *, colour: str, ground: Ground | None, names: Mapping[str, str], screen: bool = False
) -> list[DrawnSection]:
    """Every part, in order. ``ground`` and ``names`` (territory id to name) are for its maps."""
    numbers = {"table": 0, "figure": 0}
    sections = []
    for place, section in enumerate(document.sections, 1):
        tables = _numbered(section, numbers)
        blocks = []
        for block in section.blocks:
            drawn = _draw(block, section.key, tables, numbers, colour, ground, names, screen)
            if drawn is not None:
                blocks.append(drawn)
        paragraphs = [line for line in section.comment.split("\n") if line.strip()]
        sections.append(
            DrawnSection(
                section.key,
                place,
                section.title,
                blocks,
                paragraphs,
                section.comment_by,
                section.quotes,
                section,
            )
        )
    return sections


def _numbered(section: Section, numbers: dict[str, int]) -> dict[str, int]:
    """Numbers of the tables of a part, known before its charts are drawn: their Alt names them."""
    found = {}
    for block in section.blocks:
        if isinstance(block, Table):
            numbers["table"] += 1
            found[block.key] = numbers["table"]
    return found


def _draw(
    block: object,
    section: str,
    tables: dict[str, int],
    numbers: dict[str, int],
    colour: str,
    ground: Ground | None,
    names: Mapping[str, str],
    screen: bool,
) -> DrawnBlock | None:
    if isinstance(block, Text):
        return DrawnBlock("text", words=no_break(block.words))
    if isinstance(block, Keys):
        return DrawnBlock("keys", items=block.items)
    if isinstance(block, Table):
        return _table(block, section, tables[block.key])
    if isinstance(block, Chart | Map):
        if isinstance(block, Map) and (ground is None or len(ground) < 2):
            return None
        numbers["figure"] += 1
        twin = f"Données dans le tableau {tables[block.table]}." if block.table in tables else ""
        alt = alt_of(block, twin, dict(names))
        drawn = DrawnBlock(block.kind, caption=f"Figure {numbers['figure']}. {block.title.rstrip('.')}.")
        if isinstance(block, Chart):
            drawn.svg = chart_svg(block, alt=alt, colour=colour)
        elif screen:
            made = draw(
                ground,  # type: ignore[arg-type]
                {
                    int(key): Cell(None, True, HIDDEN) if value == HIDDEN else value
                    for key, value in block.values.items()
                },  # type: ignore[misc]
                ident=f"carte-{block.key}",
                title=block.title,
                unit=block.unit,
                decimals=1,
                mark=block.mark,
            )
            drawn.svg, drawn.key = made.svg, made.key
        else:
            drawn.svg = map_svg(block, ground, alt=alt)  # type: ignore[arg-type]
        return drawn
    return None


def _table(table: Table, section: str, place: int) -> DrawnBlock:
    numeric = [column.kind in NUMERIC for column in table.columns]
    columns = [
        DrawnCell(column.label, "num" if is_number else "")
        for column, is_number in zip(table.columns, numeric, strict=True)
    ]
    rows = []
    for at, row in enumerate(table.rows):
        total = table.total and at == len(table.rows) - 1
        cells = [
            DrawnCell(written(value, column), ("nc" if value == HIDDEN else "num" if is_number else ""))
            for value, column, is_number in zip(row[1:], table.columns[1:], numeric[1:], strict=True)
        ]
        rows.append((DrawnCell(capital(str(row[0]))), cells, total))
    css = ["dense"] if len(columns) > WIDE else []
    if not (table.long or len(table.rows) > WHOLE_ROWS):
        css.append("entier")
    if len(columns) <= 3 and all(numeric[1:]):
        css.append("etroit")
    if sum(not is_number for is_number in numeric) >= 3:
        css.append("mots")
    note = table.note
    if table.masked:
        note = f"{note} n.c.{NBSP}: non communiqué, voir «{NBSP}Comment lire ce document{NBSP}».".strip()
    return DrawnBlock(
        "table",
        caption=f"Tableau {place}. {table.title.rstrip('.')}.",
        ident=f"tableau-{section}-{table.key}",
        columns=columns,
        rows=rows,
        css=" ".join(css),
        note=note,
    )
