"""What the label's procedure waits for, from the préfecture, the animation, the territory and its places."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone

from labelling.enums import LabelStatus
from labelling.enums_label import OPEN_STATES, DossierKind, WithdrawalState
from labelling.models import LabelComplement, LabelDossier, Labellisation, LabelWithdrawal
from labelling.permissions import Perm
from labelling.services.label import calendar, renewal, withdrawal
from labelling.services.todo import MOST, Item, day, register
from spo_portal.kernel.typography import plain_date
from territories.access import Actor, can
from territories.enums import Role

LABELS, WITHDRAWALS = "Labels", "Retraits de label"
STATE_STEPS = ("complet", "transmettre", "decider", "notification")


@register
def procedures(by: Actor) -> Iterable[Item]:
    """Steps that run: the préfecture's, and the avis for the animation. Nothing while a complement waits."""
    if by.role not in (Role.PREFECTURE, Role.ANIMATION):
        return
    mine = STATE_STEPS if by.role == Role.PREFECTURE else ("avis",)
    lines = [one for one in calendar.deadlines(by=by) if one.step.key in mine and not one.step.frozen]
    for line in lines[:MOST]:
        due = day(line.step.due) if line.step.due else None
        if line.dossier is not None:
            url, about, group = reverse("label_procedure", args=[line.dossier.pk]), line.territory, LABELS
            number = line.dossier.number
            about = f"{about}, dossier {number}" if number else about
        else:
            assert line.withdrawal is not None  # noqa: S101 - one or the other
            url, about, group = (
                reverse("label_retrait", args=[line.withdrawal.pk]),
                line.withdrawal.site.name,
                WITHDRAWALS,
            )
        yield Item(what=line.what, about=about, url=url, due=due, group=group)


@register
def avis_to_ask(by: Actor) -> Iterable[Item]:
    """Withdrawals whose place has answered, or let its thirty days pass: the avis is to be asked."""
    if by.role != Role.PREFECTURE:
        return
    rows = withdrawal.withdrawals(by).filter(state=WithdrawalState.OBSERVATIONS)
    for row in rows[:MOST]:
        first = calendar.withdrawal_calendar(row)[0]
        if row.observed_at is not None or first.late:
            yield Item(
                what="Demander l’avis sur un retrait",
                about=row.site.name,
                url=reverse("label_retrait", args=[row.pk]),
                group=WITHDRAWALS,
            )


@register
def complements(by: Actor) -> Iterable[Item]:
    """Complements asked of the territory and not answered."""
    if not can(by, Perm.SUBMIT_LABEL):
        return
    rows = LabelComplement.objects.visible_to(by).filter(
        answered_at=None, closed_at=None, dossier__state__in=calendar.RUNNING,
        dossier__territory__in=by.scope.tenant,
    )  # fmt: skip
    for row in rows.select_related("dossier__territory")[:MOST]:
        yield Item(
            what="Répondre à la préfecture : complément du dossier de label",
            about=row.dossier.territory.name,
            url=reverse("label_dossier", args=[row.dossier_id]),
            due=day(row.deadline),
            group=LABELS,
        )


@register
def renewals(by: Actor) -> Iterable[Item]:
    """Labels that end within three months, or have ended, with no renewal open."""
    if not can(by, Perm.SUBMIT_LABEL):
        return
    today = timezone.localdate()
    for one in renewal.endings(by=by, today=today):
        if one.dossier is None:
            ended = one.expired(today)
            yield Item(
                what="Demander de nouveau le label, expiré"
                if ended
                else "Demander le renouvellement du label",
                about=f"{one.granted.territory.name}, label jusqu’au {plain_date(one.ends_on)}",
                url=reverse("label_dossiers"),
                due=day(one.ends_on),
                group=LABELS,
            )


@register
def closed_places(by: Actor) -> Iterable[Item]:
    """Labelled places closed in the directory, with no amendment open: one line for the territory."""
    if not can(by, Perm.SUBMIT_LABEL):
        return
    today = timezone.localdate()
    running = LabelDossier.objects.visible_to(by).filter(
        territory=OuterRef("territory"), state__in=OPEN_STATES, kind=DossierKind.MODIFICATION
    )
    rows = (
        Labellisation.objects.visible_to(by)
        .in_force(today)
        .filter(status=LabelStatus.LABELLISE, site__active=False, territory__in=by.scope.tenant)
        .exclude(Exists(running))
        .select_related("site")
        .order_by("site__name")
    )
    for row in rows[:MOST]:
        yield Item(
            what="Ouvrir une modification du label : un lieu labellisé est fermé",
            about=row.site.name,
            url=reverse("label_dossiers"),
            group=LABELS,
        )


@register
def observations(by: Actor) -> Iterable[Item]:
    """Withdrawals that wait for the observations of the place."""
    if not can(by, Perm.ANSWER_WITHDRAWAL):
        return
    rows = LabelWithdrawal.objects.visible_to(by).filter(state=WithdrawalState.OBSERVATIONS, observed_at=None)
    for row in rows.select_related("site")[:MOST]:
        due = calendar.withdrawal_calendar(row)[0].due
        yield Item(
            what="Présenter des observations sur le retrait du label",
            about=row.site.name,
            url=reverse("label_retrait", args=[row.pk]),
            due=day(due) if due else None,
            group=WITHDRAWALS,
        )
