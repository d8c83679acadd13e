"""Questions on a call: porteurs ask until a date, the Region answers, all read, nobody knows who asked."""

import datetime

from django.db import transaction

from labelling.enums_ami import CallState
from labelling.models import AmiCall, AmiQuestion
from labelling.permissions import Perm
from labelling.services import moments
from labelling.services.calls import lock_call
from labelling.services.clock import now
from spo_portal.kernel import audit, outbox, throttle
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor, require

QUESTION_MAX, ANSWER_MAX, LEAST = 1000, 4000, 10
PER_HOUR = 10
# Outbox event: an answer is published (labelling.services.question_mails).
ANSWERED = "labelling.question_answered"


def may_ask(call: AmiCall, at: datetime.datetime) -> bool:
    """Questions are taken on a call that is out, until their own date."""
    return (
        call.state == CallState.OUVERT
        and call.questions_until is not None
        and at < moments.end_of(call.questions_until)
    )


def ask_question(*, by: Actor, call: AmiCall, text: str) -> AmiQuestion:
    """Ask the Region about the call. The asker sees it at once, everybody once it is answered."""
    require(by, Perm.ASK_QUESTION)
    said = _clean(text, "question", QUESTION_MAX, "Écrivez votre question.")
    with transaction.atomic():
        at = now()
        found = AmiCall.objects.visible_to(by).filter(pk=call.pk).first()
        if found is None or found.state != CallState.OUVERT:
            raise Conflict("Cet appel ne prend plus de question.")
        if not may_ask(found, at):
            until = moments.to_the_second(found.questions_until) if found.questions_until else ""
            raise Refused(f"Les questions pouvaient être posées jusqu’au {until}.", "question")
        throttle.limit(f"ami-question:{by.user_id}", attempts=PER_HOUR, seconds=3600)
        question = AmiQuestion(
            call=found, region_id=found.region_id, text=said, asked_at=at, asked_by_id=by.user_id or 0
        )
        question.save(force_insert=True)
        _record("asked", by, question)
    return question


def answer_question(*, by: Actor, question: AmiQuestion, answer: str, text: str | None = None) -> AmiQuestion:
    """Publish an answer. ``text``: the question reworded so that nobody is recognised in it."""
    require(by, Perm.WRITE_CALL)
    said = _clean(answer, "reponse", ANSWER_MAX, "Écrivez la réponse.")
    asked = None if text is None else _clean(text, "question", QUESTION_MAX, "Gardez une question.")
    with transaction.atomic():
        lock_call(by, question.call)
        rows = AmiQuestion.objects.visible_to(by).select_for_update(of=("self",))
        locked = rows.filter(pk=question.pk).first()
        if locked is None:
            raise Conflict("Cette question n’existe plus.")
        if locked.answered_at is not None:
            raise Conflict("Une réponse a déjà été publiée. Ajoutez un rectificatif s’il faut la corriger.")
        locked.answer, locked.answered_at = said, now()
        locked.answered_by_label = by.label or "Système"
        if asked is not None:
            locked.text = asked
        locked.save(update_fields=["text", "answer", "answered_at", "answered_by_label"])
        _record("answered", by, locked)
        outbox.emit(ANSWERED, tenant_id=None, payload={"question": locked.pk})
    return locked


def _record(act: str, by: Actor, question: AmiQuestion) -> None:
    audit.record(
        f"labelling.question_{act}",
        by=by,
        object_type="amiquestion",
        object_id=question.pk,
        data={"appel": question.call_id},
    )


def _clean(text: str, field: str, at_most: int, wanted: str) -> str:
    try:
        said = clean_text(text, multiline=True, max_length=at_most)
    except TextRefused as refusal:
        raise Refused(str(refusal), field) from None
    if len(said) < LEAST:
        raise Refused(wanted, field)
    return said
