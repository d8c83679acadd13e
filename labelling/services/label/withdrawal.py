"""Withdrawal of one label: observations, avis, notification, thirty days each (R. 6111-5; domain § 6).

Started by the préfecture with its motive. Nothing is automatic: the clock shows and warns, a person acts, and
each act leaves a dated step, an audit event and an outbox event ``labelling.withdrawal_moved``.
"""

import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums import LabelStatus
from labelling.enums_label import LabelAvisSense, WithdrawalState
from labelling.models import Labellisation, LabelWithdrawal, LabelWithdrawalStep
from labelling.permissions import Perm
from labelling.services import clock, recording
from labelling.services.label import calendar, moves
from labelling.services.label.avis import checked_text
from labelling.workflows import label as flow
from spo_portal.kernel import audit, outbox
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from spo_portal.kernel.typography import plain_date
from territories.access import Actor, can, require
from territories.models import Site

MOVED = "labelling.withdrawal_moved"
STARTED, OBSERVED = "engager", "observer"
MOTIVE_MAX, TEXT_MAX, NUMBER_MAX = 2000, 4000, 40
W = WithdrawalState
OPEN = (W.OBSERVATIONS, W.AVIS, W.NOTIFICATION)


def withdrawals(by: Actor):  # type: ignore[no-untyped-def]
    """Withdrawals the actor reads, the open ones first, then the latest."""
    return LabelWithdrawal.objects.visible_to(by).select_related("site", "territory", "region", "label")


def label_to_withdraw(by: Actor, site: Site, today: datetime.date | None = None) -> Labellisation | None:
    """The label in force of the place; None when there is nothing to withdraw."""
    rows = Labellisation.objects.visible_to(by).in_force(today or timezone.localdate())
    return rows.filter(site=site, status=LabelStatus.LABELLISE).first()


def open_of(by: Actor, site: Site) -> LabelWithdrawal | None:
    return withdrawals(by).filter(site=site, state__in=OPEN).first()


def start(*, by: Actor, site: Site, motive: str) -> LabelWithdrawal:
    """Open the procedure on a labelled place; the place has thirty days to answer."""
    require(by, Perm.DECIDE_LABEL)
    if site.region_id not in by.scope.seal and not by.scope.system:
        raise PermissionDenied("Ce lieu est d’une autre région.")
    said = _text(motive, "motif", MOTIVE_MAX, "Écrivez le motif : le lieu répond à ce texte.")
    label = label_to_withdraw(by, site)
    if label is None:
        raise Refused(moves.RULES["labelwithdrawal_label"])
    try:
        with transaction.atomic():
            made = LabelWithdrawal(
                region_id=site.region_id,
                territory_id=site.territory_id,
                site=site,
                label=label,
                motive=said,
                started_by_label=by.label or "Système",
            )
            made.save(force_insert=True)
            _leave_step(by, made, STARTED, before="", comment=said)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error
    made.refresh_from_db()
    return made


def may_observe(by: Actor, row: LabelWithdrawal) -> bool:
    """The référent of the place and the coordinator of its territory, while observations are awaited."""
    return (
        row.state == W.OBSERVATIONS
        and can(by, Perm.ANSWER_WITHDRAWAL)
        and (row.site_id in by.scope.unit or row.territory_id in by.scope.tenant)
    )


def observe(*, by: Actor, row: LabelWithdrawal, text: str) -> LabelWithdrawal:
    """Write the observations of the place, or replace them while their time runs."""
    require(by, Perm.ANSWER_WITHDRAWAL)
    said = _text(text, "observations", TEXT_MAX, "Écrivez vos observations.")
    with transaction.atomic():
        locked = _lock(by, row)
        if not may_observe(by, locked):
            raise Refused(moves.RULES["labelwithdrawal_observations"])
        if said == locked.observations:
            return locked
        locked.observations, locked.observed_by_label = said, by.label
        return _save(by, locked, ["observations", "observed_by_label"], OBSERVED, before=locked.state)


def ask_avis(*, by: Actor, row: LabelWithdrawal) -> LabelWithdrawal:
    """Ask the instance régionale, once the place has answered or its thirty days have passed."""
    return _move(by=by, row=row, key=flow.DEMANDER_AVIS.key, values={})


def record_avis(*, by: Actor, row: LabelWithdrawal, sense: str, text: str = "") -> LabelWithdrawal:
    """Write the avis; « non rendu » once its thirty days have passed."""
    require(by, Perm.RECORD_LABEL_AVIS)
    if sense not in LabelAvisSense.values:
        raise Refused("Choisissez le sens de l’avis.", "sens")
    said = checked_text(text, sense)
    if sense == LabelAvisSense.NON_RENDU:
        step = next((s for s in calendar.withdrawal_calendar(row) if s.key == "avis"), None)
        if step is None or step.projected or not step.late:
            raise Refused(moves.RULES["labelavis_thirty_days"], "sens")
    return _move(
        by=by,
        row=row,
        key=flow.RENDRE_AVIS_RETRAIT.key,
        values={"avis_sense": sense, "avis_text": said},
        comment=said,
    )


def settle(
    *,
    by: Actor,
    row: LabelWithdrawal,
    key: str,
    reasons: str,
    number: str = "",
    ends_on: datetime.date | None = None,
) -> LabelWithdrawal:
    """End the procedure: withdraw (act, last day), keep, or give the withdrawal up. ``key``: of the table."""
    require(by, Perm.DECIDE_LABEL)
    said = _text(reasons, "motifs", TEXT_MAX, "Écrivez les motifs : le lieu les lira.")
    act = " ".join(number.split())
    if key != flow.RETIRER.key:
        return _move(
            by=by, row=row, key=key, values={"reasons": said, "number": act[:NUMBER_MAX]}, comment=said
        )
    if not act or len(act) > NUMBER_MAX:
        raise Refused(f"Écrivez le numéro de l’acte, {NUMBER_MAX} caractères au plus.", "numero")
    today = timezone.localdate(clock.now())
    if ends_on is None or ends_on < today:
        raise Refused(moves.RULES["labelwithdrawal_ends"], "dernier_jour")
    if row.label.ends_on is not None and ends_on > row.label.ends_on:
        raise Refused(f"Le label finit de lui-même le {plain_date(row.label.ends_on)}.", "dernier_jour")
    with transaction.atomic():
        moved = _move(
            by=by,
            row=row,
            key=key,
            values={"reasons": said, "number": act, "ends_on": ends_on},
            comment=said,
        )
        try:
            recording.end_labellisation(by=by, site=row.site, on=ends_on, reason=f"Retrait, acte {act}")
        except Refused as refusal:
            raise Refused(str(refusal), "dernier_jour") from refusal
    return moved


def _move(
    *, by: Actor, row: LabelWithdrawal, key: str, values: dict[str, object], comment: str = ""
) -> LabelWithdrawal:
    chosen = flow.WITHDRAWAL_MOVES[key]
    require(by, chosen.permission)
    try:
        with transaction.atomic():
            locked = _lock(by, row)
            if locked.state != chosen.source:
                raise Conflict(f"Ce retrait est déjà à l’étape « {locked.get_state_display()} ».")
            for name, value in values.items():
                setattr(locked, name, value)
            locked.state = chosen.target
            return _save(by, locked, ["state", *values], key, before=chosen.source, comment=comment)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error


def _lock(by: Actor, row: LabelWithdrawal) -> LabelWithdrawal:
    found = withdrawals(by).select_for_update(of=("self",)).filter(pk=row.pk).first()
    if found is None:
        raise Conflict("Ce retrait n’est plus dans votre périmètre.")
    return found


def _save(
    by: Actor, row: LabelWithdrawal, fields: list[str], key: str, *, before: str, comment: str = ""
) -> LabelWithdrawal:
    """Dates come from the database (trigger)."""
    row.save(update_fields=fields)
    row.refresh_from_db()
    _leave_step(by, row, key, before=before, comment=comment)
    return row


def _leave_step(by: Actor, row: LabelWithdrawal, key: str, *, before: str, comment: str = "") -> None:
    step = LabelWithdrawalStep(
        withdrawal=row,
        key=key,
        from_state=before,
        to_state=row.state,
        at=clock.now(),
        by_id=by.user_id,
        by_label=by.label or "Système",
        comment=comment[:2000],
    )
    step.save(force_insert=True)
    audit.record(
        f"labelling.withdrawal_{key}",
        by=by,
        object_type="labelwithdrawal",
        object_id=row.pk,
        tenant_id=row.territory_id,
        unit_id=row.site_id,
        data={"etat": row.state},
    )
    outbox.emit(
        MOVED, tenant_id=row.territory_id, payload={"withdrawal": row.pk, "step": step.pk, "key": key}
    )


def _text(text: str, field: str, most: int, ask: str) -> str:
    try:
        said = clean_text(text, multiline=True, max_length=most)
    except TextRefused as error:
        raise Refused(str(error), field) from None
    if len(said) < 5:
        raise Refused(ask, field)
    return said
