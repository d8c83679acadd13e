"""A territory opens its request for the label: one open at a time (domain § 6; GUIDE, « Labellisation »)."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.db.utils import IntegrityError

from labelling.enums_label import OPEN_STATES, DossierKind, DossierState
from labelling.models import LabelDossier
from labelling.permissions import Perm
from labelling.services.label import copying, moves
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor, require
from territories.enums import Regime
from territories.models import Region, Territory

OPENED = "ouvrir"
PURPOSE_MAX = 300
NOT_SPO = "Cette région ne suit pas le régime du label : aucun dossier ne peut y être ouvert."
NO_PARENT = "Le territoire n’a pas encore de label accordé ici : commencez par une première demande."
ALREADY_LABELLED = (
    "Le label du territoire est déjà accordé : ouvrez un renouvellement, ou une modification si un lieu"
    " ouvre, ferme ou déménage."
)


def dossiers_of(by: Actor, territory: Territory) -> QuerySet[LabelDossier]:
    rows = LabelDossier.objects.visible_to(by).filter(territory=territory)
    return rows.select_related("territory", "region").order_by("-created_at", "-pk")


def current_of(by: Actor, territory: Territory) -> LabelDossier | None:
    """The dossier open for the territory; at most one (constraint)."""
    return dossiers_of(by, territory).filter(state__in=OPEN_STATES).first()


def granted_of(by: Actor, territory: Territory) -> LabelDossier | None:
    """The last dossier granted: the one that a renewal or a modification follows."""
    rows = dossiers_of(by, territory).filter(state=DossierState.ACCORDE)
    return rows.order_by("-decided_at", "-pk").first()


def kinds_for(by: Actor, territory: Territory) -> list[DossierKind]:
    """What the territory may ask for now, without a look at an open dossier."""
    if granted_of(by, territory) is None:
        return [DossierKind.INITIALE]
    return [DossierKind.RENOUVELLEMENT, DossierKind.MODIFICATION]


def open_dossier(
    *,
    by: Actor,
    territory: Territory,
    kind: str = DossierKind.INITIALE,
    parent: LabelDossier | None = None,
    purpose: str = "",
) -> LabelDossier:
    """Open a draft, or find the one of that kind already open: two coordinators at once get the same.

    A renewal or a modification starts from ``parent`` (the last dossier granted when none is named), with
    everything it holds. Raises ``Refused``: other regime, dossier of another kind open, no label to renew, a
    modification that does not say what changes.
    """
    require(by, Perm.WRITE_LABEL_DOSSIER)
    if territory.pk not in by.scope.tenant and not by.scope.system:
        raise PermissionDenied("Le dossier d’un territoire s’ouvre par son coordinateur.")
    wanted = _kind(kind)
    said = _purpose(purpose, wanted=wanted == DossierKind.MODIFICATION)
    region = Region.objects.get(pk=territory.region_id)
    if region.regime != Regime.SPO:
        raise Refused(NOT_SPO)
    found = current_of(by, territory)
    if found is not None:
        return _same(found, wanted)
    source = _parent(by, territory, wanted, parent)
    made = LabelDossier(
        region=region,
        territory=territory,
        kind=wanted,
        parent=source,
        purpose=said,
        created_by_label=by.label or "Système",
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            moves.leave_step(by=by, dossier=made, key=OPENED, comment=said, before="")
            if source is not None:
                copying.copy_all(by=by, source=source, into=made)
    except IntegrityError as error:
        # Two coordinators in the same second: the other one opened it.
        found = current_of(by, territory)
        if found is None:
            raise moves.rule_broken(error) from error
        return _same(found, wanted)
    made.refresh_from_db()
    made.region, made.territory = region, territory
    return made


def _kind(kind: str) -> DossierKind:
    if kind not in DossierKind.values:
        raise Refused("Choisissez la nature de la demande.", "nature")
    return DossierKind(kind)


def _purpose(purpose: str, *, wanted: bool) -> str:
    try:
        said = clean_text(purpose, max_length=PURPOSE_MAX)
    except TextRefused as error:
        raise Refused(str(error), "objet") from None
    if wanted and len(said) < 5:
        raise Refused("Dites en une phrase ce qui change : quel lieu ouvre, ferme ou déménage.", "objet")
    return said if wanted else ""


def _same(found: LabelDossier, wanted: DossierKind) -> LabelDossier:
    if found.kind != wanted:
        raise Refused(
            f"Un dossier est déjà ouvert pour ce territoire : « {found.get_kind_display()} »,"
            f" {found.get_state_display().lower()}. Reprenez-le, ou retirez-le d’abord.",
            "nature",
        )
    return found


def _parent(
    by: Actor, territory: Territory, wanted: DossierKind, parent: LabelDossier | None
) -> LabelDossier | None:
    last = granted_of(by, territory)
    if wanted == DossierKind.INITIALE:
        if last is not None:
            raise Refused(ALREADY_LABELLED, "nature")
        return None
    if parent is not None:
        # Read again: the one named must be a granted dossier of this very territory.
        last = dossiers_of(by, territory).filter(pk=parent.pk, state=DossierState.ACCORDE).first()
    if last is None:
        raise Refused(NO_PARENT, "nature")
    return last
