"""What the territory proposes for each place: label, partner with the motive, or nothing (domain § 6).

Each place is saved on its own, with its number: two writers of the same place are told, nothing is lost.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums_label import AssociationMotive, LabelPart, PlaceProposal
from labelling.models import LabelDossier, LabelPlace
from labelling.services.label import moves
from labelling.services.label.ground import Ground, Line, grid_of, ground_of
from labelling.services.label.parts import require_part
from labelling.services.label.sections import touch
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor
from territories.enums import PartnerDirection

PART = str(LabelPart.LIEUX)
NOTE_MAX, NOTE_MIN = 600, 5
# What stands for the places of no network in a filter.
NO_NETWORK = "hors"
P = PlaceProposal


@dataclass(frozen=True)
class Wish:
    """What a writer wants for a place, as typed."""

    proposal: str
    direction: str = ""
    note: str = ""


class PlaceConflict(Conflict):
    """Somebody else decided of this place in between: ``stored`` is theirs, ``typed`` what was refused."""

    def __init__(self, stored: LabelPlace, typed: Wish) -> None:
        super().__init__("Ce lieu a été modifié ailleurs pendant que vous le remplissiez.")
        self.stored, self.typed = stored, typed


def propose(*, by: Actor, dossier: LabelDossier, site_id: int, wish: Wish, seen: int) -> LabelPlace:
    """Save the proposal of one place. ``seen``: the number it had on the screen, 0 for none.

    A place that does not meet every condition is proposed for the label only with a note: a person decides,
    with the reason. Raises ``PlaceConflict``, or ``Refused`` with the field.
    """
    require_part(by, dossier, PART)
    try:
        with transaction.atomic():
            locked = moves.lock(by, dossier)
            require_part(by, locked, PART)
            ground = ground_of(by, locked.territory, locked, live=True)
            line = next((one for one in ground.lines if one.site.pk == site_id), None)
            if line is None:
                raise Refused("Ce lieu n’est plus dans l’annuaire du territoire.")
            values = checked(line, wish)
            row = line.row
            if row is not None and same(row, values):
                return row
            if (row.version if row else 0) != seen:
                # Without a row nobody decided: the number on the screen was that of one taken out since.
                raise PlaceConflict(row or LabelPlace(dossier=locked, site=line.site), wish)
            row = row or LabelPlace(
                dossier=locked, territory_id=locked.territory_id, site=line.site, version=0
            )
            for name, value in values.items():
                setattr(row, name, value)
            row.version += 1
            _sign(by, row)
            row.save()
            touch(by, locked)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error
    return row


def _sign(by: Actor, row: LabelPlace) -> None:
    row.saved_at, row.saved_by_label = timezone.now(), by.label or "Système"


def same(row: LabelPlace, values: dict[str, str]) -> bool:
    return all(getattr(row, name) == value for name, value in values.items())


def checked(line: Line, wish: Wish) -> dict[str, str]:
    """The values to keep for a wish, or ``Refused`` with the field that must be mended."""
    if wish.proposal not in P.values:
        raise Refused("Choisissez ce que vous proposez pour ce lieu.", "proposition")
    try:
        note = clean_text(wish.note, max_length=NOTE_MAX)
    except TextRefused as error:
        raise Refused(str(error), "note") from None
    if wish.proposal == P.ECARTE:
        return {"proposal": str(P.ECARTE), "motive": "", "direction": "", "note": note}
    if line.site.organisation.is_training_body:
        raise Refused(
            "Un organisme de formation n’est ni labellisé ni partenaire associé : l’indépendance de toute"
            " prescription l’exclut.",
            "proposition",
        )
    if not line.site.active:
        raise Refused("Ce lieu n’est plus ouvert au public : laissez-le hors du dossier.", "proposition")
    if wish.proposal == P.LABEL:
        if not line.eligibility.eligible and len(note) < NOTE_MIN:
            raise Refused(
                "Ce lieu ne remplit pas toutes les conditions : écrivez pourquoi vous le proposez.", "note"
            )
        return {"proposal": str(P.LABEL), "motive": "", "direction": "", "note": note}
    if wish.direction not in PartnerDirection.values or not wish.direction:
        raise Refused("Choisissez le sens du partenariat.", "sens")
    if line.eligibility.eligible and len(note) < NOTE_MIN:
        raise Refused(
            "Ce lieu remplit les conditions du label : écrivez pourquoi il serait partenaire associé.", "note"
        )
    return {
        "proposal": str(P.ASSOCIE),
        "motive": str(motive_of(line)),
        "direction": wish.direction,
        "note": note,
    }


def motive_of(line: Line) -> AssociationMotive:
    """Why a place is a partner: of no network, or not eligible (PART-1)."""
    return AssociationMotive.HORS_RESEAU if line.site.reseau_id is None else AssociationMotive.NON_ELIGIBLE


@dataclass(frozen=True)
class Bulk:
    """How many places were just proposed for the label, and as partners."""

    label: int = 0
    partners: int = 0


def propose_all(*, by: Actor, dossier: LabelDossier, partners: bool = False, network: str = "") -> Bulk:
    """Propose every eligible place nobody has decided of; with ``partners``, the others become partners.

    A place already decided stays as it is. ``network``: its code (or ``NO_NETWORK``), to keep to one.
    Training bodies stay out.
    """
    require_part(by, dossier, PART)
    try:
        with transaction.atomic():
            locked = moves.lock(by, dossier)
            require_part(by, locked, PART)
            rows = []
            for line in ground_of(by, locked.territory, locked, live=True).undecided:
                if network and network != (line.site.reseau.code if line.site.reseau else NO_NETWORK):
                    continue
                row = _row_of(locked, line, partners)
                if row is not None:
                    _sign(by, row)
                    rows.append(row)
            LabelPlace.objects.bulk_create(rows)
            if rows:
                touch(by, locked)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error
    labelled = sum(row.proposal == P.LABEL for row in rows)
    return Bulk(labelled, len(rows) - labelled)


def _row_of(dossier: LabelDossier, line: Line, partners: bool) -> LabelPlace | None:
    row = LabelPlace(dossier=dossier, territory_id=dossier.territory_id, site=line.site)
    if not line.may_be_labelled:
        return None
    if line.eligibility.eligible:
        row.proposal = P.LABEL
        return row
    if not partners:
        return None
    row.proposal, row.motive, row.direction = P.ASSOCIE, motive_of(line), line.direction
    if line.site.reseau_id is not None:
        row.note = " ".join(one.text for one in line.eligibility.unmet)[:NOTE_MAX]
    return row


def freeze(*, by: Actor, dossier: LabelDossier) -> Ground:
    """Keep with each place what was found of it: eligibility and grid, as they are read now.

    Called at the submission, and again when complements on the places are answered. A place nobody decided of
    stays out of the dossier, and in it as such: what exists is counted with what is proposed.
    """
    ground = ground_of(by, dossier.territory, dossier, live=True)
    kept, added = [], []
    for line in ground.lines:
        row = line.row
        if row is None:
            row = LabelPlace(
                dossier=dossier, territory_id=dossier.territory_id, site=line.site, proposal=P.ECARTE
            )
            _sign(by, row)
        row.eligibility = line.eligibility.stored()
        row.grid = grid_of(line, ground.grid)
        (kept if row.pk else added).append(row)
    LabelPlace.objects.visible_to(by).bulk_update(kept, ["eligibility", "grid"])
    LabelPlace.objects.bulk_create(added)
    return ground
