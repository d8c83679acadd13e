"""Eligibility of a submitted file: a finding on each criterion, then recevable or not (AMI §2, §5).

Recevable: every criterion is met, or the Region says why one that is not is let through. Irrecevable: one at
least is not met; the porteur reads which and why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums_ami import ApplicationState
from labelling.models import AmiApplication, AmiCriterion, AmiCriterionAnswer, AmiEligibility
from labelling.permissions import Perm
from labelling.services import moves
from labelling.workflows import ami as flow
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor, require

REASON_MAX = 600


@dataclass(frozen=True)
class Finding:
    """What the Region finds on one criterion; ``waived``: not met, and let through for ``reason``."""

    met: bool
    waived: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Line:
    """One criterion beside what the porteur answered and what the Region found."""

    criterion: AmiCriterion
    answer: AmiCriterionAnswer | None
    finding: AmiEligibility | None

    @property
    def open(self) -> bool:
        """Nothing found yet."""
        return self.finding is None

    @property
    def fails(self) -> bool:
        return self.finding is not None and not self.finding.met and not self.finding.waived


def lines_of(by: Actor, application: AmiApplication) -> list[Line]:
    """Every criterion of the call, in its order; three queries."""
    answers = {
        answer.criterion_id: answer
        for answer in AmiCriterionAnswer.objects.visible_to(by)
        .filter(application=application)
        .select_related("attachment")
        .defer("attachment__content")
    }
    findings = {
        finding.criterion_id: finding
        for finding in AmiEligibility.objects.visible_to(by).filter(application=application)
    }
    criteria = AmiCriterion.objects.visible_to(by).filter(call_id=application.call_id)
    return [
        Line(criterion, answers.get(criterion.pk), findings.get(criterion.pk))
        for criterion in criteria.order_by("position", "pk")
    ]


def record_findings(*, by: Actor, application: AmiApplication, findings: Mapping[int, Finding]) -> int:
    """Write the findings given, leave the others as they are; how many were written.

    Only while the file waits for its eligibility. Raises ``Refused`` (field ``motif-<criterion>``) when what
    is not met has no reason.
    """
    require(by, Perm.INSTRUCT)
    allowed = set(
        AmiCriterion.objects.visible_to(by).filter(call_id=application.call_id).values_list("pk", flat=True)
    )
    now = timezone.now()
    rows = []
    for criterion_id, finding in sorted(findings.items()):
        if criterion_id not in allowed:
            raise Refused("Ce critère n’est pas dans cet appel.")
        rows.append(
            AmiEligibility(
                application=application,
                call_id=application.call_id,
                criterion_id=criterion_id,
                met=finding.met,
                waived=finding.waived and not finding.met,
                reason=_reason(finding, f"motif-{criterion_id}"),
                noted_at=now,
                noted_by_label=by.label or "Système",
            )
        )
    if not rows:
        return 0
    try:
        with transaction.atomic():
            locked = moves.lock(by, application)
            if locked.state != ApplicationState.DEPOSEE:
                raise Conflict(moves.RULES["amieligibility_open"])
            AmiEligibility.objects.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["application", "criterion"],
                update_fields=["met", "waived", "reason", "noted_at", "noted_by_label"],
            )
            audit.record(
                "labelling.ami_constat",
                by=by,
                object_type="amiapplication",
                object_id=application.pk,
                tenant_id=application.territory_id,
                data={
                    "criteres": len(rows),
                    "non_remplis": sum(1 for row in rows if not row.met),
                    "admis": sum(1 for row in rows if row.waived),
                },
            )
    except IntegrityError as error:
        raise moves.rule_broken(error) from error
    return len(rows)


def _reason(finding: Finding, field: str) -> str:
    try:
        reason = clean_text(finding.reason, max_length=REASON_MAX)
    except TextRefused as error:
        raise Refused(str(error), field) from None
    if not finding.met and len(reason) < 5:
        why = "Dites pourquoi il est admis." if finding.waived else "Dites pourquoi il n’est pas rempli."
        raise Refused(why, field)
    return reason


def missing(lines: Sequence[Line]) -> list[AmiCriterion]:
    """Criteria nothing was found on yet."""
    return [line.criterion for line in lines if line.open]


def admit(*, by: Actor, application: AmiApplication, comment: str = "") -> AmiApplication:
    """Declare the file recevable. Raises ``Refused`` while a criterion is not looked at, or not met."""
    require(by, Perm.INSTRUCT)
    lines = lines_of(by, application)
    left = missing(lines)
    if left:
        raise Refused(
            f"{len(left)} critères ne sont pas encore examinés."
            if len(left) > 1
            else f"Un critère n’est pas encore examiné : {left[0].text}."
        )
    if any(line.fails for line in lines):
        raise Refused(
            "Un critère n’est pas rempli : dites pourquoi il est admis, ou déclarez le dossier irrecevable."
        )
    return moves.move(by=by, application=application, key=flow.ADMETTRE.key, comment=comment)


def refuse(*, by: Actor, application: AmiApplication, comment: str = "") -> AmiApplication:
    """Declare the file irrecevable; without a word of the Region, the step lists what is not met and why."""
    require(by, Perm.INSTRUCT)
    failed = [line for line in lines_of(by, application) if line.fails]
    if not failed:
        raise Refused(moves.RULES["amiapplication_refusal"])
    if not comment.strip():
        listed = " ".join(
            f"{_sentence(line.criterion.text)} {line.finding.reason}" for line in failed if line.finding
        )
        comment = f"Non rempli : {listed}"[: moves.COMMENT_MAX]
    return moves.move(by=by, application=application, key=flow.REJETER.key, comment=comment)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", ":")) else f"{text} :"


def reopen(*, by: Actor, application: AmiApplication, comment: str) -> AmiApplication:
    """Look at the eligibility again, while no note was given (a finding was wrong, a piece came late)."""
    return moves.move(by=by, application=application, key=flow.REVOIR.key, comment=comment)
