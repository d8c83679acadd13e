"""Files people deposit: every dialect read, every trap refused with one clear sentence, in bounded time and
memory.
"""

import io
import time
import zipfile
from collections.abc import Callable

import openpyxl
import pytest
import xlsxwriter

from spo_portal.kernel import sheets
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.sheets import Sheet, looks_like_formula
from spo_portal.kernel.tables import csv_line, safe_cell, workbook
from spo_portal.kernel.transfer import Column, Resource

MAX_ROWS = 50
CELL = '<c r="{0}" t="inlineStr"><is><t>{1}</t></is></c>'


def read(content: bytes) -> Sheet:
    return sheets.read(content, max_rows=MAX_ROWS, max_bytes=5 * 1024 * 1024)


def plain_xlsx(rows: list[list[object]] | None = None) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"strings_to_formulas": False})
    sheet = book.add_worksheet("Fiches")
    for r, row in enumerate(rows or [["a", "b"], ["1", "2"]]):
        for c, value in enumerate(row):
            sheet.write(r, c, value)
    book.close()
    return target.getvalue()


def altered(
    change: dict[str, bytes | Callable[[bytes], bytes]],
    *,
    extra: dict[str, bytes] | None = None,
    base: bytes | None = None,
) -> bytes:
    """A workbook with some of its parts changed or added."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(base or plain_xlsx())) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out,
    ):
        for member in source.infolist():
            data = source.read(member)
            new = change.get(member.filename)
            if new is not None:
                data = new(data) if callable(new) else new
            out.writestr(member.filename, data)
        for name, data in (extra or {}).items():
            out.writestr(name, data)
    return target.getvalue()


def sheet_with(cells: str, head: str = "") -> bytes:
    """A sheet whose XML is written by hand."""
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?><worksheet '
        'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"{head}<sheetData>{cells}</sheetData></worksheet>"
    )
    return altered({"xl/worksheets/sheet1.xml": xml.encode()})


def row(number: int, *cells: str) -> str:
    return f'<row r="{number}">' + "".join(cells) + "</row>"


def two(number: int) -> str:
    return row(number, CELL.format(f"A{number}", "a"), CELL.format(f"B{number}", "b"))


def formula_xlsx() -> bytes:
    target = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    book.active.append(["=1+1", "x"])
    book.save(target)
    return target.getvalue()


def bomb() -> bytes:
    return altered({}, extra={"xl/worksheets/sheet2.xml": b"<worksheet>" + b" " * (60 * 1024 * 1024)})


def lying_bomb() -> bytes:
    """The declared size says 10 bytes; the part unpacks to much more."""
    content = bytearray(altered({}, extra={"xl/media.xml": b"<a>" + b"x" * 1_000_000}))
    at = content.rfind(b"xl/media.xml") - 46
    content[at + 24 : at + 28] = (10).to_bytes(4, "little")
    return bytes(content)


GOOD = {
    "comma": b"a,b\n1,2\n",
    "semicolon": b"a;b\r\n1;2\r\n",
    "tab": b"a\tb\n1\t2\n",
    "bom": b"\xef\xbb\xbfa;b\n1;2\n",
    "utf16": "a\tb\n1\t2\n".encode("utf-16"),
    "mac line ends": b"a;b\r1;2\r",
    "mixed line ends": b"a;b\r\n1;2\n3;4\r",
    "no last line end": b"a;b\n1;2",
    "quotes": b'"a";"b"\n"1";"2"\n',
    "excel hint": b"sep=;\na;b\n1;2\n",
    "blank lines": b"\n\na;b\n;\n1;2\n\n",
    "trailing separators": b"a;b;;\n1;2;;\n",
    "upper case titles": b"A;B\n1;2\n",
    "xlsx": plain_xlsx(),
    "false dimension": altered(
        {"xl/worksheets/sheet1.xml": lambda x: x.replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"')}
    ),
    "hyperlink": sheet_with(
        row(1, CELL.format("A1", "a"), CELL.format("B1", "b"))
        + row(2, CELL.format("A2", "1"), CELL.format("B2", "2"))
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_usual_dialects_are_read(name: str) -> None:
    sheet = read(GOOD[name])
    assert sheet.headers == ("a", "b")
    assert sheet.rows[0][1] == ("1", "2")


def test_latin_1_keeps_its_accents() -> None:
    assert read("a;b\nété;1\n".encode("cp1252")).rows[0][1][0] == "été"


def test_line_numbers_are_those_people_see() -> None:
    sheet = read(b'a;b\n"x\ny";2\n\n3;4\n')
    assert [line for line, _ in sheet.rows] == [2, 5]


def test_numbers_and_dates_of_a_workbook_come_as_typed() -> None:
    import datetime

    target = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["a", "b", "c"])
    book.active.append([3, datetime.date(2026, 11, 24), 1.5])
    book.save(target)
    assert read(target.getvalue()).rows[0][1] == ("3", "2026-11-24", "1.5")


BAD: dict[str, bytes] = {
    "empty": b"",
    "only blanks": b"\r\n \n",
    "only titles": b"a;b\n",
    "nul byte": b"a;b\n1;\x002\n",
    "control character": b"a;b\n1;\x072\n",
    "unclosed quote": b'a;b\n1;"2\n3;4\n',
    "quote in the middle": b'a;b\n"1"x;2\n',
    "same title twice": b"a;a\n1;2\n",
    "title missing": b"a;;c\n1;2;3\n",
    "more cells than titles": b"a;b\n1;2;3\n",
    "41 columns": (";".join(f"c{n}" for n in range(41)) + "\n" + ";".join("1" * 41) + "\n").encode(),
    "1 000 columns": (";".join(f"c{n}" for n in range(1000)) + "\n").encode() * 2,
    "too many rows": b"a;b\n" + b"1;2\n" * (MAX_ROWS + 1),
    "far too many rows": b"a;b\n" + b"1;2\n" * 100_000,
    "huge cell": b"a;b\n1;" + b"x" * 200_000 + b"\n",
    "long cell": b"a;b\n1;" + b"x" * 1001 + b"\n",
    "utf-16 broken": b"\xff\xfea\x00;\x00b\x00\n",
    "pdf": b"%PDF-1.7\n1 0 obj\n",
    "png": b"\x89PNG\r\n\x1a\n\x00\x00\x00",
    "html": b"<!doctype html><html><table><tr><td>a</td></tr></table>",
    "xml": b"<?xml version='1.0'?><a/>",
    "old xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
    "too big": b"a;b\n" + b"1;2\n" * 1_400_000,
    "not a zip": b"PK\x03\x04nothing",
    "cut zip": plain_xlsx()[:-200],
    "zip of something else": altered({}, base=None, extra=None)[:0] or b"PK",
    "docx like": altered({"[Content_Types].xml": b"<Types/>"}, extra={"evil.zip": b"PK"}),
    "macro": altered({}, extra={"xl/vbaProject.bin": b"macro"}),
    "macro type": altered(
        {"[Content_Types].xml": lambda x: x.replace(b"sheet.main", b"sheet.macroEnabled.main")}
    ),
    "excel 4 macros": altered({}, extra={"xl/macrosheets/sheet1.xml": b"<a/>"}),
    "external link": altered({}, extra={"xl/externalLinks/externalLink1.xml": b"<a/>"}),
    "external relation": altered(
        {
            "xl/_rels/workbook.xml.rels": lambda x: x.replace(
                b"</Relationships>",
                b'<Relationship Id="rX" Type="http://x/externalLinkPath" Target="http://192.0.2.1/x" '
                b'TargetMode="External"/></Relationships>',
            )
        }
    ),
    "embedded file": altered({}, extra={"xl/embeddings/oleObject1.bin": b"x"}),
    "data connection": altered({}, extra={"xl/connections.xml": b"<a/>"}),
    "path climbing": altered({}, extra={"../../etc/cron.xml": b"<a/>"}),
    "same member twice": altered({}, extra={"XL/worksheets/sheet1.xml": b"<a/>"}),
    "300 members": altered({}, extra={f"xl/x{n}.xml": b"<a/>" for n in range(300)}),
    "nested archive": altered({}, extra={"xl/media/more.xlsx": b"PK"}),
    "bomb": bomb(),
    "lying bomb": lying_bomb(),
    "formula": formula_xlsx(),
    "doctype": altered({"xl/workbook.xml": lambda x: b'<!DOCTYPE a [<!ENTITY b "c">]>' + x}),
    "utf-16 part": altered({"xl/worksheets/sheet1.xml": "<worksheet/>".encode("utf-16")}),
    "far cell": sheet_with(two(1) + row(1048576, CELL.format("XFD1048576", "x"))),
    "far row": sheet_with(two(1) + row(900000, CELL.format("A900000", "x"))),
    "hidden reference": sheet_with(two(1) + row(2, CELL.format("&#88;FD1048576", "x"))),
    "no reference": sheet_with('<row><c t="inlineStr"><is><t>a</t></is></c></row>'),
    "wide": sheet_with(row(1, CELL.format("AZ1", "x"))),
    "a million cells": sheet_with("".join(two(1) for _ in range(20_000))),
    "repeated long string": altered(
        {"xl/sharedStrings.xml": b"<sst><si><t>" + b"x" * 500_000 + b"</t></si></sst>"}
    ),
    "broken xml": altered({"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row"}),
    "broken workbook": altered({"xl/workbook.xml": b"<workbook><sheets>"}),
}


@pytest.mark.parametrize("name", BAD)
def test_traps_are_refused_with_a_sentence(name: str) -> None:
    start = time.process_time()
    with pytest.raises(Refused) as refused:
        read(BAD[name])
    assert refused.value.field == "fichier"
    assert str(refused.value).endswith((".", "»."))
    assert time.process_time() - start < 5


def test_a_formula_is_told_from_a_value() -> None:
    for text in ("=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd|x", "\t=1"):
        assert looks_like_formula(text), text
    for text in ("", "-26", "+26", "- reprise d’études", "CAP = 2 ans"):
        assert not looks_like_formula(text), text


class _Two(Resource):
    required = ("a",)
    a = Column("a", int)
    b = Column("b", str.upper)

    def check_row(self, row) -> None:  # type: ignore[no-untyped-def]
        if row.a == 13:
            raise Refused("Pas treize.", "b")


def test_all_the_errors_of_a_file_are_told_at_once() -> None:
    reading = _Two().read(read(b"b;a\nx;1\ny;deux\nz;13\n=A1;quatre\n"))
    assert [(e.line, e.column) for e in reading.errors] == [(3, "a"), (4, "b"), (5, "a"), (5, "b")]
    assert [(r.line, r.a, r.b) for r in reading.rows] == [(2, 1, "X")]  # type: ignore[attr-defined]


@pytest.mark.parametrize("content", [b"a;nom\n1;x\n", b"b\nx\n"])
def test_unknown_and_missing_columns_stop_at_once(content: bytes) -> None:
    with pytest.raises(Refused, match="olonne"):
        _Two().read(read(content))


def test_a_bug_of_ours_is_not_a_fault_of_the_file() -> None:
    class Broken(_Two):
        def check_row(self, row) -> None:  # type: ignore[no-untyped-def]
            raise KeyError("bug")

    with pytest.raises(KeyError):
        Broken().read(read(b"a\n1\n"))


def test_what_leaves_is_never_run() -> None:
    for text in ("=1", "+1", "-1", "@x", "\tx", "\rx"):
        assert safe_cell(text).startswith("'")
    assert csv_line(["=1;2", 'a"b', None, 3]) == '"\'=1;2";"a""b";;3\n'
    content = workbook([("S", ["t"], [["=1+1"], [12], ["@x"]], [10])])
    cells = [c for r in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(min_row=2) for c in r]
    assert [(c.value, c.data_type) for c in cells] == [("=1+1", "s"), (12, "n"), ("@x", "s")]
