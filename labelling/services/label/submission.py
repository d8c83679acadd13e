"""The territory submits its dossier to the préfet, or withdraws it (domain § 6)."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.utils import IntegrityError

from labelling.enums_label import DossierState
from labelling.models import LabelDossier
from labelling.permissions import Perm
from labelling.services import clock
from labelling.services.label import figures, moves, places
from labelling.services.label.completeness import completeness_of
from labelling.services.label.material import material_of
from labelling.services.label.parts import may_write
from labelling.workflows import label as flow
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.typography import counted
from territories.access import Actor, require


def _own(by: Actor, dossier: LabelDossier) -> None:
    require(by, Perm.SUBMIT_LABEL)
    if not may_write(by, dossier):
        raise PermissionDenied("Seul le coordinateur du territoire dépose ou retire son dossier.")


def submit(*, by: Actor, dossier: LabelDossier) -> LabelDossier:
    """Submit a complete draft: figures, eligibility, grids and convention are frozen with it.

    Asked again, it answers the dossier already submitted. Raises ``Refused`` when something is missing,
    ``Conflict`` when it was withdrawn; the draft stays as it was.
    """
    _own(by, dossier)
    try:
        with transaction.atomic():
            locked = moves.lock(by, dossier)
            if locked.submitted_at is not None:
                return locked
            if locked.state != DossierState.BROUILLON:
                raise Conflict("Ce dossier a été retiré : il ne peut plus être déposé.")
            found = material_of(by=by, dossier=locked)
            missing = completeness_of(found).missing
            if missing:
                words = counted(len(missing), "point")
                raise Refused(f"Le dossier n’est pas complet : il reste {words} à compléter.")
            ground = places.freeze(by=by, dossier=locked)
            known = figures.figures_of(by=by, territory=locked.territory, ground=ground)
            locked.figures = figures.stored(known, clock.now())
            locked.convention = found.agreement.convention if found.agreement else None
            locked.save(update_fields=["figures", "convention"])
            return moves.move(by=by, dossier=locked, key=flow.DEPOSER.key)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error


def abandon(*, by: Actor, dossier: LabelDossier, reason: str) -> LabelDossier:
    """Withdraw the dossier, with its reason; it stays readable and the territory may open another."""
    _own(by, dossier)
    return moves.move(by=by, dossier=dossier, key=flow.ABANDONNER.key, comment=reason)
