"""The legal clock applied: the calendar of one dossier or one withdrawal, and every deadline of a region."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone

from labelling.enums_label import DossierState, WithdrawalState
from labelling.models import LabelComplement, LabelDossier, LabelWithdrawal
from labelling.services.label import legal_clock
from labelling.services.label.legal_clock import StepClock
from labelling.workflows import label as flow
from territories.access import Actor

S, W = DossierState, WithdrawalState
# States in which a step of the procedure runs.
RUNNING = (S.DEPOSE, S.COMPLET, S.TRANSMIS, S.AVIS_RENDU)
WITHDRAWING = (W.OBSERVATIONS, W.AVIS, W.NOTIFICATION)


def day_of(moment: datetime.datetime | None) -> datetime.date | None:
    """The day of that moment in Paris."""
    return timezone.localdate(moment) if moment else None


def milestones_of(dossier: LabelDossier) -> legal_clock.Milestones:
    stopped = dossier.changed_at if dossier.state == S.ABANDONNE else None
    return legal_clock.Milestones(
        submitted=day_of(dossier.submitted_at),
        complete=day_of(dossier.complete_at),
        transmitted=day_of(dossier.transmitted_at),
        avis=day_of(dossier.avis_at),
        decided=day_of(dossier.decided_at),
        stopped=day_of(stopped),
    )


def suspensions_of(rows: Iterable[LabelComplement]) -> list[legal_clock.Suspension]:
    """Each request stops the clock from its day to that of its answer, or of its closing."""
    return [
        legal_clock.Suspension(timezone.localdate(row.asked_at), day_of(row.answered_at or row.closed_at))
        for row in rows
    ]


def calendar_of(
    by: Actor,
    dossier: LabelDossier,
    *,
    today: datetime.date | None = None,
    complements: Iterable[LabelComplement] | None = None,
) -> tuple[StepClock, ...]:
    """The calendar of one dossier; give ``complements`` when they have been read already."""
    rows = complements
    if rows is None:
        rows = LabelComplement.objects.visible_to(by).filter(dossier=dossier)
    return legal_clock.calendar_of(
        milestones_of(dossier), today or timezone.localdate(), suspensions_of(rows)
    )


def withdrawal_calendar(row: LabelWithdrawal, *, today: datetime.date | None = None) -> tuple[StepClock, ...]:
    dates = legal_clock.WithdrawalDates(
        started=timezone.localdate(row.started_at),
        observed=day_of(row.observed_at),
        avis_asked=day_of(row.avis_asked_at),
        avis=day_of(row.avis_at),
        notified=day_of(row.notified_at),
    )
    return legal_clock.withdrawal_calendar(dates, today or timezone.localdate())


@dataclass(frozen=True)
class Line:
    """One running deadline: of a dossier or of a withdrawal, with what is to be done and by whom."""

    what: str
    actor: str
    step: StepClock
    dossier: LabelDossier | None = None
    withdrawal: LabelWithdrawal | None = None

    @property
    def territory(self) -> str:
        row = self.dossier or self.withdrawal
        return row.territory.name if row else ""

    @property
    def rank(self) -> tuple[int, datetime.date, str]:
        """Late first, then by date; what has no date or stands still comes last."""
        if self.step.due is None or self.step.frozen:
            return (2, datetime.date.max, self.territory)
        return (0 if self.step.late else 1, self.step.due, self.territory)


# What is to be done at each step, and who does it.
TO_DO = {
    "complet": ("Dire si le dossier est complet", "Préfecture"),
    "transmettre": ("Transmettre pour avis", "Préfecture"),
    "avis": ("Rendre l’avis", "Instance régionale"),
    "decider": ("Décider", "Préfecture"),
    "observations": ("Présenter ses observations", "Lieu"),
    "notification": ("Notifier la décision", "Préfecture"),
}


def complements_of(by: Actor, dossiers: Sequence[LabelDossier]) -> dict[int, list[LabelComplement]]:
    """Requests of many dossiers in one statement."""
    found: dict[int, list[LabelComplement]] = defaultdict(list)
    for row in LabelComplement.objects.visible_to(by).filter(dossier__in=[one.pk for one in dossiers]):
        found[row.dossier_id].append(row)
    return found


def deadlines(*, by: Actor, today: datetime.date | None = None) -> list[Line]:
    """Every running deadline the actor reads: dossiers and withdrawals, late first. Three statements."""
    today = today or timezone.localdate()
    dossiers = list(
        LabelDossier.objects.visible_to(by).filter(state__in=RUNNING).select_related("territory", "region")
    )
    asked = complements_of(by, dossiers)
    lines = []
    for dossier in dossiers:
        step = legal_clock.running(calendar_of(by, dossier, today=today, complements=asked[dossier.pk]))
        if step is not None:
            what, actor = TO_DO[step.key]
            lines.append(Line(what, _actor(actor, dossier.region.body_name), step, dossier=dossier))
    rows = LabelWithdrawal.objects.visible_to(by).filter(state__in=WITHDRAWING)
    for row in rows.select_related("territory", "region", "site"):
        step = legal_clock.running(withdrawal_calendar(row, today=today))
        if step is None:
            # Observations received: the préfecture asks for the avis, whenever it wants.
            continue
        what, actor = TO_DO[step.key]
        lines.append(
            Line(f"Retrait : {what.lower()}", _actor(actor, row.region.body_name), step, withdrawal=row)
        )
    return sorted(lines, key=lambda line: line.rank)


def _actor(words: str, body: str) -> str:
    return body if words == "Instance régionale" and body else words


def due_of_move(calendar: Iterable[StepClock], key: str) -> StepClock | None:
    """The clock of the step that ends with a move of the table."""
    names = {
        flow.DECLARER_COMPLET.key: "complet",
        flow.TRANSMETTRE.key: "transmettre",
        flow.RENDRE_AVIS.key: "avis",
        flow.ACCORDER.key: "decider",
        flow.REFUSER.key: "decider",
    }
    return next((one for one in calendar if one.key == names.get(key)), None)
