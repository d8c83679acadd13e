"""Files confided in number: an even proposal over the accounts chosen, then one assignment after another."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from labelling.enums_ami import AssignmentState
from labelling.models import AmiApplication, AmiAssignment
from labelling.permissions import Perm
from labelling.services.conflicts import conflicts_of, strong
from labelling.services.scorers import Load, assign, due_at_end_of
from spo_portal.kernel.errors import Conflict, Refused
from territories.access import Actor, require

S = AssignmentState


@dataclass
class Outcome:
    """What a bulk assignment did: pairs confided, and for each refused one its sentence."""

    confided: int = 0
    refused: list[str] = field(default_factory=list)


def propose(
    *,
    by: Actor,
    applications: Sequence[AmiApplication],
    per_file: int,
    among: Iterable[int],
    load: Mapping[int, Load] | None = None,
) -> dict[int, list[int]]:
    """For each file, which accounts to add so that ``per_file`` score it and the work is even.

    The least loaded comes first (then the order of ``among``); those already asked, set aside, or in
    conflict are passed over. Deterministic: the same call gives the same proposal.
    """
    order = list(dict.fromkeys(among))
    found = conflicts_of(by=by, user_ids=order, applications=applications)
    taken: dict[int, set[int]] = defaultdict(set)
    kept: dict[int, int] = defaultdict(int)
    ids = [application.pk for application in applications]
    for row in AmiAssignment.objects.visible_to(by).filter(application__in=ids).order_by("pk"):
        if row.state in (S.ATTENDUE, S.DONNEE):
            kept[row.application_id] += 1
        if row.state != S.RETIREE:
            taken[row.application_id].add(row.scorer_id)
    counts = dict.fromkeys(order, 0)
    for user_id, held in (load or {}).items():
        if user_id in counts:
            counts[user_id] = held.expected
    plan: dict[int, list[int]] = {}
    # Files with the fewest possible accounts choose first, so that an easy one does not use theirs up.
    free = {
        application.pk: [
            user_id
            for user_id in order
            if user_id not in taken[application.pk] and not strong(found.get((user_id, application.pk), []))
        ]
        for application in applications
    }
    for application in sorted(applications, key=lambda one: (len(free[one.pk]), one.number, one.pk)):
        chosen: list[int] = []
        while len(chosen) + kept[application.pk] < per_file:
            left = [user_id for user_id in free[application.pk] if user_id not in chosen]
            if not left:
                break
            best = min(left, key=lambda user_id: (counts[user_id], order.index(user_id)))
            counts[best] += 1
            chosen.append(best)
        plan[application.pk] = chosen
    return plan


def assign_many(
    *,
    by: Actor,
    applications: Sequence[AmiApplication],
    pairs: Iterable[tuple[int, int]],
    due_on: datetime.date | None = None,
) -> Outcome:
    """Confide every (file, account) pair that may be; the others are told, and stop nothing."""
    require(by, Perm.INSTRUCT)
    due_at_end_of(due_on)
    files = {application.pk: application for application in applications}
    outcome = Outcome()
    for application_id, user_id in dict.fromkeys(pairs):
        application = files.get(application_id)
        if application is None:
            continue
        try:
            assign(by=by, application=application, user_id=user_id, due_on=due_on)
        except (Refused, Conflict) as refusal:
            outcome.refused.append(f"{application.number} : {refusal}")
        else:
            outcome.confided += 1
    return outcome
