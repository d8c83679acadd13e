"""CSV: pure data, one line per row, for French spreadsheets (« ; », decimal comma, byte-order mark)."""

import datetime
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

from .model import Note, Table, plain
from .names import file_stem, unique
from .safety import safe_cell

BOM = "\ufeff"
SEPARATOR = ";"
_BLOCK = 1 << 16


def csv_line(cells: Iterable[object], *, decimal: str = ",") -> str:
    """One line; numbers and dates as they are (ISO 8601), text like a formula after an apostrophe."""
    return SEPARATOR.join([_cell(cell, decimal) for cell in cells]) + "\n"


def _cell(cell: object, decimal: str) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        text = safe_cell(cell.replace("\x00", ""))
        if any(mark in text for mark in (SEPARATOR, '"', "\n", "\r")):
            return '"' + text.replace('"', '""') + '"'
        return text
    if isinstance(cell, float):
        return f"{cell:.10g}".replace(".", decimal) if abs(cell) < 1e10 else f"{cell:.0f}"
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    return str(cell) if isinstance(cell, int | datetime.date) else _cell(str(cell), decimal)


def csv_chunks(table: Table, *, decimal: str = ",") -> Iterator[str]:
    """The table as CSV, streamed: a head, then rows as they come, in blocks of about 64 kB.

    A share is a fraction of one (« 0,125 »), a masked cell the word « masqué ».
    """
    kinds = [column.kind for column in table.columns]
    waiting = [BOM, csv_line(column.title for column in table.columns)]
    size = 0
    for row in table.rows:
        line = csv_line([plain(*pair) for pair in zip(row, kinds, strict=True)], decimal=decimal)
        waiting.append(line)
        size += len(line)
        if size >= _BLOCK:
            yield "".join(waiting)
            waiting, size = [], 0
    yield "".join(waiting)


def notes_text(tables: Sequence[Table], notes: Sequence[Note]) -> str:
    """« lisez-moi.txt »: what a CSV can't say of itself."""
    lines = [f"{label} : {text}" for label, text in notes]
    for table in tables:
        lines += ["", table.title, *(f"{label} : {text}" for label, text in table.notes)]
        lines += [f"- {column.title}" for column in table.columns]
    return BOM + "\r\n".join(lines) + "\r\n"


def csv_zip(tables: Sequence[Table], notes: Sequence[Note], target: IO[bytes]) -> None:
    """A ZIP with one CSV per table and « lisez-moi.txt », written as the rows come."""
    taken: set[str] = set()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        archive.writestr("lisez-moi.txt", notes_text(tables, notes).encode())
        for table in tables:
            name = unique(file_stem(table.name), taken, 80)
            with archive.open(f"{name}.csv", "w", force_zip64=True) as raw:
                text = io.TextIOWrapper(raw, encoding="utf-8", newline="", write_through=True)
                for chunk in csv_chunks(table):
                    text.write(chunk)
                text.detach()
