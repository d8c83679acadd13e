"""The answer that carries a table: same rows and same words whatever the format."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Literal

from django.http.response import HttpResponseBase

from spo_portal.kernel.http import stream
from spo_portal.kernel.tenancy.scope import Scope

from .model import Note, Table
from .names import file_stem
from .ods import ods_file
from .text import csv_chunks, csv_zip
from .xlsx import xlsx_file

Format = Literal["csv", "zip", "xlsx", "ods"]
CONTENT_TYPES: dict[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "zip": "application/zip",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}
FORMATS = tuple(CONTENT_TYPES)
_WRITERS: dict[str, Callable[[Sequence[Table], Sequence[Note], IO[bytes]], None]] = {
    "zip": csv_zip,
    "xlsx": xlsx_file,
    "ods": ods_file,
}
# Past this the file being made leaves memory for a nameless file of the system.
_IN_MEMORY = 1 << 20
_BLOCK = 1 << 16


def file_chunks(fmt: Format, tables: Sequence[Table], notes: Sequence[Note]) -> Iterator[bytes]:
    """The bytes of a table in a format; a single table as CSV comes as its rows do, without its notes.

    Several tables as CSV are a ZIP, which holds « lisez-moi.txt » too. Also feeds ``JobRun.attach``.
    """
    if fmt == "csv" and len(tables) == 1:
        yield from (chunk.encode() for chunk in csv_chunks(tables[0]))
        return
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as target:
        _WRITERS["zip" if fmt == "csv" else fmt](tables, notes, target)
        target.seek(0)
        while block := target.read(_BLOCK):
            yield block


def extension(fmt: Format, count: int) -> Format:
    return "zip" if fmt == "csv" and count > 1 else fmt


def download(
    scope: Scope,
    fmt: Format,
    tables: Sequence[Table] | Callable[[], Sequence[Table]],
    notes: Sequence[Note],
    filename: str,
    *,
    count: int = 1,
) -> HttpResponseBase:
    """A streamed file of ``tables`` under ``scope``; ``filename`` without its extension.

    Rows read from the database must come from a callable: it runs in the transaction of the answer, after the
    request's has ended. ``count`` is then how many tables it gives (several as CSV are a ZIP).
    """
    known = len(tables) if isinstance(tables, Sequence) else count
    kind = extension(fmt, known)

    def rows() -> Iterable[bytes]:
        return file_chunks(kind, tables() if callable(tables) else tables, notes)

    return stream(scope, rows, content_type=CONTENT_TYPES[kind], filename=f"{file_stem(filename)}.{kind}")
