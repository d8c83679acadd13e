"""A call after its writing: opened, corrected in the open, put off, cancelled, copied (domain § 7).

Whatever happens to an open call is dated, signed by a role, shown on its page, and left as a step on every
file of the call, whose porteurs and co-writers are then mailed.
"""

import datetime
from dataclasses import dataclass

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums_ami import ApplicationState, CallState
from labelling.models import (
    AmiApplication,
    AmiCall,
    AmiCallCommission,
    AmiCallVersion,
    AmiCriterion,
    AmiErratum,
    AmiExtension,
    AmiGridCriterion,
)
from labelling.permissions import Perm
from labelling.services import moments
from labelling.services.calls import free_slug, keep_version, link_commissions, lock_call
from labelling.services.clock import now
from labelling.services.moves import leave_step
from labelling.services.readiness import Missing, missing_from
from labelling.workflows import ami as flow
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor, require

# Keys of the steps left on the files (labelling.services.notices mails them).
TOLD_ERRATUM, TOLD_EXTENSION, TOLD_CANCELLED = "rectificatif", "report_limite", "appel_annule"
REASON_MIN, REASON_MAX, ERRATUM_MAX = 10, 400, 2000


class NotReady(Refused):
    """The draft lacks something: ``missing`` says what, and where to write it."""

    def __init__(self, missing: list[Missing]) -> None:
        super().__init__("Cet appel ne peut pas encore être publié : il reste des points à compléter.")
        self.missing = missing


@dataclass(frozen=True)
class Told:
    """What was done, and how many files were told."""

    call: AmiCall
    files: int


def open_call(*, by: Actor, call: AmiCall, seen: int) -> AmiCall:
    """Publish the draft as it was read (version ``seen``). Its text, criteria and grid are frozen from then.

    Deposits open at once when the opening date is empty or past. Raises ``NotReady`` with what is missing.
    """
    require(by, Perm.WRITE_CALL)
    with transaction.atomic():
        locked = lock_call(by, call)
        if not flow.call_may(locked.state, CallState.OUVERT):
            raise Conflict("Cet appel est déjà publié.")
        if locked.version != seen:
            raise Conflict("Cet appel a été modifié depuis que vous l’avez relu. Relisez-le, puis publiez.")
        at = now()
        missing = missing_from(by, locked, at)
        if missing:
            raise NotReady(missing)
        locked.opens_at = max(locked.opens_at or at, at)
        locked.state, locked.opened_at, locked.opened_by_label = CallState.OUVERT, at, by.label or "Système"
        locked.version += 1
        locked.changed_at = at
        locked.save()
        keep_version(by, locked)
        _record("opened", by, locked)
    return locked


def add_erratum(*, by: Actor, call: AmiCall, text: str) -> Told:
    """Correct an open call: a dated sentence shown to everybody, told to every applicant. Never changed."""
    require(by, Perm.WRITE_CALL)
    said = _text(text, "texte", "Écrivez ce qui change.", ERRATUM_MAX)
    with transaction.atomic():
        locked = lock_call(by, call)
        _is_out(locked, "Un rectificatif se publie sur un appel publié. Modifiez plutôt le brouillon.")
        AmiErratum(call=locked, text=said, added_at=now(), added_by_label=by.label or "Système").save()
        _record("erratum", by, locked)
        return Told(locked, _tell(by, locked, TOLD_ERRATUM, said))


def put_off(*, by: Actor, call: AmiCall, after: datetime.datetime, reason: str) -> Told:
    """Move the deadline, later only, while the call still runs; the reason is shown and kept."""
    require(by, Perm.WRITE_CALL)
    why = _text(reason, "motif", "Écrivez pourquoi : le motif est publié.", REASON_MAX)
    try:
        with transaction.atomic():
            locked = lock_call(by, call)
            if locked.state != CallState.OUVERT or locked.closes_at is None:
                raise Conflict("La date limite ne se reporte que sur un appel publié et en cours.")
            before = locked.closes_at
            if now() >= moments.end_of(before):
                raise Refused(
                    "L’appel est clos : sa date limite ne se reporte plus. Ouvrez un nouvel appel.", "limite"
                )
            if after <= before:
                raise Refused(f"Choisissez une date après le {moments.to_the_second(before)}.", "limite")
            AmiExtension(
                call=locked, before=before, after=after, reason=why, added_at=now(),
                added_by_label=by.label or "Système",
            ).save()  # fmt: skip
            locked.closes_at, locked.changed_at = after, timezone.now()
            locked.save(update_fields=["closes_at", "changed_at"])
            _record("put_off", by, locked)
            words = f"Nouvelle date limite : {moments.to_the_second(after)}. {why}"
            return Told(locked, _tell(by, locked, TOLD_EXTENSION, words))
    except IntegrityError as error:
        if "amicall_extension" in str(error):
            raise Conflict("La date limite a changé entre-temps. Rechargez la page.") from error
        raise


def cancel_call(*, by: Actor, call: AmiCall, reason: str) -> Told:
    """End a call without results. Its files stay readable; nothing more can be submitted."""
    require(by, Perm.WRITE_CALL)
    why = _text(reason, "motif", "Écrivez pourquoi : le motif est publié.", REASON_MAX)
    with transaction.atomic():
        locked = lock_call(by, call)
        if not flow.call_may(locked.state, CallState.ANNULE):
            raise Conflict("Seul un appel publié, dont les résultats ne le sont pas, peut être annulé.")
        locked.state, locked.cancelled_at, locked.cancel_reason = CallState.ANNULE, now(), why
        locked.changed_at = timezone.now()
        locked.save(update_fields=["state", "cancelled_at", "cancel_reason", "changed_at"])
        _record("cancelled", by, locked)
        return Told(locked, _tell(by, locked, TOLD_CANCELLED, why))


def copy_call(*, by: Actor, call: AmiCall, title: str) -> AmiCall:
    """A new draft from an earlier call: everything but its dates, errata, questions and files."""
    require(by, Perm.WRITE_CALL)
    name = _text(title, "titre", "Donnez un titre au nouvel appel.", 200, least=5, multiline=False)
    with transaction.atomic():
        source = AmiCall.objects.visible_to(by).select_related("region").get(pk=call.pk)
        copy = AmiCall(
            region=source.region,
            title=name,
            slug=free_slug(by, source.region, f"appel-{timezone.localdate().year}"),
            summary=source.summary,
            sections=source.sections,
            contact=source.contact,
            envelope=source.envelope,
            scorers_wanted=source.scorers_wanted,
            copied_from=source,
            created_by_label=by.label or "Système",
        )
        copy.save(force_insert=True)
        AmiCriterion.objects.bulk_create(
            AmiCriterion(call=copy, code=c.code, section=c.section, text=c.text, position=c.position,
                         evidence_wanted=c.evidence_wanted)
            for c in AmiCriterion.objects.visible_to(by).filter(call=source)
        )  # fmt: skip
        AmiGridCriterion.objects.bulk_create(
            AmiGridCriterion(call=copy, label=g.label, help=g.help, weight=g.weight, levels=g.levels,
                             position=g.position)
            for g in AmiGridCriterion.objects.visible_to(by).filter(call=source)
        )  # fmt: skip
        links = AmiCallCommission.objects.visible_to(by).filter(call=source)
        link_commissions(copy, list(links.values_list("commission_id", flat=True)))
        keep_version(by, copy)
        _record("copied", by, copy)
    return copy


def remove_draft(*, by: Actor, call: AmiCall) -> None:
    """Throw a draft away, with its versions. An open call is never removed: it is cancelled."""
    require(by, Perm.WRITE_CALL)
    with transaction.atomic():
        locked = lock_call(by, call)
        if locked.state != CallState.BROUILLON:
            raise Refused("Un appel publié ne se supprime pas. Vous pouvez l’annuler, avec un motif.")
        _record("removed", by, locked)
        for part in (AmiCallCommission, AmiCriterion, AmiGridCriterion, AmiCallVersion):
            part.objects.visible_to(by).filter(call=locked).delete()
        AmiCall.objects.visible_to(by).filter(copied_from=locked).update(copied_from=None)
        # Without Django's cascade: the web may not delete errata nor questions, and a draft has none.
        found = AmiCall.objects.visible_to(by).filter(pk=locked.pk)
        found._raw_delete(found.db)


def _is_out(call: AmiCall, sentence: str) -> None:
    if call.state == CallState.BROUILLON:
        raise Refused(sentence)
    if call.state == CallState.ANNULE:
        raise Conflict("Cet appel est annulé.")


def _tell(by: Actor, call: AmiCall, key: str, words: str) -> int:
    """Leave a step on every file still concerned; the worker mails who writes it."""
    files = AmiApplication.objects.visible_to(by).filter(call=call).exclude(state=ApplicationState.RETIREE)
    count = 0
    for application in files:
        leave_step(by=by, application=application, key=key, comment=words[:2000], told=True)
        count += 1
    return count


def _record(act: str, by: Actor, call: AmiCall) -> None:
    audit.record(
        f"labelling.call_{act}",
        by=by,
        object_type="amicall",
        object_id=call.pk,
        data={"etat": call.state, "version": call.version},
    )


def _text(
    text: str, field: str, wanted: str, at_most: int, *, least: int = REASON_MIN, multiline: bool = True
) -> str:
    try:
        said = clean_text(text, multiline=multiline, max_length=at_most)
    except TextRefused as refusal:
        raise Refused(str(refusal), field) from None
    if len(said) < least:
        raise Refused(wanted, field)
    return said
