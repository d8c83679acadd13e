"""Who must know of a step of the label's procedure. System scope only (worker)."""

from collections.abc import Iterable
from enum import StrEnum

from labelling.models import LabelDossier, LabelPlace, LabelWithdrawal
from labelling.services.recipients import holders
from territories.enums import Role


class Group(StrEnum):
    """Recipients of a notice, by what they are to the dossier."""

    COORDINATORS = "coordinators"
    STATE = "state"
    ANIMATION = "animation"
    # The référents of the places decided, or of the place whose label is in question.
    PLACES = "places"


def of_dossier(groups: Iterable[Group], dossier: LabelDossier) -> set[int]:
    found: set[int] = set()
    for group in groups:
        if group == Group.PLACES:
            rows = LabelPlace.objects.for_system().filter(dossier=dossier).exclude(outcome="")
            found |= holders(Role.REFERENT, site_id__in=list(rows.values_list("site_id", flat=True)))
        else:
            found |= _common(group, dossier)
    return found


def of_withdrawal(groups: Iterable[Group], row: LabelWithdrawal) -> set[int]:
    found: set[int] = set()
    for group in groups:
        found |= holders(Role.REFERENT, site_id=row.site_id) if group == Group.PLACES else _common(group, row)
    return found


def _common(group: Group, row: LabelDossier | LabelWithdrawal) -> set[int]:
    if group == Group.COORDINATORS:
        return holders(Role.COORDINATEUR, territory_id=row.territory_id)
    role = Role.PREFECTURE if group == Group.STATE else Role.ANIMATION
    return holders(role, region_id=row.region_id)
