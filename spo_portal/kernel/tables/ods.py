"""ODS (OpenDocument 1.3) with typed cells, written as the rows come: memory does not grow with the table.

Source: OASIS, OpenDocument v1.3, part 2 (packages) and part 3 (schema).
"""

import datetime
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import IO
from xml.sax.saxutils import escape, quoteattr

from .model import SHEET_ROWS, Column, Note, Table, TooManyRows, plain
from .names import sheet_name
from .safety import CELL_LENGTH, is_formula, legal

_MIME = "application/vnd.oasis.opendocument.spreadsheet"
_BLOCK = 1 << 16
_NAMESPACES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
    for short, long in (
        ("office", "office"),
        ("style", "style"),
        ("text", "text"),
        ("table", "table"),
        ("number", "datastyle"),
        ("fo", "xsl-fo-compatible"),
    )
)
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_MANIFEST = (
    f'{_HEAD}<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
    ' manifest:version="1.3">'
    f'<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{_MIME}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    '<manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/>'
    "</manifest:manifest>"
)
_STYLES = (
    f'{_HEAD}<office:document-styles {_NAMESPACES} office:version="1.3"><office:styles>'
    '<style:default-style style:family="table-cell"><style:text-properties fo:language="fr"'
    ' fo:country="FR"/></style:default-style></office:styles></office:document-styles>'
)
_DAY = (
    '<number:day number:style="long"/><number:text>/</number:text><number:month number:style="long"/>'
    '<number:text>/</number:text><number:year number:style="long"/>'
)
_DATA_STYLES = (
    '<number:number-style style:name="N1"><number:number number:decimal-places="0"'
    ' number:min-integer-digits="1" number:grouping="true"/></number:number-style>'
    '<number:number-style style:name="N2"><number:number number:decimal-places="1"'
    ' number:min-integer-digits="1" number:grouping="true"/></number:number-style>'
    '<number:percentage-style style:name="N3"><number:number number:decimal-places="1"'
    ' number:min-integer-digits="1"/><number:text> %</number:text></number:percentage-style>'
    f'<number:date-style style:name="N4">{_DAY}</number:date-style>'
    f'<number:date-style style:name="N5">{_DAY}<number:text> </number:text>'
    '<number:hours number:style="long"/><number:text>:</number:text>'
    '<number:minutes number:style="long"/></number:date-style>'
    '<number:number-style style:name="N7"><number:number number:decimal-places="2"'
    ' number:min-integer-digits="1" number:grouping="true"/></number:number-style>'
    '<number:text-style style:name="N6"><number:text-content/></number:text-style>'
)
# Column kind → data style.
_CELL_STYLES = {
    "int": "N1",
    "count": "N1",
    "decimal": "N2",
    "amount": "N7",
    "share": "N3",
    "date": "N4",
    "moment": "N5",
}
_WRAP = '<style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top"/>'
_BOLD = '<style:text-properties fo:font-weight="bold"/>'
_SPACES = re.compile(" {2,}|^ | $")
Writer = Callable[[object], str]
EMPTY = "<table:table-cell/>"


def ods_file(tables: Sequence[Table], notes: Sequence[Note], target: IO[bytes]) -> None:
    """Write ``tables`` and « Lisez-moi » into ``target``. Raises TooManyRows past 1,048,575 rows in one."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as package:
        # First and stored as it is: that is how a program knows the file without opening it.
        package.writestr("mimetype", _MIME, compress_type=zipfile.ZIP_STORED)
        package.writestr("META-INF/manifest.xml", _MANIFEST)
        package.writestr("styles.xml", _STYLES)
        with package.open("content.xml", "w", force_zip64=True) as content:
            waiting, size = [], 0
            for part in _content(tables, notes):
                waiting.append(part)
                size += len(part)
                if size >= _BLOCK:
                    content.write("".join(waiting).encode())
                    waiting, size = [], 0
            content.write("".join(waiting).encode())


def _content(tables: Sequence[Table], notes: Sequence[Note]) -> Iterator[str]:
    widths = sorted({column.width for table in tables for column in table.columns} | {24, 100})
    yield f'{_HEAD}<office:document-content {_NAMESPACES} office:version="1.3">'
    yield f"<office:automatic-styles>{_DATA_STYLES}"
    for width in widths:
        yield (
            f'<style:style style:name="w{width}" style:family="table-column">'
            f'<style:table-column-properties style:column-width="{width * 0.2 + 0.2:.2f}cm"/></style:style>'
        )
    for kind, data in (*_CELL_STYLES.items(), ("quoted", "N6")):
        yield (f'<style:style style:name="{kind}" style:family="table-cell" style:data-style-name="{data}"/>')
    yield f'<style:style style:name="head" style:family="table-cell">{_WRAP}{_BOLD}</style:style>'
    yield f'<style:style style:name="wrap" style:family="table-cell">{_WRAP}</style:style>'
    yield "</office:automatic-styles><office:body><office:spreadsheet>"
    taken = {"lisez-moi"}
    for table in tables:
        yield from _sheet(table, sheet_name(table.name, taken))
    yield from _readme(tables, notes)
    yield "</office:spreadsheet></office:body></office:document-content>"


def _sheet(table: Table, name: str) -> Iterator[str]:
    yield f"<table:table table:name={quoteattr(name)}>"
    for column in table.columns:
        yield f'<table:table-column table:style-name="w{column.width}"/>'
    heads = "".join(_words(column.title, "head") for column in table.columns)
    yield f"<table:table-header-rows><table:table-row>{heads}</table:table-row></table:table-header-rows>"
    writers = [_writer(column) for column in table.columns]
    for number, row in enumerate(table.rows, 1):
        if number > SHEET_ROWS:
            raise TooManyRows("Trop de lignes pour un tableur : choisissez le CSV.")
        cells = [
            EMPTY if value is None or value == "" else write(value)
            for write, value in zip(writers, row, strict=True)
        ]
        yield f"<table:table-row>{''.join(cells)}</table:table-row>"
    yield "</table:table>"


def _readme(tables: Sequence[Table], notes: Sequence[Note]) -> Iterator[str]:
    yield '<table:table table:name="Lisez-moi"><table:table-column table:style-name="w24"/>'
    yield '<table:table-column table:style-name="w100"/>'
    lines = list(notes)
    for table in tables:
        lines += [(table.name, table.title), *table.notes]
    for label, words in lines:
        yield f"<table:table-row>{_words(label, 'head')}{_words(words, 'wrap')}</table:table-row>"
    yield "</table:table>"


def _writer(column: Column) -> Writer:
    """How the cells of one column are written: decided once, not a million times."""
    kind = column.kind

    def text(value: object) -> str:
        ready = value if type(value) is str else str(plain(value, "text") or "")
        if not ready[:1].isalnum() and is_formula(ready):
            return _words(ready, "quoted")
        return _words(ready)

    def typed(value: object) -> str:
        ready = value if type(value) is int and kind != "amount" else plain(value, kind)
        if ready is None:
            return EMPTY
        if isinstance(ready, str):
            return text(ready)
        if isinstance(ready, datetime.date):
            is_moment = isinstance(ready, datetime.datetime)
            shown = f"{ready:%d/%m/%Y %H:%M}" if is_moment else f"{ready:%d/%m/%Y}"
            iso = (
                ready.isoformat(timespec="seconds")
                if isinstance(ready, datetime.datetime)
                else ready.isoformat()
            )
            return _value(f'"date" office:date-value="{iso}"', "moment" if is_moment else "date", shown)
        if kind == "share":
            shown = f"{ready * 100:.1f} %".replace(".", ",")  # type: ignore[operator]
            return _value(f'"percentage" office:value="{ready!r}"', kind, shown)
        return _value(f'"float" office:value="{ready!r}"', kind, str(ready).replace(".", ","))

    return text if kind == "text" else typed


def _value(typed: str, style: str, shown: str) -> str:
    return (
        f'<table:table-cell table:style-name="{style}" office:value-type={typed}>'
        f"<text:p>{shown}</text:p></table:table-cell>"
    )


def _words(text: str, style: str = "") -> str:
    """A text cell; line breaks are paragraphs, tabs and runs of spaces are kept by elements of their own."""
    if len(text) > CELL_LENGTH or not text.isprintable():
        text = legal(text)
    body = escape(text)
    if "  " in body or "\t" in body or body[:1] == " " or body[-1:] == " ":
        body = _SPACES.sub(lambda run: f'<text:s text:c="{len(run[0])}"/>', body).replace("\t", "<text:tab/>")
    if "\n" in body or "\r" in body:
        body = "</text:p><text:p>".join(body.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    named = f' table:style-name="{style}"' if style else ""
    return f'<table:table-cell{named} office:value-type="string"><text:p>{body}</text:p></table:table-cell>'
