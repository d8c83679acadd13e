"""The Region's plaquette: what a PDF must be to go with each fiche, and its record.

The file is mailed to the public and opened at every desk, so anything that acts by itself is refused:
scripts, launches, embedded files, forms that send, encryption. The check reads structure only; nothing runs.
"""

import hashlib
import re
import zlib
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from spo_portal.kernel import audit
from spo_portal.kernel.errors import Refused
from territories.access import Actor, require
from territories.models import Brochure, Region
from territories.permissions import Perm

MAX_PAGES = 24
KEPT = 3
# Unpacked at most: a bomb stops the check instead of the server.
MAX_UNPACKED = 96 * 1024 * 1024
_CHUNK = 256 * 1024

_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_HEX = re.compile(rb"#([0-9A-Fa-f]{2})")
_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")
_OPENS = re.compile(rb"/OpenAction(?!\s*\[)")
_END = rb"(?![A-Za-z0-9])"
# Long names are looked for in every byte, packed or not; short ones in dictionaries only: chance makes them.
_ANYWHERE: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"/JavaScript" + _END), "il contient un programme (JavaScript)"),
    (re.compile(rb"/Launch" + _END), "il lance un autre programme"),
    (re.compile(rb"/EmbeddedFiles?" + _END), "il contient un autre fichier"),
    (re.compile(rb"/Filespec" + _END), "il contient ou désigne un autre fichier"),
    (re.compile(rb"/RichMedia" + _END), "il contient une vidéo ou une animation"),
    (re.compile(rb"/SubmitForm" + _END), "il contient un formulaire qui envoie ce qu’on y tape"),
    (re.compile(rb"/ImportData" + _END), "il lit d’autres fichiers"),
    (re.compile(rb"/GoTo[RE]" + _END), "il ouvre d’autres fichiers"),
    (re.compile(rb"/Encrypt" + _END), "il est protégé par un mot de passe ou des droits"),
)
_IN_DICTIONARIES: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"/JS" + _END), "il contient un programme (JavaScript)"),
    (re.compile(rb"/AA" + _END), "il agit tout seul à l’ouverture d’une page"),
    (re.compile(rb"/XFA" + _END), "il contient un formulaire actif"),
    (_OPENS, "il agit tout seul à l’ouverture"),
)
ADVICE = "Enregistrez-le à nouveau avec « Imprimer », puis « PDF », et déposez ce nouveau fichier."


@dataclass(frozen=True, slots=True)
class Inspected:
    """A PDF found harmless: number of pages and fingerprint."""

    pages: int
    sha256: str


def inspect_pdf(
    content: bytes, *, most: int = MAX_PAGES, what: str = "Une plaquette", most_bytes: int | None = None
) -> Inspected:
    """Check the structure of a PDF; raises ``Refused`` with a plain reason when it may not be handed over.

    ``what`` has at most ``most`` pages and ``most_bytes`` octets (by default, those of any upload).
    """
    if not content:
        raise Refused("Ce fichier est vide.", "fichier")
    limit = most_bytes or settings.UPLOAD_MAX_BYTES
    if len(content) > limit:
        raise Refused(f"Ce fichier est trop lourd : {limit // (1024 * 1024)} Mo au plus.", "fichier")
    if not re.match(rb"%PDF-[12]\.\d[\r\n\s]", content[:16]):
        raise Refused("Ce fichier n’est pas un PDF.", "fichier")
    if b"%%EOF" not in content[-1024:] or b"startxref" not in content[-2048:]:
        raise Refused("Ce PDF est incomplet ou abîmé : sa fin manque.", "fichier")
    _refuse(_plain(content), _ANYWHERE)
    dictionaries = _plain(_STREAM.sub(b"stream endstream", content))
    _refuse(dictionaries, _ANYWHERE + _IN_DICTIONARIES)
    pages = len(_PAGE.findall(dictionaries))
    pages += _check_packed(content)
    if not pages:
        raise Refused("Ce PDF n’a aucune page lisible.", "fichier")
    if pages > most:
        raise Refused(f"{what} a {most} pages au plus ; celle-ci en a {pages}.", "fichier")
    return Inspected(pages, hashlib.sha256(content).hexdigest())


def _plain(data: bytes) -> bytes:
    """Names with their ``#xx`` escapes read: /J#61vaScript is /JavaScript."""
    return _HEX.sub(lambda match: bytes([int(match[1], 16)]), data)


def _refuse(data: bytes, rules: tuple[tuple[re.Pattern[bytes], str], ...]) -> None:
    for pattern, reason in rules:
        if pattern.search(data):
            raise Refused(f"Ce PDF ne peut pas être remis : {reason}. {ADVICE}", "fichier")


def _check_packed(content: bytes) -> int:
    """Unpack what is packed and look inside; return the pages found there.

    Objects may hide in compressed streams; a packing this code can't open is refused when it holds objects.
    """
    pages, unpacked = 0, 0
    for match in _STREAM.finditer(content):
        header = _plain(content[max(0, match.start() - 1024) : match.start()].rpartition(b"obj")[2])
        objects = re.search(rb"/ObjStm(?![A-Za-z])", header) is not None
        text, size = _unpack(match[1], MAX_UNPACKED - unpacked, keep=objects)
        unpacked += size
        if not objects:
            continue
        filters = re.findall(rb"/(\w+Decode)", header)
        if filters not in ([], [b"FlateDecode"]) or (filters and not size):
            raise Refused(f"Ce PDF est rangé d’une façon que le portail ne lit pas. {ADVICE}", "fichier")
        packed = _plain(text if filters else match[1])
        _refuse(packed, _ANYWHERE + _IN_DICTIONARIES)
        pages += len(_PAGE.findall(packed))
    return pages


def _unpack(data: bytes, room: int, *, keep: bool) -> tuple[bytes, int]:
    """Unpack a stream piece by piece, looking for names; (text if kept, size). Not packed: nothing."""
    reader = zlib.decompressobj()
    parts: list[bytes] = []
    size, tail, pending = 0, b"", data
    while pending and not reader.eof:
        try:
            piece = reader.decompress(pending, _CHUNK)
        except zlib.error:
            break
        pending = reader.unconsumed_tail
        size += len(piece)
        if size > room:
            raise Refused(f"Ce PDF est trop lourd une fois ouvert. {ADVICE}", "fichier")
        _refuse(_plain(tail + piece), _ANYWHERE)
        tail = piece[-64:]
        if keep:
            parts.append(piece)
    return b"".join(parts), size


def safe_name(name: str) -> str:
    """The file's name without path, control character or another ending."""
    base = re.sub(r"[^\w .()’'-]", "", name.replace("\\", "/").rpartition("/")[2]).strip(" .")
    stem = base[:-4] if base.lower().endswith(".pdf") else base
    return f"{stem[:100].strip() or 'plaquette'}.pdf"


def store_brochure(*, by: Actor, region: Region, name: str, content: bytes) -> Brochure:
    """Make this PDF the Region's plaquette; the last ones are kept in case it must come back."""
    require(by, Perm.EDIT_BROCHURE)
    if region.pk not in by.scope.lead:
        raise Refused("Vous déposez la plaquette de votre Région seulement.", "region")
    inspected = inspect_pdf(content)
    with transaction.atomic():
        brochure = Brochure(
            region=region,
            name=safe_name(name),
            content=content,
            sha256=inspected.sha256,
            pages=inspected.pages,
            uploaded_by_id=by.user_id,
        )
        brochure.save(force_insert=True)
        mine = Brochure.objects.visible_to(by).filter(region=region)
        kept = list(mine.order_by("-uploaded_at", "-pk").values_list("pk", flat=True)[:KEPT])
        mine.exclude(pk__in=kept).delete()
        audit.record(
            "territories.brochure_stored",
            by=by,
            object_type="brochure",
            object_id=brochure.pk,
            data={"region": region.code, "pages": inspected.pages, "sha256": inspected.sha256},
        )
    return brochure
