"""Checks on an XLSX file before any parser touches it: bombs, macros, links, formulas, false sizes.

An XLSX is a zip of XML parts. Everything is looked at in bounded steps: a few kilobytes that claim a million
rows, a part that unpacks to gigabytes or a string repeated in every cell never reach the spreadsheet library.
Cells are counted in every part, wherever it lies: the library opens the part the workbook names, whatever its
folder; and by an XML parser, which no attribute written in a strange way deceives.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from xml.parsers import expat

from spo_portal.kernel.errors import Refused

MEMBERS_MAX = 200
UNPACKED_MAX = 40 * 1024 * 1024
RATIO_MAX = 200
# Elements of one part: a million rows without a cell are a few bytes each, and long to walk.
ELEMENTS_MAX = 500_000
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
# What a workbook of another kind keeps its cells in: the library would read it instead, unchecked.
_OTHER_KINDS = {"mimetype", "content.xml", "xl/workbook.bin"}
_DECLARED = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_REF = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def refuse(message: str) -> Refused:
    return Refused(message, "fichier")


def check_workbook(content: bytes, *, max_rows: int, max_columns: int, max_text: int) -> None:
    """Refuse a workbook that is not plain cells of a bounded sheet; the message says what to do."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_members(archive)
            bounds = _Bounds(max_rows=max_rows, max_columns=max_columns, max_text=max_text)
            for name, part in _parts(archive):
                _check_xml(part)
                if name == "[content_types].xml" and b"macroenabled" in part.lower():
                    raise refuse(f"Ce classeur contient des macros. {AGAIN}")
                _Part(name, bounds).read(part)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OSError,
        expat.ExpatError,
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
    total = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members) or 1
    if total > UNPACKED_MAX or total / packed > RATIO_MAX:
        raise refuse(f"Ce classeur est beaucoup trop gros une fois ouvert. {AGAIN}")
    if not {"[content_types].xml", "xl/workbook.xml"} <= set(lower) or _OTHER_KINDS & set(lower):
        raise refuse("Ce fichier n’est pas un classeur XLSX. Partez du modèle proposé sur cette page.")
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
        yield member.filename.lower(), b"".join(chunks)


def _check_xml(part: bytes) -> None:
    """Plain UTF-8 without a document type: one reading, and nothing that grows."""
    head = part[:200].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    declared = re.search(rb"encoding\s*=\s*[\"']([\w-]+)", head)
    foreign = declared is not None and declared[1] not in {b"utf-8", b"utf8", b"us-ascii", b"ascii"}
    if not head.startswith(b"<") or foreign or b"\x00" in part or _DECLARED.search(part):
        raise refuse(f"Ce classeur contient une déclaration interdite. {AGAIN}")


@dataclass(frozen=True, slots=True)
class _Bounds:
    max_rows: int
    max_columns: int
    max_text: int


class _Part:
    """One XML part, read element by element; the first thing amiss is refused.

    Real cells decide, not the declared dimension: a cell at XFD1048576 would ask for a huge table.
    """

    def __init__(self, name: str, bounds: _Bounds) -> None:
        self.bounds, self.where = bounds, ""
        # Characters of the shared string being read; none is.
        self.elements, self.cells, self.text = 0, 0, -1
        self.links, self.of_workbook = name.endswith(".rels"), name == "xl/_rels/workbook.xml.rels"
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def read(self, part: bytes) -> None:
        self.parser.Parse(part, True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if self.elements > ELEMENTS_MAX:
            raise refuse(f"Ce classeur est beaucoup trop gros une fois ouvert. {AGAIN}")
        kind = name.rpartition(":")[2]
        if self.links and kind == "Relationship":
            self._link(attributes)
        elif kind == "c":
            self._cell(attributes.get("r", ""))
        elif kind == "f":
            cell = f" (cellule {self.where})" if self.where else ""
            raise refuse(
                f"Ce classeur contient une formule{cell}. Collez les valeurs seules, puis recommencez."
            )
        elif kind == "si":
            self.text = 0

    def _end(self, name: str) -> None:
        if name.rpartition(":")[2] == "si":
            self.text = -1

    def _characters(self, data: str) -> None:
        """One long shared string, repeated by thousands of cells, would fill the memory."""
        if self.text >= 0:
            self.text += len(data)
            if self.text > self.bounds.max_text * 2:
                raise refuse(
                    f"Une cellule contient plus de {self.bounds.max_text} caractères. Raccourcissez-la."
                )

    def _cell(self, reference: str) -> None:
        found = _REF.fullmatch(reference)
        if found is None:
            raise refuse(f"Ce classeur n’est pas fait comme un classeur ordinaire. {AGAIN}")
        rows, columns = self.bounds.max_rows, self.bounds.max_columns
        self.where, self.cells = reference, self.cells + 1
        if _column(found[1]) > columns:
            raise refuse(
                f"Ce classeur a plus de {columns} colonnes. Partez du modèle proposé sur cette page."
            )
        if int(found[2]) > rows + 100 or self.cells > columns * (rows + 100):
            raise refuse(f"Ce classeur a plus de {rows} lignes. Déposez-le en plusieurs fichiers.")

    def _link(self, attributes: dict[str, str]) -> None:
        """No link to another file; the sheets of the workbook are XML parts, which are all read here."""
        outside = attributes.get("TargetMode", "").lower() == "external"
        if outside and not attributes.get("Type", "").endswith("/hyperlink"):
            raise refuse(f"Ce classeur contient des liens vers d’autres fichiers. {AGAIN}")
        if self.of_workbook and not attributes.get("Target", "").lower().endswith(".xml"):
            raise refuse(f"Ce classeur contient un fichier inattendu. {AGAIN}")


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
