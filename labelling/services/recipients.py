"""Who must know of a file: its porteur's accounts, those it is shared with, the Region, the commission.

System scope only (worker). A mandate that ended or an account that closed is nobody's address any more.
"""

import datetime
from collections.abc import Iterable
from enum import StrEnum

from django.utils import timezone

from labelling.enums_ami import AssignmentState
from labelling.models import AmiApplication, AmiAssignment
from labelling.querysets_ami import CHANGE, VIEW
from territories.enums import Role
from territories.models import Membership, Share, User


class Group(StrEnum):
    """Recipients of a notice, by what they are to the file."""

    PORTEUR = "porteur"
    COWRITERS = "cowriters"
    REGION = "region"
    BOARD = "board"
    # The scorer the file has just been confided to.
    SCORER = "scorer"


# Those who learn of a step only once it is told (never an avis nor a decision before its publication).
OUTSIDE = frozenset({Group.PORTEUR, Group.COWRITERS})


def holders(role: Role, **scope: object) -> set[int]:
    """Accounts that hold ``role`` today on that scope."""
    rows = Membership.objects.for_system().in_force().filter(role=role, user__is_active=True, **scope)
    return set(rows.values_list("user_id", flat=True))


def sharing(application: AmiApplication, *permissions: str) -> set[int]:
    """Accounts the file is shared with today, by its own organisation."""
    rows = Share.objects.for_system().filter(
        content_type__app_label="labelling",
        content_type__model="amiapplication",
        object_id=str(application.pk),
        organisation_id=application.organisation_id,
        permission__in=permissions or (VIEW, CHANGE),
        withdrawn_at=None,
        until__gt=timezone.now(),
        user__is_active=True,
    )
    return set(rows.values_list("user_id", flat=True))


def writers(application: AmiApplication) -> set[int]:
    """Those who can act on the file: the porteur's accounts and who may change it."""
    return holders(Role.PORTEUR, organisation_id=application.organisation_id) | sharing(application, CHANGE)


def members(group: Group, application: AmiApplication, at: datetime.datetime) -> set[int]:
    """Accounts of a group; ``at``: when the step was made."""
    if group == Group.PORTEUR:
        return holders(Role.PORTEUR, organisation_id=application.organisation_id)
    if group == Group.COWRITERS:
        return sharing(application)
    if group == Group.REGION:
        return holders(Role.REGION, region_id=application.region_id)
    if group == Group.BOARD:
        return holders(Role.MEMBRE_COMMISSION, commission_id=application.commission_id)
    waited = AmiAssignment.objects.for_system().filter(
        application=application, state=AssignmentState.ATTENDUE, scorer__is_active=True
    )
    near = min(waited, key=lambda row: abs(row.assigned_at - at), default=None)
    return {near.scorer_id} if near else set()


def address_of(user_id: int) -> User | None:
    return User.objects.filter(pk=user_id, is_active=True).first()


def everyone(groups: Iterable[Group], application: AmiApplication, at: datetime.datetime) -> set[int]:
    return set().union(*(members(group, application, at) for group in groups))
