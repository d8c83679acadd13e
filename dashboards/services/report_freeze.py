"""Write down a signed report for ever: its version and the change of state, in one transaction.

The document is drawn by the caller (layers: services draw nothing): ``frozen_document`` gives what to draw,
``freeze`` stores what was drawn.
"""

import datetime
import hashlib
import json
from dataclasses import dataclass, replace

from django.utils import timezone

from dashboards.models import AnnualReport, ReportAnnex, ReportComment, ReportVersion
from dashboards.permissions import Perm
from dashboards.report_blocks import Document, canonical, fingerprint
from dashboards.report_sections import OPINION
from dashboards.services.report import check_meeting, lock, mark_signed, may_sign
from dashboards.services.report_comments import save_comment
from dashboards.services.report_compose import compose
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.typography import long_date, moment
from territories.access import Actor, require


@dataclass(frozen=True)
class Drawing:
    """What a version is made of, before it is stored."""

    document: Document
    data: str
    digest: str
    number: int
    parent_id: int | None
    now: datetime.datetime


@dataclass(frozen=True)
class Drawn:
    """What was drawn from it."""

    pdf: bytes
    pages: int
    workbook: bytes


def content_mark(*, by: Actor, report: AnnualReport) -> str:
    """Short mark of what is written and joined: what was read before signing is what is signed."""
    comments = ReportComment.objects.visible_to(by).filter(report=report).exclude(text="")
    annexes = ReportAnnex.objects.visible_to(by).filter(report=report, removed=False)
    content = [
        sorted(comments.values_list("section", "text")),
        list(annexes.values_list("title", "sha256").order_by("position", "pk")),
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:24]


def prepare_signature(
    *, by: Actor, report: AnnualReport, meeting_on: datetime.date | None, opinion: str, seen: int
) -> tuple[datetime.date, str]:
    """Check the statement of the committee and write down its opinion; return the date and the content's
    mark.

    The signature itself is made by the worker, with its document.
    """
    require(by, Perm.SIGN_REPORT)
    if not may_sign(report):
        raise Conflict(f"Ce rapport est « {report.get_state_display().lower()} » : il ne se signe pas.")
    day = check_meeting(meeting_on, report.year)
    if len(opinion.strip()) < 3:
        raise Refused("Écrivez l’avis du comité technique territorial.", "avis")
    try:
        save_comment(by=by, report=report, section=OPINION, text=opinion, seen=seen)
    except Refused as refusal:
        raise Refused(str(refusal), "avis") from None
    return day, content_mark(by=by, report=report)


def frozen_document(
    *, by: Actor, report: AnnualReport, meeting_on: datetime.date, mark: str
) -> tuple[AnnualReport, Drawing]:
    """Lock the report, check that it is still what was read, and compose the document to draw.

    Raises ``Conflict`` when the state or the content has changed since the signature was asked for.
    """
    require(by, Perm.SIGN_REPORT)
    locked = lock(by, report)
    if not may_sign(locked):
        raise Conflict(f"Ce rapport est « {locked.get_state_display().lower()} » : il ne se signe pas.")
    if content_mark(by=by, report=locked) != mark:
        raise Conflict("Le rapport a changé depuis la demande de signature : relisez-le, puis signez.")
    day = check_meeting(meeting_on, locked.year)
    now = timezone.now()
    last = (
        ReportVersion.objects.visible_to(by).filter(report=locked).without_bytes().order_by("-number").first()
    )
    number = last.number + 1 if last else 1
    signature = {
        "version": number,
        "reunion": long_date(day),
        "le": moment(timezone.localtime(now)),
        "par": by.label,
        "motif": locked.correction_reason,
        "corrige": last.data_sha256 if last else "",
    }
    document = compose(by=by, territory=locked.territory, year=locked.year, report=locked)
    data = canonical(replace(document, signature=signature))
    return locked, Drawing(
        replace(document, signature=signature),
        data,
        fingerprint(data),
        number,
        last.pk if last else None,
        now,
    )


def frozen_fields(by: Actor, reason: str, drawing: Drawing, drawn: Drawn) -> dict[str, object]:
    """What every frozen version keeps: document, figures, their fingerprints, who froze it and why."""
    return {
        "number": drawing.number,
        "parent_id": drawing.parent_id,
        "reason": reason,
        "pdf": drawn.pdf,
        "pages": drawn.pages,
        "workbook": drawn.workbook,
        "data": drawing.data,
        "pdf_sha256": hashlib.sha256(drawn.pdf).hexdigest(),
        "workbook_sha256": hashlib.sha256(drawn.workbook).hexdigest(),
        "data_sha256": drawing.digest,
        "frozen_at": drawing.now,
        "frozen_by_id": by.user_id,
        "frozen_by_label": by.label,
    }


def freeze(
    *, by: Actor, report: AnnualReport, meeting_on: datetime.date, drawing: Drawing, drawn: Drawn
) -> ReportVersion:
    """Store the version and mark the locked report as signed."""
    frozen = frozen_fields(by, report.correction_reason, drawing, drawn)
    version = ReportVersion(report=report, meeting_on=meeting_on, **frozen)
    version.save(force_insert=True)
    mark_signed(by=by, report=report, version_id=version.pk, meeting_on=meeting_on, now=drawing.now)
    return version
