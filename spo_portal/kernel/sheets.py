"""Safe reading of a table someone deposits: CSV in any usual dialect, or XLSX. Text cells in, or one clear
refusal.

Everything is bounded before it is parsed (size, rows, columns, length of a cell); nothing is evaluated; a
formula is refused and never computed.
"""

import codecs
import csv
import datetime
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass

import python_calamine

from spo_portal.kernel.workbooks import check_workbook, refuse

COLUMNS_MAX = 40
TEXT_MAX = 1000
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_OLE = b"\xd0\xcf\x11\xe0"
_FORMULA = re.compile(r"[=@\t\r]|[+-].*[(|!]", re.DOTALL)
_SEPARATORS = ";,\t"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as text.

    ``rows`` pairs the line number people see in their file with its cells, blank lines dropped.
    """

    headers: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def looks_like_formula(text: str) -> bool:
    """True for what a spreadsheet would run: = and @, + and - with a call in it (« -26 » is a value)."""
    return bool(_FORMULA.match(text))


def read(content: bytes, *, max_rows: int, max_bytes: int, sheet: str = "") -> Sheet:
    """Read a CSV or XLSX by its content, not its name; raises ``Refused`` (field ``fichier``)."""
    if not content.strip(b"\x00 \r\n\t"):
        raise refuse("Ce fichier est vide.")
    if len(content) > max_bytes:
        raise refuse(f"Ce fichier dépasse {max_bytes // (1024 * 1024)} Mo.")
    if content.startswith(_OLE):
        raise refuse("Ce fichier est un ancien XLS ou un classeur protégé. Enregistrez-le en XLSX ou en CSV.")
    if content.startswith(b"PK"):
        lines = _read_workbook(content, max_rows, sheet)
    else:
        lines = _read_csv(_decode(content), max_rows)
    return _table(lines, max_rows)


def _decode(content: bytes) -> str:
    """UTF-8 with or without mark, UTF-16 with its mark, else the Windows code page of French desks."""
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        if encoding == "utf-16":
            raise refuse("Ce fichier est abîmé : ses caractères ne peuvent pas être lus.") from None
        text = content.decode("cp1252", errors="replace")
    if _CONTROL.search(text) or text.startswith(("%PDF", "{\\rtf")):
        raise refuse("Ce fichier n’est pas un tableau CSV ou XLSX.")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n").replace("\x0c", "\n")


def _read_csv(text: str, max_rows: int) -> Iterable[tuple[int, list[str]]]:
    first = text.lstrip("\n").split("\n", 1)[0]
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        # Excel's own hint; the line number of the file is kept.
        return ((line + 1, row) for line, row in _read_csv(text.lstrip("\n").split("\n", 1)[-1], max_rows))
    if re.match(r"\s*<(!doctype|html|\?xml|svg)", text[:200], re.IGNORECASE):
        raise refuse("Ce fichier est une page, pas un tableau. Enregistrez-le en CSV ou en XLSX.")
    bare = re.sub(r'"[^"]*"', "", first)
    separator = max(_SEPARATORS, key=bare.count)
    return _csv_lines(text, separator, max_rows)


def _csv_lines(text: str, separator: str, max_rows: int) -> Iterable[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    start = 1
    try:
        for count, row in enumerate(reader):
            if count > max_rows + 100:
                raise refuse(f"Ce fichier a plus de {max_rows} lignes. Déposez-le en plusieurs fichiers.")
            yield start, row
            start = reader.line_num + 1
    except csv.Error:
        raise refuse(
            f"Ligne {start} : un guillemet n’est pas fermé, ou un champ est trop long. Corrigez-la et "
            "recommencez."
        ) from None


def _read_workbook(content: bytes, max_rows: int, sheet: str) -> Iterable[tuple[int, list[str]]]:
    check_workbook(content, max_rows=max_rows, max_columns=COLUMNS_MAX, max_text=TEXT_MAX)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        shown = [
            meta.name
            for meta in book.sheets_metadata
            if meta.visible == python_calamine.SheetVisibleEnum.Visible
        ]
        names = shown or list(book.sheet_names)
        wanted = next((name for name in names if name.strip().lower() == sheet), names[0] if names else "")
        if not wanted:
            raise refuse("Ce classeur n’a pas de feuille lisible.")
        cells = book.get_sheet_by_name(wanted).to_python(skip_empty_area=False)
    except Exception as error:
        raise error if type(error).__name__ == "Refused" else _unreadable() from None
    except BaseException as error:
        # A panic of the native reader does not derive from Exception.
        if type(error).__name__ == "PanicException":
            raise _unreadable() from None
        raise
    return ((number, [_text(value) for value in row]) for number, row in enumerate(cells, 1))


def _unreadable() -> Exception:
    return refuse("Ce classeur ne peut pas être lu. Enregistrez-le de nouveau en XLSX ou en CSV.")


def _text(value: object) -> str:
    """A cell as someone would type it: whole numbers without decimals, dates as YYYY-MM-DD."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime):
        return (
            value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "minutes")
        )
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value)


def _table(lines: Iterable[tuple[int, list[str]]], max_rows: int) -> Sheet:
    headers: tuple[str, ...] = ()
    rows: list[tuple[int, tuple[str, ...]]] = []
    for number, cells in lines:
        if len(cells) > COLUMNS_MAX and any(cell.strip() for cell in cells[COLUMNS_MAX:]):
            raise refuse(
                f"Ligne {number} : plus de {COLUMNS_MAX} colonnes. Partez du modèle proposé sur cette page."
            )
        for cell in cells:
            if len(cell) > TEXT_MAX:
                raise refuse(
                    f"Ligne {number} : une cellule contient plus de {TEXT_MAX} caractères. Raccourcissez-la."
                )
            if _CONTROL.search(cell):
                raise refuse(f"Ligne {number} : une cellule contient un caractère de commande. Retapez-la.")
        texts = tuple(cell.strip(" \u00a0\u202f\ufeff") for cell in cells)
        if not any(texts):
            continue
        if not headers:
            headers = _headers(texts)
            continue
        if len(rows) >= max_rows:
            raise refuse(f"Ce fichier a plus de {max_rows} lignes. Déposez-le en plusieurs fichiers.")
        if any(texts[len(headers) :]):
            raise refuse(f"Ligne {number} : plus de cellules que de titres de colonne.")
        rows.append((number, (texts + ("",) * len(headers))[: len(headers)]))
    if not headers:
        raise refuse("Ce fichier est vide.")
    if not rows:
        raise refuse("Ce fichier n’a que des titres de colonne : aucune ligne à lire.")
    return Sheet(headers, tuple(rows))


def _headers(texts: tuple[str, ...]) -> tuple[str, ...]:
    while texts and not texts[-1]:
        texts = texts[:-1]
    names = tuple(text.lower() for text in texts)
    if "" in names:
        raise refuse("Une colonne n’a pas de titre. Partez du modèle proposé sur cette page.")
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        raise refuse(f"Deux colonnes portent le même titre : « {twice[:40]} ».")
    return names
