"""Answers to the criteria of the call, each with what shows it (AMI, 17 criteria)."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums_ami import CriterionAnswer, PartKey
from labelling.models import AmiApplication, AmiAttachment, AmiCriterion, AmiCriterionAnswer
from labelling.services import moves
from labelling.services.parts import require_part
from labelling.services.sections import touch
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor

PART = str(PartKey.CRITERES)
EVIDENCE_MAX = 600


@dataclass(frozen=True)
class Typed:
    """What was typed for one criterion, and the number it started from (0 for none)."""

    answer: str = ""
    evidence: str = ""
    attachment_id: int | None = None
    seen: int = 0


@dataclass
class Outcome:
    """What became of each line: saved (its row), in conflict (the row stored), or refused (the sentence)."""

    saved: dict[int, AmiCriterionAnswer]
    conflicts: dict[int, AmiCriterionAnswer]
    errors: dict[int, str]


def save_answers(*, by: Actor, application: AmiApplication, typed: Mapping[int, Typed]) -> Outcome:
    """Save the lines that changed, each on its own: one in conflict or refused stops none of the others.

    A line without answer is left as it is, unless something was typed in it.
    """
    require_part(by, application, PART)
    outcome = Outcome({}, {}, {})
    try:
        with transaction.atomic():
            locked = moves.lock(by, application)
            require_part(by, locked, PART)
            criteria = AmiCriterion.objects.visible_to(by).filter(call_id=locked.call_id, pk__in=list(typed))
            rows = AmiCriterionAnswer.objects.visible_to(by).filter(application=locked)
            stored = {row.criterion_id: row for row in rows}
            files = AmiAttachment.objects.visible_to(by).filter(application=locked)
            own = set(files.values_list("pk", flat=True))
            for criterion in criteria:
                _one(by, locked, criterion, stored.get(criterion.pk), typed[criterion.pk], own, outcome)
            if outcome.saved:
                touch(by, locked)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error
    return outcome


def _one(
    by: Actor,
    application: AmiApplication,
    criterion: AmiCriterion,
    row: AmiCriterionAnswer | None,
    typed: Typed,
    own: set[int],
    outcome: Outcome,
) -> None:
    try:
        evidence = clean_text(typed.evidence, multiline=True, max_length=EVIDENCE_MAX)
    except TextRefused as error:
        outcome.errors[criterion.pk] = str(error)
        return
    if typed.attachment_id is not None and typed.attachment_id not in own:
        outcome.errors[criterion.pk] = "Cette pièce n’est plus dans le dossier : choisissez-en une autre."
        return
    if typed.answer not in CriterionAnswer.values:
        if evidence or typed.attachment_id or typed.answer:
            outcome.errors[criterion.pk] = "Répondez d’abord : oui, en partie ou non."
        return
    wanted = (typed.answer, evidence, typed.attachment_id)
    if row is not None and (row.answer, row.evidence, row.attachment_id) == wanted:
        return
    if (row.version if row else 0) != typed.seen:
        outcome.conflicts[criterion.pk] = row or AmiCriterionAnswer(criterion=criterion)
        return
    row = row or AmiCriterionAnswer(
        application=application, call_id=application.call_id, criterion=criterion, version=0
    )
    row.answer, row.evidence, row.attachment_id = wanted
    row.version += 1
    row.saved_at, row.saved_by_label = timezone.now(), by.label
    row.save()
    outcome.saved[criterion.pk] = row
