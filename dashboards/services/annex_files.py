"""What a file joined to a report must be. Hostile until proved otherwise: its bytes say what it is, not its
name.

Pictures keep their pixels and lose the rest (place, date and author of a photo lead to a person); tables are
read whole; a PDF must be inert (the rules of the plaquette).
"""

import re
from dataclasses import dataclass

from dashboards.enums_report import AnnexFormat
from dashboards.models_report import ANNEX_MAX_BYTES
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.pictures import JPEG, PNG, clean_jpeg, clean_png
from spo_portal.kernel.sheets import looks_like_formula, read
from territories.services.brochure import inspect_pdf

PDF_PAGES, TABLE_ROWS = 60, 5_000
# A text table holds no other kind of file, wherever it hides.
_NOT_A_TABLE = re.compile(rb"<(?:html|svg|script|!doctype|\?xml)|%PDF-", re.IGNORECASE)
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
    elif content.startswith(PNG):
        kind, content = AnnexFormat.PNG, clean_png(content)
    elif content.startswith(JPEG):
        kind, content = AnnexFormat.JPEG, clean_jpeg(content)
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
