"""End of the instruction of a file, one by one or for all that are ready: its notes open to those inside."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Q

from labelling.enums_ami import AssignmentState
from labelling.models import AmiApplication, AmiAssignment
from labelling.services import moves
from labelling.workflows import ami as flow
from spo_portal.kernel.errors import Conflict, Refused
from territories.access import Actor


@dataclass
class Closed:
    """What a closing of several files did."""

    done: int = 0
    refused: list[str] = field(default_factory=list)


def close_one(*, by: Actor, application: AmiApplication, comment: str = "") -> AmiApplication:
    """Close the instruction; ``Refused`` while a note is expected, or when none was given."""
    return moves.move(by=by, application=application, key=flow.CLORE.key, comment=comment)


def close_many(*, by: Actor, applications: Iterable[AmiApplication]) -> Closed:
    """Close each file that is ready; what is refused is told and stops nothing."""
    outcome = Closed()
    for application in applications:
        try:
            close_one(by=by, application=application)
        except (Refused, Conflict) as refusal:
            outcome.refused.append(f"{application.number} : {refusal}")
        else:
            outcome.done += 1
    return outcome


def ready(*, by: Actor, applications: Sequence[AmiApplication]) -> list[tuple[AmiApplication, int]]:
    """Files whose instruction may be closed, with how many notes were given: one at least, none expected."""
    counted = (
        AmiAssignment.objects.visible_to(by)
        .filter(application__in=[one.pk for one in applications])
        .order_by()
        .values("application_id")
        .annotate(
            expected=Count("pk", filter=Q(state=AssignmentState.ATTENDUE)),
            given=Count("pk", filter=Q(state=AssignmentState.DONNEE)),
        )
    )
    given = {row["application_id"]: row["given"] for row in counted if row["given"] and not row["expected"]}
    return [(one, given[one.pk]) for one in applications if one.pk in given]
