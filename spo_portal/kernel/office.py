"""Office files someone joins (DOCX, XLSX, ODT, ODS): a zip whose parts are looked at, never opened.

What acts by itself is refused: macros, controls, embedded files, parts fetched from elsewhere, passwords.
A few kilobytes that unpack to gigabytes never fill the memory.
"""

import io
import re
import zipfile
import zlib
from enum import StrEnum

from spo_portal.kernel.errors import Refused

MEMBERS_MAX, UNPACKED_MAX, RATIO_MAX = 2_000, 96 * 1024 * 1024, 200
_BLOCK = 1 << 18
AGAIN = "Enregistrez-le de nouveau sans macro, ou en PDF, et joignez ce nouveau fichier."


class OfficeKind(StrEnum):
    DOCX = "docx"
    XLSX = "xlsx"
    ODT = "odt"
    ODS = "ods"


# The part that says what an OOXML file is, and its ordinary content type: one with macros has another.
_MAIN = {
    OfficeKind.DOCX: ("word/document.xml", b"wordprocessingml.document.main+xml"),
    OfficeKind.XLSX: ("xl/workbook.xml", b"spreadsheetml.sheet.main+xml"),
}
_ODF = {
    b"application/vnd.oasis.opendocument.text": OfficeKind.ODT,
    b"application/vnd.oasis.opendocument.spreadsheet": OfficeKind.ODS,
}
_ACTIVE = {
    "vbaproject": "des macros",
    "vbadata": "des macros",
    "macrosheets/": "des macros",
    "basic/": "des macros",
    "scripts/": "des macros",
    "activex/": "des contrôles actifs",
    "ctrlprops/": "des contrôles actifs",
    "embeddings/": "des fichiers incorporés",
    "externallinks/": "des liens vers d’autres fichiers",
    "connections.xml": "une connexion à une source de données",
    "querytables/": "une connexion à une source de données",
    "customui/": "des commandes ajoutées",
}
_INERT = (
    ".xml", ".rels", ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf", ".odttf",
    ".ttf", ".otf", ".vml", ".rdf", "/", "mimetype", ".dat", ".txt", ".psmdcp",
)  # fmt: skip
_EXTERNAL = re.compile(rb"<[^<>]*\bTargetMode\s*=\s*[\"']External[\"'][^<>]*>", re.IGNORECASE)
_ODF_ACTIVE = re.compile(
    rb"<(?:\w+:)?(?:event-listener|script|applet|plugin|dde-source|database-source)\b", re.IGNORECASE
)


def inspect_office(content: bytes) -> OfficeKind:
    """What this file is; raises ``Refused`` (field ``fichier``) with a plain reason otherwise."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = _check_members(archive)
            kind = _kind(archive, names)
            left = UNPACKED_MAX
            for member in archive.infolist():
                if not member.is_dir():
                    left = _check_part(archive, member, kind, left)
            return kind
    except Refused:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError):
        raise _no(f"Ce fichier est abîmé ou protégé par un mot de passe. {AGAIN}") from None


def _no(message: str) -> Refused:
    return Refused(message, "fichier")


def _check_members(archive: zipfile.ZipFile) -> set[str]:
    members = archive.infolist()
    lower = [member.filename.lower() for member in members]
    if len(members) > MEMBERS_MAX or len(set(lower)) != len(lower):
        raise _no(f"Ce fichier n’est pas fait comme un document ordinaire. {AGAIN}")
    total = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members) or 1
    if total > UNPACKED_MAX or total / packed > RATIO_MAX:
        raise _no(f"Ce fichier est beaucoup trop gros une fois ouvert. {AGAIN}")
    for member, name in zip(members, lower, strict=True):
        if member.flag_bits & 0x1:
            raise _no("Ce fichier est protégé par un mot de passe. Enlevez-le, puis joignez-le de nouveau.")
        for mark, what in _ACTIVE.items():
            if mark in name:
                raise _no(f"Ce fichier contient {what}. {AGAIN}")
    return set(lower)


def _kind(archive: zipfile.ZipFile, names: set[str]) -> OfficeKind:
    """By its parts, whatever its name says."""
    if "[content_types].xml" in names:
        types = _read(archive, "[Content_Types].xml")
        if b"macroenabled" in types.lower():
            raise _no(f"Ce fichier contient des macros. {AGAIN}")
        for kind, (main, declared) in _MAIN.items():
            if main in names and declared in types:
                return kind
    elif "mimetype" in names and "content.xml" in names:
        found = _ODF.get(_read(archive, "mimetype").strip())
        if found is not None:
            return found
    raise _no(
        "Cette archive n’est pas un document Word, Excel ou OpenDocument. Joignez un PDF, une image PNG ou "
        "JPEG, un DOCX, un XLSX, un ODT ou un ODS."
    )


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    exact = next(m for m in archive.infolist() if m.filename.lower() == name.lower())
    with archive.open(exact) as source:
        return source.read(_BLOCK)


def _check_part(archive: zipfile.ZipFile, member: zipfile.ZipInfo, kind: OfficeKind, left: int) -> int:
    """One part, unpacked under what is left of the limit (the sizes written in the archive may lie)."""
    name = member.filename.lower()
    if ".." in name.split("/") or name.startswith("/") or "\\" in name:
        raise _no(f"Ce fichier n’est pas fait comme un document ordinaire. {AGAIN}")
    if not name.endswith(_INERT) and not _is_usual(name, kind):
        raise _no(f"Ce fichier en contient un autre, inattendu. {AGAIN}")
    is_xml = name.endswith((".xml", ".rels", ".rdf", ".vml"))
    tail = b""
    with archive.open(member) as source:
        while chunk := source.read(_BLOCK):
            left -= len(chunk)
            if left < 0:
                raise _no(f"Ce fichier est beaucoup trop gros une fois ouvert. {AGAIN}")
            if is_xml:
                _check_xml(tail + chunk, name)
            elif not tail and chunk.startswith(
                (b"MZ", b"\x7fELF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"#!")
            ):
                raise _no(f"Ce fichier en contient un autre, inattendu. {AGAIN}")
            tail = chunk[-2_000:]
    return left


def _is_usual(name: str, kind: OfficeKind) -> bool:
    """Parts without an ordinary ending: settings of the program, previews of charts, of the printer."""
    if kind in (OfficeKind.ODT, OfficeKind.ODS):
        return name.startswith(("configurations2/", "objectreplacements/", "layout-cache", "meta-inf/"))
    return "/printersettings/" in name and name.endswith(".bin")


def _check_xml(part: bytes, name: str) -> None:
    if b"\x00" in part or b"<!DOCTYPE" in part or b"<!ENTITY" in part:
        raise _no(f"Ce fichier contient une déclaration interdite. {AGAIN}")
    if name.endswith(".rels"):
        for link in _EXTERNAL.findall(part):
            if b"/hyperlink" not in link:
                raise _no(f"Ce fichier va chercher une partie ailleurs. {AGAIN}")
    if name == "meta-inf/manifest.xml" and b"encryption-data" in part:
        raise _no("Ce fichier est protégé par un mot de passe. Enlevez-le, puis joignez-le de nouveau.")
    if name.endswith("content.xml") and _ODF_ACTIVE.search(part):
        raise _no(f"Ce fichier contient des macros ou des liens vers d’autres données. {AGAIN}")
