"""The convention of funding of a selected project: prepared, signed, paid; or given up (AMI §5; domain § 7).

Its amount is that of the decision. Once signed, its bytes are frozen with their SHA-256 and nothing of it
changes but the dates of payment (triggers).
"""

import datetime
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums_ami import ApplicationState, Outcome
from labelling.models import AmiApplication, AmiConvention, AmiDecision, AmiInstalment
from labelling.permissions import Perm
from labelling.services import follow_ups, moves
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from spo_portal.kernel.typography import euros, plain_date
from territories.access import Actor, require

NUMBER_MAX, LABEL_MAX, INSTALMENTS_MAX = 40, 120, 4
LONGEST = datetime.timedelta(days=6 * 366)
REWRITTEN = "La convention a été réécrite entre-temps : relisez-la avant d’inscrire sa signature."
FUNDED = (ApplicationState.RETENUE, ApplicationState.CONVENTIONNEE, ApplicationState.OUVERTE)


@dataclass(frozen=True)
class Payment:
    """One payment foreseen; ``amount`` in centimes."""

    label: str
    amount: int
    due_on: datetime.date


@dataclass(frozen=True)
class Terms:
    """What a convention says besides its amount."""

    number: str
    starts_on: datetime.date
    ends_on: datetime.date
    follow_up_month: int
    payments: tuple[Payment, ...]


def decision_of(by: Actor, application: AmiApplication) -> AmiDecision:
    """The published decision that selects the project; ``Refused`` when there is none."""
    found = (
        AmiDecision.objects.visible_to(by)
        .filter(application=application, superseded_at=None, outcome=Outcome.RETENUE)
        .exclude(published_at=None)
        .first()
    )
    if found is None:
        raise Refused("Ce projet n’a pas de décision publiée qui le retienne.")
    return found


def convention_of(by: Actor, application: AmiApplication) -> AmiConvention | None:
    """The convention of a file, without the bytes of what was signed."""
    rows = AmiConvention.objects.visible_to(by).filter(application=application).defer("pdf")
    return rows.prefetch_related("instalments").first()


def proposed(application: AmiApplication, amount: int, today: datetime.date) -> Terms:
    """Terms to start from: one year from next month, half at the signature and the rest on the report."""
    first = (today.replace(day=1) + datetime.timedelta(days=32)).replace(day=1)
    last = first.replace(year=first.year + 1) - datetime.timedelta(days=1)
    half = amount // 2
    return Terms(
        number=f"{application.number}-CF"[:NUMBER_MAX],
        starts_on=first,
        ends_on=last,
        follow_up_month=3,
        payments=(
            Payment("Acompte à la signature", half, first),
            Payment("Solde, au vu du bilan", amount - half, last),
        ),
    )


def prepare(*, by: Actor, application: AmiApplication, terms: Terms) -> AmiConvention:
    """Write or rewrite the convention of a selected project, not signed yet.

    Raises ``Refused`` (with the field) for dates, number or payments that do not hold, and ``Conflict`` once
    it is signed.
    """
    require(by, Perm.FUND)
    with transaction.atomic():
        locked = moves.lock(by, application)
        if locked.state != ApplicationState.RETENUE:
            raise Conflict(f"Ce dossier est « {moves.state_words(by, locked).lower()} ».")
        amount = decision_of(by, locked).amount
        checked = _checked(terms, amount)
        held = AmiConvention.objects.visible_to(by).select_for_update().filter(application=locked).first()
        if held is not None and held.signed_on is not None:
            raise Conflict("Cette convention est signée : elle ne change plus.")
        convention = held or AmiConvention(application=locked, made_by_label=by.label)
        convention.number, convention.amount = checked.number, amount
        convention.starts_on, convention.ends_on = checked.starts_on, checked.ends_on
        convention.follow_up_month = checked.follow_up_month
        convention.made_at, convention.made_by_label = timezone.now(), by.label
        convention.save()
        AmiInstalment.objects.visible_to(by).filter(convention=convention).delete()
        AmiInstalment.objects.bulk_create(
            AmiInstalment(
                application=locked,
                convention=convention,
                label=payment.label,
                amount=payment.amount,
                due_on=payment.due_on,
            )
            for payment in checked.payments
        )
        _trace("labelling.ami_convention_preparee", by, locked, {"versements": len(checked.payments)})
    return convention


def _checked(terms: Terms, amount: int) -> Terms:
    number = _line(terms.number, "numero", NUMBER_MAX)
    if not number:
        raise Refused("Écrivez le numéro de la convention.", "numero")
    if terms.ends_on <= terms.starts_on:
        raise Refused("La convention finit après son début.", "fin")
    if terms.ends_on - terms.starts_on > LONGEST:
        raise Refused("Une convention court six ans au plus.", "fin")
    if not 1 <= terms.follow_up_month <= 12:
        raise Refused("Choisissez le mois de remise du bilan.", "mois_bilan")
    if not 1 <= len(terms.payments) <= INSTALMENTS_MAX:
        raise Refused(f"Prévoyez d’un à {INSTALMENTS_MAX} versements.", "versements")
    payments = []
    for payment in terms.payments:
        label = _line(payment.label, "versements", LABEL_MAX)
        if not label or payment.amount <= 0:
            raise Refused("Chaque versement a un libellé et un montant.", "versements")
        payments.append(Payment(label, payment.amount, payment.due_on))
    total = sum(payment.amount for payment in payments)
    if total != amount:
        side = "de trop" if total > amount else "de moins"
        gap = euros(abs(total - amount))
        raise Refused(
            f"Les versements font {euros(total)}, soit {gap} {side} que les {euros(amount)} décidés.",
            "versements",
        )
    return Terms(number, terms.starts_on, terms.ends_on, terms.follow_up_month, tuple(payments))


def _line(text: str, field: str, most: int) -> str:
    try:
        cleaned = clean_text(text)
    except TextRefused as error:
        raise Refused(str(error), field) from None
    if len(cleaned) > most:
        raise Refused(f"Gardez {most} caractères au plus.", field)
    return cleaned


def sign(
    *,
    by: Actor,
    application: AmiApplication,
    signed_on: datetime.date,
    pdf: bytes,
    read: datetime.datetime | None = None,
) -> AmiConvention:
    """Note the signature: the bytes are frozen, the file moves on, the yearly reports are dated.

    ``pdf`` is the text that was signed, laid out from the convention as it was ``read`` (its ``made_at``):
    ``Conflict`` when another officer rewrote it since, or the bytes kept would not be the terms kept.
    """
    require(by, Perm.FUND)
    try:
        with transaction.atomic():
            locked = moves.lock(by, application)
            rows = AmiConvention.objects.visible_to(by).select_for_update()
            convention = rows.filter(application=locked).first()
            if convention is None:
                raise Refused("Préparez d’abord la convention.")
            if convention.signed_on is not None:
                raise Conflict("Cette convention est déjà signée.")
            if read is not None and convention.made_at != read:
                raise Conflict(REWRITTEN)
            _check_signed_on(signed_on, decision_of(by, locked))
            convention.signed_on, convention.pdf = signed_on, pdf
            convention.pdf_sha256 = hashlib.sha256(pdf).hexdigest()
            convention.signed_noted_by_label = by.label
            convention.save(update_fields=["signed_on", "pdf", "pdf_sha256", "signed_noted_by_label"])
            said = f"Convention {convention.number}, signée le {plain_date(signed_on)}."
            moved = moves.move(by=by, application=locked, key="conventionner", comment=said)
            follow_ups.expect(by=by, application=moved, convention=convention)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error
    return convention


def _check_signed_on(day: datetime.date, decision: AmiDecision) -> None:
    if day > timezone.localdate():
        raise Refused("La date de signature n’est pas encore passée.", "signee_le")
    if decision.published_at is not None and day < timezone.localdate(decision.published_at):
        raise Refused("La convention est signée après la publication de la décision.", "signee_le")


def note_paid(*, by: Actor, instalment: AmiInstalment, paid_on: datetime.date | None) -> AmiInstalment:
    """Note the day a payment was made; ``None`` takes a wrong note back."""
    require(by, Perm.FUND)
    with transaction.atomic():
        rows = AmiInstalment.objects.visible_to(by).select_for_update(of=("self",))
        locked = rows.select_related("convention", "application").filter(pk=instalment.pk).first()
        if locked is None or locked.convention.signed_on is None:
            raise Conflict("Cette convention n’est pas signée.")
        if paid_on is not None and not locked.convention.signed_on <= paid_on <= timezone.localdate():
            raise Refused("Un versement se fait entre la signature et aujourd’hui.", "verse_le")
        if locked.application.state == ApplicationState.RETIREE and paid_on is not None:
            raise Conflict("Ce projet s’est désisté : plus rien n’est versé.")
        locked.paid_on = paid_on
        locked.save(update_fields=["paid_on"])
        act = "labelling.ami_versement_note" if paid_on else "labelling.ami_versement_repris"
        _trace(act, by, locked.application, {"versement": locked.pk})
    return locked


def desist(*, by: Actor, application: AmiApplication, reason: str) -> AmiApplication:
    """The porteur gives up: the amount goes back to the envelope, the bassin is not covered by it any more.

    What was paid already stays noted: the Region claims it back outside the portal.
    """
    return moves.move(by=by, application=application, key="desister", comment=reason)


def _trace(action: str, by: Actor, application: AmiApplication, data: dict[str, object]) -> None:
    audit.record(
        action,
        by=by,
        object_type="amiapplication",
        object_id=application.pk,
        tenant_id=application.territory_id,
        data=data,
    )


def paid(payments: Sequence[AmiInstalment]) -> int:
    """What was paid, in centimes."""
    return sum(payment.amount for payment in payments if payment.paid_on)
