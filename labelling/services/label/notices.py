"""Mails that tell each step of the label's procedure: a table, and what carries it out.

As for the calls (``labelling.services.notices``): a step leaves an outbox event with ids only; the worker
reads it again, spreads it into one event per person, then sends one mail per event.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse

from labelling.models import LabelStep, LabelWithdrawalStep
from labelling.services import notices as mails
from labelling.services.label import calendar, moves, recipients, withdrawal
from labelling.services.label.legal_clock import running
from labelling.services.label.notice_table import DOSSIER, WITHDRAWAL, Notice
from labelling.services.label.recipients import Group
from labelling.services.recipients import address_of
from spo_portal.kernel import outbox
from territories.access import SYSTEM_ACTOR

DOSSIER_MOVED, WITHDRAWAL_MOVED = moves.MOVED, withdrawal.MOVED
DOSSIER_NOTICE, WITHDRAWAL_NOTICE = "labelling.label_notice", "labelling.withdrawal_notice"


def on_moved(events: Sequence[outbox.Event]) -> None:
    """Spread each step of a dossier into one event per person. System scope (worker)."""
    for event in events:
        step = _step(event)
        for rank, notice in enumerate(DOSSIER.get(step.key, ()) if step else ()):
            assert step is not None  # noqa: S101 - the line above
            _spread(event, DOSSIER_NOTICE, step.pk, rank, _people(notice, step))


def on_withdrawal_moved(events: Sequence[outbox.Event]) -> None:
    for event in events:
        step = _withdrawal_step(event)
        for rank, notice in enumerate(WITHDRAWAL.get(step.key, ()) if step else ()):
            assert step is not None  # noqa: S101 - the line above
            _spread(event, WITHDRAWAL_NOTICE, step.pk, rank, _withdrawal_people(notice, step))


def _spread(event: outbox.Event, kind: str, step: int, rank: int, people: set[int]) -> None:
    for user_id in sorted(people):
        payload: dict[str, object] = {"step": step, "rank": rank, "user": user_id}
        outbox.emit(kind, tenant_id=event.tenant_id, payload=payload)


def on_notice(events: Sequence[outbox.Event]) -> None:
    """Send one mail of a dossier, if its reader may still know the step. System scope (worker)."""
    for event in events:
        step = _step(event)
        notice = _chosen(DOSSIER, step.key, event) if step else None
        if step is None or notice is None or event.payload.get("user") not in _people(notice, step):
            continue
        dossier = step.dossier
        now = running(calendar.calendar_of(SYSTEM_ACTOR, dossier))
        context = {
            "phrase": notice.sentence,
            "dossier": dossier,
            "step": step,
            "echeance": now.due if now and not now.frozen else None,
            "link": settings.BASE_URL + reverse(notice.page, args=[dossier.pk]),
        }
        words = {"territoire": dossier.territory.name, "numero": dossier.number}
        _send(event, notice.subject.format(**words), "label_etape", context)


def on_withdrawal_notice(events: Sequence[outbox.Event]) -> None:
    for event in events:
        step = _withdrawal_step(event)
        notice = _chosen(WITHDRAWAL, step.key, event) if step else None
        if (
            step is None
            or notice is None
            or event.payload.get("user") not in _withdrawal_people(notice, step)
        ):
            continue
        row = step.withdrawal
        now = running(calendar.withdrawal_calendar(row))
        context = {
            "phrase": notice.sentence,
            "retrait": row,
            "step": step,
            "echeance": now.due if now else None,
            "link": settings.BASE_URL + reverse("label_retrait", args=[row.pk]),
        }
        _send(event, notice.subject.format(lieu=row.site.name), "label_retrait", context)


def _chosen(table: Mapping[str, tuple[Notice, ...]], key: str, event: outbox.Event) -> Notice | None:
    rank, notices = event.payload.get("rank"), table.get(key, ())
    return notices[rank] if isinstance(rank, int) and 0 <= rank < len(notices) else None


def _send(event: outbox.Event, subject: str, template: str, context: dict[str, Any]) -> None:
    user_id = event.payload.get("user")
    user = address_of(user_id) if isinstance(user_id, int) else None
    if user is not None:
        mails.send(user.email, subject, template, context)


def _step(event: outbox.Event) -> LabelStep | None:
    key = event.payload.get("step")
    rows = LabelStep.objects.for_system().select_related("dossier__territory", "dossier__region")
    return rows.filter(pk=key).first() if isinstance(key, int) else None


def _withdrawal_step(event: outbox.Event) -> LabelWithdrawalStep | None:
    key = event.payload.get("step")
    rows = LabelWithdrawalStep.objects.for_system().select_related(
        "withdrawal__site", "withdrawal__territory", "withdrawal__region"
    )
    return rows.filter(pk=key).first() if isinstance(key, int) else None


def _people(notice: Notice, step: LabelStep) -> set[int]:
    groups = notice.to
    # The préfecture never saw a dossier given up before its submission.
    if step.key == "abandonner" and step.from_state == "brouillon":
        groups = tuple(group for group in groups if group != Group.STATE)
    found = recipients.of_dossier(groups, step.dossier)
    return found if notice.own else found - {step.by_id or 0}


def _withdrawal_people(notice: Notice, step: LabelWithdrawalStep) -> set[int]:
    return recipients.of_withdrawal(notice.to, step.withdrawal) - {step.by_id or 0}
