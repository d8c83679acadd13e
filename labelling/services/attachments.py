"""Files of an application: what they must be, added, removed (AMI; never run, never shown inline).

Hostile until proved otherwise: a file's bytes say what it is, not its name.
"""

import hashlib
import re
from dataclasses import dataclass

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums_ami import FileKind, PartKey
from labelling.models import AmiApplication, AmiAttachment
from labelling.models.application import FILE_MAX_BYTES
from labelling.services import moves
from labelling.services.parts import CLOSED, open_parts, require_part
from labelling.services.sections import touch
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.office import inspect_office
from spo_portal.kernel.pictures import JPEG, PNG, clean_jpeg, clean_png
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor
from territories.services.brochure import inspect_pdf

PART = str(PartKey.PIECES)
# The evidence of a criterion may be joined while the criteria are open, even if the files are not.
PARTS = frozenset({PART, str(PartKey.CRITERES)})
FILES_MAX, PAGES_MAX = 30, 200
MEGABYTES = FILE_MAX_BYTES // (1024 * 1024)
TOO_HEAVY = f"Ce fichier est trop lourd : {MEGABYTES} Mo au plus."
ACCEPTED = "PDF, PNG, JPEG, DOCX, XLSX, ODT ou ODS"
CONTENT_TYPES = {
    FileKind.PDF: "application/pdf",
    FileKind.PNG: "image/png",
    FileKind.JPEG: "image/jpeg",
    FileKind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileKind.ODT: "application/vnd.oasis.opendocument.text",
    FileKind.ODS: "application/vnd.oasis.opendocument.spreadsheet",
}
_ENDINGS = {FileKind.JPEG: "jpg"}
_KNOWN = re.compile(r"\.(pdf|png|jpe?g|docx|xlsx|odt|ods)$", re.IGNORECASE)
# What people try to join most often, told by its first bytes.
_NAMED: tuple[tuple[tuple[bytes, ...], str], ...] = (
    (
        (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe"),
        "Ce fichier est un programme, quel que soit son nom",
    ),
    ((b"\xd0\xcf\x11\xe0",), "Ce fichier est dans un ancien format de Word ou d’Excel, ou protégé"),
    ((b"GIF8", b"RIFF", b"BM", b"II*\x00", b"MM\x00*"), "Cette image n’est ni PNG ni JPEG"),
    ((b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b"), "Ce fichier est une archive compressée"),
    ((b"{\\rtf",), "Ce fichier est un document RTF"),
)
_DRAWING = re.compile(rb"<(?:svg|!doctype|html|script|\?xml)", re.IGNORECASE)


@dataclass(frozen=True)
class Proved:
    """A file that may be kept: what it is, the bytes to keep, a name with the right ending."""

    kind: FileKind
    content: bytes
    name: str


def prove(name: str, content: bytes) -> Proved:
    """Check a file; raises ``Refused`` (field ``fichier``) with a plain reason."""
    if not content:
        raise _no("Choisissez un fichier : celui-ci est vide.")
    if len(content) > FILE_MAX_BYTES:
        raise _no(TOO_HEAVY)
    if content.startswith(b"%PDF-"):
        inspect_pdf(content, most=PAGES_MAX, what="Une pièce", most_bytes=FILE_MAX_BYTES)
        kind = FileKind.PDF
    elif content.startswith(PNG):
        kind, content = FileKind.PNG, clean_png(content)
    elif content.startswith(JPEG):
        kind, content = FileKind.JPEG, clean_jpeg(content)
    elif content.startswith(b"PK\x03\x04"):
        kind = FileKind(inspect_office(content).value)
    else:
        raise _no(f"{_what(content)}. Joignez un fichier {ACCEPTED}.")
    return Proved(kind, content, safe_name(name, kind))


def _what(content: bytes) -> str:
    for marks, words in _NAMED:
        if content.startswith(marks):
            return words
    if _DRAWING.search(content[:4096]):
        return "Ce fichier est une page ou un dessin (SVG), qui peut contenir un programme"
    return "Ce fichier n’est pas d’un format accepté"


def safe_name(name: str, kind: FileKind) -> str:
    """The file's name without path or control character, with the ending of what it is."""
    base = re.sub(r"[^\w .()’'-]", "", name.replace("\\", "/").rpartition("/")[2]).strip()
    stem = _KNOWN.sub("", base).strip(" .")
    return f"{stem[:100].strip() or 'piece'}.{_ENDINGS.get(kind, kind.value)}"


def may_add(by: Actor, application: AmiApplication) -> bool:
    return bool(PARTS & open_parts(by, application))


def add_file(
    *, by: Actor, application: AmiApplication, title: str, name: str, content: bytes
) -> AmiAttachment:
    """Join one file; the same file again is answered by the one already there."""
    _require_open(by, application)
    proved = prove(name, content)
    said = _title(title) or proved.name.rpartition(".")[0][:120]
    mark = hashlib.sha256(proved.content).hexdigest()
    try:
        with transaction.atomic():
            locked = moves.lock(by, application)
            _require_open(by, locked)
            rows = AmiAttachment.objects.visible_to(by).filter(application=locked).defer("content")
            same = rows.filter(sha256=mark).first()
            if same is not None:
                return same
            if rows.count() >= FILES_MAX:
                raise Refused(f"Un dossier compte {FILES_MAX} pièces au plus : retirez-en une.", "fichier")
            made = AmiAttachment(
                application=locked,
                title=said,
                name=proved.name,
                format=proved.kind,
                content=proved.content,
                size=len(proved.content),
                sha256=mark,
                uploaded_at=timezone.now(),
                uploaded_by_id=by.user_id,
                uploaded_by_label=by.label,
            )
            made.save(force_insert=True)
            touch(by, locked)
            _trace("labelling.ami_piece_jointe", by, locked, made)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error
    return made


def remove_file(*, by: Actor, application: AmiApplication, attachment: AmiAttachment) -> None:
    """Take a file out; the criteria it proved lose it."""
    _require_open(by, application)
    try:
        with transaction.atomic():
            locked = moves.lock(by, application)
            _require_open(by, locked)
            own = AmiAttachment.objects.visible_to(by).filter(application=locked, pk=attachment.pk)
            found = own.defer("content").first()
            if found is None:
                return
            _trace("labelling.ami_piece_retiree", by, locked, found)
            own.delete()
            touch(by, locked)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error


def _require_open(by: Actor, application: AmiApplication) -> None:
    if not may_add(by, application):
        require_part(by, application, PART)
        raise Refused(CLOSED)


def _title(text: str) -> str:
    try:
        return clean_text(text, max_length=120)
    except TextRefused as error:
        raise Refused(str(error), "titre") from None


def _no(message: str) -> Refused:
    return Refused(message, "fichier")


def _trace(key: str, by: Actor, application: AmiApplication, attachment: AmiAttachment) -> None:
    audit.record(
        key,
        by=by,
        object_type="amiattachment",
        object_id=attachment.pk,
        tenant_id=application.territory_id,
        data={"dossier": application.pk, "format": str(attachment.format), "octets": attachment.size},
    )
