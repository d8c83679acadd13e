"""Files of a label dossier: added, removed. A file is proved as any other of the portal."""

import hashlib

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums_label import LabelPart
from labelling.models import LabelAttachment, LabelDossier
from labelling.services.attachments import prove
from labelling.services.label import moves
from labelling.services.label.parts import require_part
from labelling.services.label.sections import touch
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor

PART = str(LabelPart.PIECES)
FILES_MAX = 30
TITLE_MAX = 120


def add_file(*, by: Actor, dossier: LabelDossier, title: str, name: str, content: bytes) -> LabelAttachment:
    """Join one file; the same file again is answered by the one already there."""
    require_part(by, dossier, PART)
    proved = prove(name, content)
    said = check_title(title) or proved.name.rpartition(".")[0][:TITLE_MAX]
    mark = hashlib.sha256(proved.content).hexdigest()
    try:
        with transaction.atomic():
            locked = moves.lock(by, dossier)
            require_part(by, locked, PART)
            rows = LabelAttachment.objects.visible_to(by).filter(dossier=locked).defer("content")
            same = rows.filter(sha256=mark).first()
            if same is not None:
                return same
            if rows.count() >= FILES_MAX:
                raise Refused(f"Un dossier compte {FILES_MAX} pièces au plus : retirez-en une.", "fichier")
            made = LabelAttachment(
                dossier=locked,
                title=said,
                name=proved.name,
                format=proved.kind,
                content=proved.content,
                size=len(proved.content),
                sha256=mark,
                uploaded_at=timezone.now(),
                uploaded_by_id=by.user_id,
                uploaded_by_label=by.label or "Système",
            )
            made.save(force_insert=True)
            touch(by, locked)
            _trace("labelling.label_piece_jointe", by, locked, made)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error
    return made


def remove_file(*, by: Actor, dossier: LabelDossier, attachment: LabelAttachment) -> None:
    """Take a file out; one already gone is no matter."""
    require_part(by, dossier, PART)
    try:
        with transaction.atomic():
            locked = moves.lock(by, dossier)
            require_part(by, locked, PART)
            own = LabelAttachment.objects.visible_to(by).filter(dossier=locked, pk=attachment.pk)
            found = own.defer("content").first()
            if found is None:
                return
            _trace("labelling.label_piece_retiree", by, locked, found)
            own.delete()
            touch(by, locked)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error


def check_title(text: str) -> str:
    try:
        return clean_text(text, max_length=TITLE_MAX)
    except TextRefused as error:
        raise Refused(str(error), "titre") from None


def _trace(key: str, by: Actor, dossier: LabelDossier, attachment: LabelAttachment) -> None:
    audit.record(
        key,
        by=by,
        object_type="labelattachment",
        object_id=attachment.pk,
        tenant_id=dossier.territory_id,
        data={"dossier": dossier.pk, "format": str(attachment.format), "octets": attachment.size},
    )
