"""Tables that leave the portal: CSV and XLSX that no spreadsheet will run, in constant memory."""

import datetime
import io
from collections.abc import Iterable, Sequence

import xlsxwriter

BOM = "\ufeff"
SEPARATOR = ";"
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(text: str) -> str:
    """Text a spreadsheet shows and never runs: what starts like a formula gets an apostrophe."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def safe_sql(expression: str) -> str:
    """The same rule inside a query, for exports that never pass through Python."""
    return (
        f"CASE WHEN left({expression}, 1) IN ('=', '+', '-', '@', chr(9), chr(13))"
        f" THEN '''' || {expression} ELSE {expression} END"
    )


def csv_line(cells: Iterable[object]) -> str:
    return SEPARATOR.join(_csv_cell(cell) for cell in cells) + "\n"


def _csv_cell(cell: object) -> str:
    text = "" if cell is None else safe_cell(str(cell))
    if any(mark in text for mark in (SEPARATOR, '"', "\n", "\r")):
        return '"' + text.replace('"', '""') + '"'
    return text


def workbook(
    sheets: Sequence[tuple[str, Sequence[str], Iterable[Sequence[object]], Sequence[int]]],
    *,
    text_rows: int = 0,
) -> bytes:
    """An XLSX of typed cells (dates are dates, numbers numbers, text always text), written row by row.

    Each sheet is (name, headers, rows, widths). ``text_rows`` formats that many empty rows of the first sheet
    as text, so that a template keeps « 1/2 » and « +26 » as they are typed.
    """
    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    as_text = book.add_format({"num_format": "@"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    for index, (name, headers, rows, widths) in enumerate(sheets):
        sheet = book.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width, as_text if index == 0 and text_rows else None)
        if headers:
            sheet.freeze_panes(1, 0)
            for column, title in enumerate(headers):
                sheet.write_string(0, column, title, head)
        number = 1 if headers else 0
        for row in rows:
            for column, value in enumerate(row):
                if value is None or value == "":
                    continue
                if isinstance(value, datetime.date):
                    sheet.write_datetime(
                        number, column, datetime.datetime.combine(value, datetime.time()), day
                    )
                elif isinstance(value, int) and not isinstance(value, bool):
                    sheet.write_number(number, column, value)
                else:
                    sheet.write_string(number, column, str(value), wrap if not headers else None)
            number += 1
    book.close()
    return target.getvalue()
