"""Office files someone joins (DOCX, XLSX, ODT, ODS): a zip whose parts are looked at, never opened.

What acts by itself is refused: macros, controls, embedded files, parts fetched from elsewhere, passwords.
A few kilobytes that unpack to gigabytes never fill the memory.
"""

import io
import re
import zipfile
import zlib
from enum import StrEnum
from xml.parsers import expat

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
# What ODF runs, and what it draws from an address: a link of a text (« a ») is only followed by who clicks.
_ODF_ACTIVE = {"event-listener", "script", "applet", "plugin", "dde-source", "database-source"}
_ODF_DRAWN = {
    "image", "object", "object-ole", "fill-image", "background-image", "section-source", "table-source",
    "cell-range-source", "floating-frame",
}  # fmt: skip
_AWAY = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:|//|\\\\|/|\.\./)", re.IGNORECASE)
# Fields by which Word calls another program or file: the first word of a field, never one of an address.
_FIELD = re.compile(r"^\s*(?:DDE|DDEAUTO|INCLUDETEXT|LINK)\b", re.IGNORECASE | re.MULTILINE)
_FIELDS_MAX = 1 << 20


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
    reader = _Part(name, kind) if name.endswith((".xml", ".rels", ".rdf", ".vml")) else None
    tail = b""
    with archive.open(member) as source:
        while chunk := source.read(_BLOCK):
            left -= len(chunk)
            if left < 0:
                raise _no(f"Ce fichier est beaucoup trop gros une fois ouvert. {AGAIN}")
            if reader is not None:
                _check_xml(tail + chunk, name)
                reader.feed(chunk)
            elif not tail and chunk.startswith(
                (b"MZ", b"\x7fELF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"#!")
            ):
                raise _no(f"Ce fichier en contient un autre, inattendu. {AGAIN}")
            tail = chunk[-2_000:]
    if reader is not None:
        reader.end()
    return left


def _is_usual(name: str, kind: OfficeKind) -> bool:
    """Parts without an ordinary ending: settings of the program, previews of charts, of the printer."""
    if kind in (OfficeKind.ODT, OfficeKind.ODS):
        return name.startswith(("configurations2/", "objectreplacements/", "layout-cache", "meta-inf/"))
    return "/printersettings/" in name and name.endswith(".bin")


def _check_xml(part: bytes, name: str) -> None:
    if b"\x00" in part or b"<!DOCTYPE" in part or b"<!ENTITY" in part:
        raise _no(f"Ce fichier contient une déclaration interdite. {AGAIN}")
    if name == "meta-inf/manifest.xml" and b"encryption-data" in part:
        raise _no("Ce fichier est protégé par un mot de passe. Enlevez-le, puis joignez-le de nouveau.")


def _doctype(*_: object) -> None:
    raise _no(f"Ce fichier contient une déclaration interdite. {AGAIN}")


class _Part:
    """One XML part, read as the program that opens it would: by its elements, not by its bytes.

    A mark written « &#69;xternal », or after a « > » in a value, is the same mark.
    """

    def __init__(self, name: str, kind: OfficeKind) -> None:
        self.links, self.odf = name.endswith(".rels"), kind in (OfficeKind.ODT, OfficeKind.ODS)
        self.fields: list[str] = []
        self.length, self.inside, self.read = 0, False, False
        # Loose drawings of old programs (VML) are not always XML: they hold no link of their own.
        self.parser = None if name.endswith(".vml") else expat.ParserCreate()
        if self.parser is not None:
            self.parser.StartElementHandler = self._start
            self.parser.EndElementHandler = self._stop
            self.parser.CharacterDataHandler = self._text
            self.parser.StartDoctypeDeclHandler = _doctype

    def feed(self, chunk: bytes, *, last: bool = False) -> None:
        if self.parser is None:
            return
        self.read = True
        try:
            self.parser.Parse(chunk, last)
        except (expat.ExpatError, LookupError):
            raise _no(f"Ce fichier est abîmé. {AGAIN}") from None

    def end(self) -> None:
        # LibreOffice leaves parts of no byte at all.
        if self.read:
            self.feed(b"", last=True)
        if _FIELD.search("".join(self.fields)):
            raise _no(f"Ce fichier contient un champ qui appelle un autre programme ou fichier. {AGAIN}")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(":")[2].lower()
        said = {key.rpartition(":")[2].lower(): value for key, value in attributes.items()}
        away = self.links and said.get("targetmode", "").strip().lower() == "external"
        if away and not said.get("type", "").endswith("/hyperlink"):
            raise _no(f"Ce fichier va chercher une partie ailleurs. {AGAIN}")
        if self.odf and local in _ODF_ACTIVE:
            raise _no(f"Ce fichier contient des macros ou des liens vers d’autres données. {AGAIN}")
        if self.odf and local in _ODF_DRAWN and _AWAY.match(said.get("href", "")):
            raise _no(f"Ce fichier va chercher une partie ailleurs. {AGAIN}")
        if local == "fldsimple":
            self._keep(f"\n{said.get('instr', '')}\n")
        # A field may be cut in several runs: they are read together, and apart from the next one.
        if local == "fldchar":
            self._keep("\n")
        self.inside = local == "instrtext"

    def _stop(self, tag: str) -> None:
        self.inside = False

    def _text(self, text: str) -> None:
        if self.inside:
            self._keep(text)

    def _keep(self, text: str) -> None:
        self.length += len(text)
        if self.length > _FIELDS_MAX:
            raise _no(f"Ce fichier n’est pas fait comme un document ordinaire. {AGAIN}")
        self.fields.append(text)
