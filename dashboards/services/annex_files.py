"""What a file joined to a report must be. Hostile until proved otherwise: its bytes say what it is, not its
name.

Pictures keep their pixels and lose the rest (place, date and author of a photo lead to a person); tables are
read whole; a PDF must be inert (the rules of the plaquette).
"""

import re
import struct
import zlib
from dataclasses import dataclass

from dashboards.enums_report import AnnexFormat
from dashboards.models_report import ANNEX_MAX_BYTES
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.sheets import looks_like_formula, read
from territories.services.brochure import inspect_pdf

PDF_PAGES, TABLE_ROWS = 60, 5_000
SIDE_MAX, PIXELS_MAX = 12_000, 40_000_000
_PNG = b"\x89PNG\r\n\x1a\n"
# A text table holds no other kind of file, wherever it hides.
_NOT_A_TABLE = re.compile(rb"<(?:html|svg|script|!doctype|\?xml)|%PDF-", re.IGNORECASE)
# What draws the picture; texts, dates and private parts are left behind.
_PNG_KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs"}
# In a scan, FF is followed by 0 (a byte of the picture), by a restart or by the next mark.
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_ENDINGS = {
    AnnexFormat.PDF: ".pdf",
    AnnexFormat.PNG: ".png",
    AnnexFormat.JPEG: ".jpg",
    AnnexFormat.CSV: ".csv",
    AnnexFormat.XLSX: ".xlsx",
}
CONTENT_TYPES = {
    AnnexFormat.PDF: "application/pdf",
    AnnexFormat.PNG: "image/png",
    AnnexFormat.JPEG: "image/jpeg",
    AnnexFormat.CSV: "text/csv; charset=utf-8",
    AnnexFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class Proved:
    """A file that may be kept: what it is, the bytes to keep, a name with the right ending."""

    format: AnnexFormat
    content: bytes
    name: str


def prove(name: str, content: bytes) -> Proved:
    """Check a file and return what to keep of it; raises ``Refused`` (field ``fichier``) with a plain
    reason.
    """
    if not content:
        raise _no("Ce fichier est vide.")
    if len(content) > ANNEX_MAX_BYTES:
        raise _no(f"Ce fichier est trop lourd : {ANNEX_MAX_BYTES // 1024 // 1024} Mo au plus.")
    if content.startswith(b"%PDF-"):
        inspect_pdf(content, most=PDF_PAGES, what="Une annexe")
        kind = AnnexFormat.PDF
    elif content.startswith(_PNG):
        kind, content = AnnexFormat.PNG, _png(content)
    elif content.startswith(b"\xff\xd8\xff"):
        kind, content = AnnexFormat.JPEG, _jpeg(content)
    else:
        kind = AnnexFormat.XLSX if content.startswith(b"PK") else AnnexFormat.CSV
        _table(content)
    return Proved(kind, content, safe_name(name, kind))


def safe_name(name: str, kind: AnnexFormat) -> str:
    """The file's name without path or control character, with the ending of what it is."""
    base = re.sub(r"[^\w .()’'-]", "", name.replace("\\", "/").rpartition("/")[2]).strip()
    stem = re.sub(r"\.(pdf|png|jpe?g|csv|xlsx)$", "", base, flags=re.IGNORECASE).strip(" .")
    return f"{stem[:100].strip() or 'annexe'}{_ENDINGS[kind]}"


def _no(message: str) -> Refused:
    return Refused(message, "fichier")


def _table(content: bytes) -> None:
    if not content.startswith(b"PK") and _NOT_A_TABLE.search(content):
        raise _no("Ce fichier est une page, pas un tableau. Joignez un PDF, une image, un CSV ou un XLSX.")
    try:
        sheet = read(content, max_rows=TABLE_ROWS, max_bytes=ANNEX_MAX_BYTES)
    except Refused as refusal:
        advice = "Joignez un PDF, une image PNG ou JPEG, un tableau CSV ou XLSX."
        raise _no(f"{refusal} {advice}") from None
    for line, cells in sheet.rows:
        if any(looks_like_formula(cell) for cell in cells):
            raise _no(f"Ligne {line} : une cellule contient une formule. Remplacez-la par sa valeur.")


def _check_size(width: int, height: int) -> None:
    if not (1 <= width <= SIDE_MAX and 1 <= height <= SIDE_MAX) or width * height > PIXELS_MAX:
        raise _no("Cette image est trop grande : 40 millions de points au plus.")


def _png(content: bytes) -> bytes:
    """The same picture with nothing but what draws it; every part is checked against its own sum."""
    kept, at, seen = [_PNG], len(_PNG), []
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        name, end = content[at + 4 : at + 8], at + 12 + length
        if end > len(content):
            break
        data = content[at + 8 : end - 4]
        if zlib.crc32(name + data) != int.from_bytes(content[end - 4 : end], "big"):
            break
        if not seen:
            if name != b"IHDR" or length != 13:
                break
            _check_size(*struct.unpack(">II", data[:8]))
        seen.append(name)
        if name in _PNG_KEPT:
            kept.append(content[at:end])
        elif name[:1].isupper():
            break
        at = end
        if name == b"IEND" and b"IDAT" in seen:
            return b"".join(kept)
    raise _no("Cette image PNG est abîmée. Ouvrez-la, enregistrez-la de nouveau et joignez-la.")


def _jpeg(content: bytes) -> bytes:
    """The same picture without its notes (place, date, camera, author, hidden thumbnail)."""
    kept, at, sized = [b"\xff\xd8"], 2, False
    while at + 4 <= len(content) and content[at] == 0xFF:
        mark = content[at + 1]
        if mark == 0xFF:
            at += 1
            continue
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        end = at + 2 + length
        if length < 2 or end > len(content):
            break
        if 0xC0 <= mark <= 0xCF and mark not in (0xC4, 0xC8, 0xCC):
            if length < 8:
                break
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            _check_size(width, height)
            sized = True
        # APP0 and APP14 say how to read the colours; the other APPn and COM are notes.
        if not (0xE1 <= mark <= 0xED or mark in (0xEF, 0xFE)):
            kept.append(content[at:end])
        at = end
        if mark == 0xDA:
            # The scan runs to its next mark; what follows the end of the picture is not the picture.
            found = _AFTER_SCAN.search(content, end)
            if found is None or not sized:
                break
            at = found.start()
            kept.append(content[end:at])
            if content[at + 1] == 0xD9:
                return b"".join([*kept, b"\xff\xd9"])
    raise _no("Cette photo JPEG est abîmée. Ouvrez-la, enregistrez-la de nouveau et joignez-la.")
