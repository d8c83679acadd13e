"""XLSX with typed cells, written row by row: memory does not grow with the table."""

import datetime
import io
import tempfile
from collections.abc import Callable, Iterable, Sequence
from typing import IO, Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from .model import SHEET_ROWS, Column, Note, Table, TooManyRows, plain
from .names import sheet_name
from .safety import CELL_LENGTH, is_formula, legal

# Nothing is guessed from a text: neither formula, nor link, nor number.
_AS_TYPED = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_FORMATS = {
    "int": "# ##0",
    "count": "# ##0",
    "decimal": "# ##0.0",
    "amount": "# ##0.00",
    "share": "0.0 %",
    "date": "dd/mm/yyyy",
    "moment": "dd/mm/yyyy hh:mm",
}
_REMEMBERED = 5_000
Writer = Callable[[int, int, object], None]


class _Styles:
    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self.wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self.as_text = book.add_format({"num_format": "@"})
        # A text that looks like a formula stays a text even when somebody edits its cell.
        self.quoted = book.add_format({"quote_prefix": True, "num_format": "@"})
        self.kinds = {kind: book.add_format({"num_format": code}) for kind, code in _FORMATS.items()}


def xlsx_file(tables: Sequence[Table], notes: Sequence[Note], target: IO[bytes]) -> None:
    """Write ``tables`` and « Lisez-moi » into ``target`` (seekable); working files go even after an error.

    Raises TooManyRows past 1,048,575 rows in one table.
    """
    with tempfile.TemporaryDirectory(prefix="xlsx-") as folder:
        book = xlsxwriter.Workbook(target, {"constant_memory": True, "tmpdir": folder, **_AS_TYPED})
        styles, taken = _Styles(book), {"lisez-moi"}
        for table in tables:
            _sheet(book.add_worksheet(sheet_name(table.name, taken)), table, styles)
        _readme(book.add_worksheet("Lisez-moi"), tables, notes, styles)
        book.set_properties({"title": tables[0].title if tables else "Lisez-moi"})
        book.close()


def _sheet(sheet: Worksheet, table: Table, styles: _Styles) -> None:
    for index, column in enumerate(table.columns):
        sheet.set_column(index, index, column.width)
    sheet.freeze_panes(1, 0)
    for index, column in enumerate(table.columns):
        sheet.write_string(0, index, legal(column.title), styles.head)
    writers = [_writer(sheet, column, styles) for column in table.columns]
    number = 0
    for number, row in enumerate(table.rows, 1):
        if number > SHEET_ROWS:
            raise TooManyRows("Trop de lignes pour un tableur : choisissez le CSV.")
        for index, (write, value) in enumerate(zip(writers, row, strict=True)):
            if value is not None:
                write(number, index, value)
    if number:
        sheet.autofilter(0, 0, number, len(table.columns) - 1)


def _writer(sheet: Worksheet, column: Column, styles: _Styles) -> Writer:
    """How the cells of one column are written: decided once, not a million times."""
    style = styles.kinds.get(column.kind)
    string, number = sheet.write_string, sheet.write_number
    quoted = styles.quoted
    kind = column.kind
    # Texts already found harmless: names and labels come back thousands of times.
    harmless: set[object] = set()

    def text(row: int, index: int, value: object) -> None:
        if type(value) is str and value in harmless:
            string(row, index, value)
            return
        words = value if type(value) is str else str(plain(value, "text") or "")
        if not words:
            return
        if len(words) > CELL_LENGTH or not words.isprintable():
            words = legal(words)
        if is_formula(words):
            string(row, index, words, quoted)
            return
        string(row, index, words)
        if words is value and len(harmless) < _REMEMBERED and len(words) < 200:
            harmless.add(value)

    def typed(row: int, index: int, value: object) -> None:
        if type(value) is int and kind != "amount":
            number(row, index, value, style)
            return
        ready: Any = plain(value, kind)
        if ready is None:
            return
        if isinstance(ready, str):
            text(row, index, ready)
        elif isinstance(ready, datetime.datetime):
            sheet.write_datetime(row, index, ready, style)
        elif isinstance(ready, datetime.date):
            sheet.write_datetime(row, index, datetime.datetime.combine(ready, datetime.time()), style)
        else:
            number(row, index, ready, style)

    return text if column.kind == "text" else typed


def _readme(sheet: Worksheet, tables: Sequence[Table], notes: Sequence[Note], styles: _Styles) -> None:
    sheet.set_column(0, 0, 24, styles.bold)
    sheet.set_column(1, 1, 100, styles.wrap)
    lines: list[Note] = list(notes)
    for table in tables:
        lines += [(table.name, table.title), *table.notes]
    for row, (label, words) in enumerate(lines):
        sheet.write_string(row, 0, legal(label), styles.bold)
        sheet.write_string(row, 1, legal(words), styles.wrap)


def workbook(
    sheets: Sequence[tuple[str, Sequence[str], Iterable[Sequence[object]], Sequence[int]]],
    *,
    text_rows: int = 0,
) -> bytes:
    """A small workbook of plain cells, in memory: the models people fill in.

    Each sheet is (name, headers, rows, widths). ``text_rows`` formats that many empty rows of the first sheet
    as text, so that a template keeps « 1/2 » and « +26 » as they are typed.
    """
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"constant_memory": True, **_AS_TYPED})
    styles = _Styles(book)
    for index, (name, headers, rows, widths) in enumerate(sheets):
        sheet = book.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width, styles.as_text if index == 0 and text_rows else None)
        if headers:
            sheet.freeze_panes(1, 0)
            for column, title in enumerate(headers):
                sheet.write_string(0, column, title, styles.head)
        base: Format | None = None if headers else styles.wrap
        for number, row in enumerate(rows, 1 if headers else 0):
            for column, value in enumerate(row):
                if value is None or value == "":
                    continue
                if isinstance(value, datetime.date):
                    sheet.write_datetime(number, column, value, styles.kinds["date"])
                elif isinstance(value, int) and not isinstance(value, bool):
                    sheet.write_number(number, column, value)
                else:
                    sheet.write_string(number, column, legal(str(value)), base)
    book.close()
    return target.getvalue()
