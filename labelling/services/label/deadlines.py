"""Deadlines of the label for the reminders (15, 7 and 1 days before): worker only, system scope.

A clock that stands still reminds of nothing: its date is known when it runs again.
"""

import datetime
from collections.abc import Iterator

from labelling.models import LabelComplement, LabelDossier, LabelWithdrawal
from labelling.services.deadlines import Deadline, Keys, register
from labelling.services.label import calendar, recipients, renewal
from labelling.services.label.calendar import RUNNING, WITHDRAWING
from labelling.services.label.legal_clock import StepClock, running
from labelling.services.label.recipients import Group
from labelling.services.recipients import holders
from territories.access import SYSTEM_ACTOR
from territories.enums import Role

Day = datetime.date
# Who acts at each step.
ACTS: dict[str, tuple[Group, ...]] = {
    "complet": (Group.STATE,),
    "transmettre": (Group.STATE,),
    "avis": (Group.ANIMATION,),
    "decider": (Group.STATE,),
    "observations": (Group.PLACES, Group.COORDINATORS),
    "notification": (Group.STATE,),
}
WHAT = {
    "transmettre": "Transmettre pour avis le dossier de label, {name}",
    "avis": "Rendre l’avis sur le dossier de label, {name}",
    "decider": "Décider du label, {name}",
    "observations": "Présenter vos observations sur le retrait du label, {name}",
    "notification": "Notifier la décision sur le retrait du label, {name}",
}


def _falls(step: StepClock | None, first: Day, last: Day) -> Day | None:
    """The due date of a step that runs, when it falls between the two days."""
    if step is None or step.due is None or step.frozen or not first <= step.due <= last:
        return None
    return step.due


@register("label_etape")
def dossiers(first: Day, last: Day, keys: Keys) -> Iterator[Deadline]:
    """The step of each dossier that runs: who must act at that step."""
    rows = LabelDossier.objects.for_system().filter(state__in=RUNNING)
    if keys is not None:
        rows = rows.filter(pk__in=keys)
    found = list(rows.select_related("territory"))
    asked = calendar.complements_of(SYSTEM_ACTOR, found)
    for row in found:
        step = running(calendar.calendar_of(SYSTEM_ACTOR, row, today=first, complements=asked[row.pk]))
        due = _falls(step, first, last)
        if step is not None and due is not None:
            yield Deadline(
                about=f"label_etape:{row.pk}",
                region_id=row.region_id,
                due_on=due,
                what=WHAT[step.key].format(name=row.territory.name),
                people=frozenset(recipients.of_dossier(ACTS[step.key], row)),
                page="label_procedure",
                key=row.pk,
            )


@register("label_complement")
def complements(first: Day, last: Day, keys: Keys) -> Iterator[Deadline]:
    """Complements still waited for: the coordinators."""
    rows = LabelComplement.objects.for_system().filter(
        answered_at=None, closed_at=None, deadline__gte=first, deadline__lte=last,
        dossier__state__in=RUNNING,
    )  # fmt: skip
    if keys is not None:
        rows = rows.filter(pk__in=keys)
    for row in rows.select_related("dossier__territory"):
        yield Deadline(
            about=f"label_complement:{row.pk}",
            region_id=row.dossier.region_id,
            due_on=row.deadline,
            what=f"Compléter le dossier de label, {row.dossier.territory.name}",
            people=frozenset(recipients.of_dossier((Group.COORDINATORS,), row.dossier)),
            page="label_dossier",
            key=row.dossier_id,
        )


@register("label_retrait")
def withdrawals(first: Day, last: Day, keys: Keys) -> Iterator[Deadline]:
    """The step of each withdrawal that runs."""
    rows = LabelWithdrawal.objects.for_system().filter(state__in=WITHDRAWING)
    if keys is not None:
        rows = rows.filter(pk__in=keys)
    for row in rows.select_related("site"):
        step = running(calendar.withdrawal_calendar(row, today=first))
        due = _falls(step, first, last)
        if step is not None and due is not None:
            what = f"Rendre l’avis sur le retrait du label, {row.site.name}"
            yield Deadline(
                about=f"label_retrait:{row.pk}",
                region_id=row.region_id,
                due_on=due,
                what=what if step.key == "avis" else WHAT[step.key].format(name=row.site.name),
                people=frozenset(recipients.of_withdrawal(ACTS[step.key], row)),
                page="label_retrait",
                key=row.pk,
            )


@register("label_renouvellement")
def renewals(first: Day, last: Day, keys: Keys) -> Iterator[Deadline]:
    """Labels to renew: three months before the end, the coordinators hear of it; nobody once it is open."""
    for one in renewal.endings(by=SYSTEM_ACTOR, today=last):
        row = one.granted
        if one.dossier is not None or not first <= one.asked_from <= last:
            continue
        if keys is None or row.pk in keys:
            yield Deadline(
                about=f"label_renouvellement:{row.pk}",
                region_id=row.region_id,
                due_on=one.asked_from,
                what=f"Demander le renouvellement du label, {row.territory.name}",
                people=frozenset(holders(Role.COORDINATEUR, territory_id=row.territory_id)),
                page="label_dossier",
                key=row.pk,
            )
