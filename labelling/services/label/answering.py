"""The territory answers a request for complements: what was opened again is complete, then frozen again."""

from django.db import transaction
from django.db.utils import IntegrityError

from labelling.enums_label import LabelPart
from labelling.models import LabelComplement, LabelDossier
from labelling.services.completeness import Gap
from labelling.services.label import complements, moves, places
from labelling.services.label.completeness import OUTSIDE, completeness_of
from labelling.services.label.material import Material, material_of
from labelling.services.label.moves import open_complement
from labelling.services.label.parts import may_write
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.typography import counted
from territories.access import Actor


def gaps_of(material: Material, asked: LabelComplement) -> list[Gap]:
    """What is missing in the parts that were opened again; a place added brings its organisation too."""
    opened = {str(key) for key in asked.parts}
    missing = completeness_of(material).missing
    bound = LabelPart.LIEUX in opened
    return [gap for gap in missing if gap.part in opened or (bound and gap.anchor == OUTSIDE)]


def answer(*, by: Actor, dossier: LabelDossier, text: str) -> LabelComplement:
    """Send the answer: the parts close again, with the places as they are judged now.

    Raises ``Refused`` while an opened part is not complete; the rest is the rule of ``answer_complement``.
    """
    try:
        with transaction.atomic():
            locked = moves.lock(by, dossier)
            asked = open_complement(by, locked)
            if asked is not None and may_write(by, locked) and text.strip():
                _prepare(by, locked, asked)
            return complements.answer_complement(by=by, dossier=locked, answer=text)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error


def _prepare(by: Actor, locked: LabelDossier, asked: LabelComplement) -> None:
    material = material_of(by=by, dossier=locked)
    missing = gaps_of(material, asked)
    if missing:
        raise Refused(f"Il reste {counted(len(missing), 'point')} à compléter dans les parties rouvertes.")
    if LabelPart.LIEUX in asked.parts:
        places.freeze(by=by, dossier=locked)
    if LabelPart.PIECES in asked.parts and material.agreement is not None:
        locked.convention = material.agreement.convention
        locked.save(update_fields=["convention"])
