"""Checks on an XLSX file before any parser touches it: bombs, macros, links, formulas, false sizes.

An XLSX is a zip of XML parts. Everything is looked at in bounded steps: a few kilobytes that claim a million
rows, a part that unpacks to gigabytes or a string repeated in every cell never reach the spreadsheet library.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from spo_portal.kernel.errors import Refused

MEMBERS_MAX = 200
UNPACKED_MAX = 40 * 1024 * 1024
RATIO_MAX = 200
_BLOCK = 1 << 18

AGAIN = "Enregistrez-le de nouveau avec LibreOffice ou Excel, au format XLSX, sans macro."
_ACTIVE = {
    "vbaproject": "des macros",
    "macrosheets/": "des macros",
    "activex/": "des contrôles actifs",
    "externallinks/": "des liens vers d’autres classeurs",
    "embeddings/": "des fichiers incorporés",
    "connections.xml": "une connexion à une source de données",
    "querytables/": "une connexion à une source de données",
    "ctrlprops/": "des contrôles actifs",
}
_NESTED = (".zip", ".xlsx", ".xlsm", ".ods", ".7z", ".gz", ".rar", ".exe", ".js", ".html", ".htm", ".svg")
_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s/>])([^>]*)>")
_REF = re.compile(rb"""(?:^|\s)r\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["']""")
_FORMULA = re.compile(rb"<(?:\w+:)?f(?=[\s/>])")
_STRING_END = re.compile(rb"</(?:\w+:)?si\s*>")
_LINKED = re.compile(
    rb"""<(?:\w+:)?Relationship\b[^>]*TargetMode\s*=\s*["']External["'][^>]*>""", re.IGNORECASE
)


def refuse(message: str) -> Refused:
    return Refused(message, "fichier")


def check_workbook(content: bytes, *, max_rows: int, max_columns: int, max_text: int) -> None:
    """Refuse a workbook that is not plain cells of a bounded sheet; the message says what to do."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_members(archive)
            for name, part in _parts(archive):
                lower = name.lower()
                _check_xml(part)
                if lower.endswith(".rels"):
                    _check_links(part)
                elif lower.startswith("xl/worksheets/"):
                    _check_cells(part, max_rows=max_rows, max_columns=max_columns)
                elif lower == "xl/sharedstrings.xml":
                    _check_strings(part, max_text)
                elif lower == "[content_types].xml" and b"macroenabled" in part.lower():
                    raise refuse(f"Ce classeur contient des macros. {AGAIN}")
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OSError,
    ) as error:
        if isinstance(error, Refused):
            raise
        raise refuse(f"Ce classeur est abîmé ou chiffré : il ne peut pas être lu. {AGAIN}") from None


def _check_members(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    names = [member.filename for member in members]
    lower = [name.lower() for name in names]
    if len(members) > MEMBERS_MAX or len(set(lower)) != len(lower):
        raise refuse(f"Ce classeur n’est pas fait comme un classeur ordinaire. {AGAIN}")
    if "[content_types].xml" not in lower or not any(name.startswith("xl/worksheets/") for name in lower):
        raise refuse("Ce fichier n’est pas un classeur XLSX. Partez du modèle proposé sur cette page.")
    total = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members) or 1
    if total > UNPACKED_MAX or total / packed > RATIO_MAX:
        raise refuse(f"Ce classeur est beaucoup trop gros une fois ouvert. {AGAIN}")
    for member, name in zip(members, lower, strict=True):
        if member.flag_bits & 0x1:
            raise refuse(
                "Ce classeur est protégé par un mot de passe. Enlevez-le, puis déposez-le de nouveau."
            )
        if ".." in name or name.startswith("/") or "\\" in name or name.endswith(_NESTED):
            raise refuse(f"Ce classeur contient un fichier inattendu. {AGAIN}")
        for mark, what in _ACTIVE.items():
            if mark in name:
                raise refuse(f"Ce classeur contient {what}. {AGAIN}")


def _parts(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    """XML parts, unpacked under one real limit: the sizes written in the archive may lie."""
    left = UNPACKED_MAX
    for member in archive.infolist():
        if not member.filename.lower().endswith((".xml", ".rels")):
            continue
        chunks = []
        with archive.open(member) as source:
            while chunk := source.read(_BLOCK):
                left -= len(chunk)
                if left < 0:
                    raise refuse(f"Ce classeur est beaucoup trop gros une fois ouvert. {AGAIN}")
                chunks.append(chunk)
        yield member.filename, b"".join(chunks)


def _check_xml(part: bytes) -> None:
    """Plain UTF-8 without a document type: nothing can hide from the byte checks below."""
    head = part[:200].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    declared = re.search(rb"encoding\s*=\s*[\"']([\w-]+)", head)
    foreign = declared is not None and declared[1] not in {b"utf-8", b"utf8", b"us-ascii", b"ascii"}
    if not head.startswith(b"<") or foreign or b"\x00" in part or b"<!DOCTYPE" in part or b"<!ENTITY" in part:
        raise refuse(f"Ce classeur contient une déclaration interdite. {AGAIN}")


def _check_links(part: bytes) -> None:
    for link in _LINKED.findall(part):
        if b"/hyperlink" not in link:
            raise refuse(f"Ce classeur contient des liens vers d’autres fichiers. {AGAIN}")


def _check_cells(part: bytes, *, max_rows: int, max_columns: int) -> None:
    """Real cells decide, not the declared dimension: a cell at XFD1048576 would ask for a huge table."""
    formula = _FORMULA.search(part)
    if formula:
        before = list(_CELL.finditer(part, max(0, formula.start() - 2000), formula.start()))
        where = _REF.search(before[-1][1]) if before else None
        cell = f" (cellule {(where[1] + where[2]).decode()})" if where else ""
        raise refuse(f"Ce classeur contient une formule{cell}. Collez les valeurs seules, puis recommencez.")
    for cells, match in enumerate(_CELL.finditer(part), 1):
        reference = _REF.search(match[1])
        if reference is None or b"&" in match[1]:
            raise refuse(f"Ce classeur n’est pas fait comme un classeur ordinaire. {AGAIN}")
        if _column(reference[1]) > max_columns:
            raise refuse(
                f"Ce classeur a plus de {max_columns} colonnes. Partez du modèle proposé sur cette page."
            )
        if int(reference[2]) > max_rows + 100 or cells > max_columns * (max_rows + 100):
            raise refuse(f"Ce classeur a plus de {max_rows} lignes. Déposez-le en plusieurs fichiers.")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _check_strings(part: bytes, max_text: int) -> None:
    """One long shared string, repeated by thousands of cells, would fill the memory."""
    previous = 0
    for match in _STRING_END.finditer(part):
        if match.start() - previous > max_text * 8:
            raise refuse(f"Une cellule contient plus de {max_text} caractères. Raccourcissez-la.")
        previous = match.end()
    if len(part) - previous > max_text * 8:
        raise refuse(f"Ce classeur est abîmé. {AGAIN}")
