"""Which parts of a label dossier the actor may write now: all in a draft, those an open complement names.

The database holds the same rule by a trigger (``labeldossier_part_closed``); this one speaks first.
"""

from django.core.exceptions import PermissionDenied

from labelling.enums_label import DossierState, LabelPart
from labelling.models import LabelDossier
from labelling.permissions import Perm
from labelling.services.label.moves import RULES, open_complement
from spo_portal.kernel.errors import Refused
from territories.access import Actor, can, require

ALL_PARTS = frozenset(str(part) for part in LabelPart)
NONE: frozenset[str] = frozenset()


def may_write(by: Actor, dossier: LabelDossier) -> bool:
    """The coordinators of the territory write its dossier."""
    if by.scope.system:
        return True
    return can(by, Perm.WRITE_LABEL_DOSSIER) and dossier.territory_id in by.scope.tenant


def open_parts(by: Actor, dossier: LabelDossier) -> frozenset[str]:
    """Keys (``LabelPart``) the actor may write now; empty for a reader, or once the dossier is submitted."""
    if not may_write(by, dossier):
        return NONE
    if dossier.state == DossierState.BROUILLON:
        return ALL_PARTS
    asked = open_complement(by, dossier)
    return frozenset(asked.parts) if asked else NONE


def require_part(by: Actor, dossier: LabelDossier, key: str) -> None:
    """Raise 403 to who does not write this dossier, ``Refused`` when the part is closed."""
    require(by, Perm.WRITE_LABEL_DOSSIER)
    if not may_write(by, dossier):
        raise PermissionDenied("Ce dossier vous est ouvert en lecture seulement.")
    if key not in open_parts(by, dossier):
        raise Refused(RULES["labeldossier_part_closed"])
