"""Files joined to a report: added, renamed, put in order, set aside, while the report is open."""

import hashlib

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from dashboards.models import AnnualReport, ReportAnnex
from dashboards.permissions import Perm
from dashboards.services.annex_files import prove
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text, personal_looking
from territories.access import Actor, require

ANNEXES_MAX, TITLE_MAX = 12, 120


def add_annex(*, by: Actor, report: AnnualReport, title: str, name: str, content: bytes) -> ReportAnnex:
    """Join a file, last in order; ``Refused`` when it may not be kept, ``Conflict`` when the report is
    closed.
    """
    require(by, Perm.WRITE_REPORT)
    proved = prove(name, content)
    cleaned = _title(title or proved.name.rpartition(".")[0])
    with transaction.atomic():
        fresh = _opened(by, report)
        rows = ReportAnnex.objects.visible_to(by).filter(report=fresh, removed=False)
        if rows.count() >= ANNEXES_MAX:
            raise Refused(f"Un rapport a {ANNEXES_MAX} annexes au plus : retirez-en une.", "fichier")
        digest = hashlib.sha256(proved.content).hexdigest()
        if rows.filter(sha256=digest).exists():
            raise Refused("Ce fichier est déjà joint à ce rapport.", "fichier")
        annex = ReportAnnex(
            report=fresh,
            title=cleaned,
            name=proved.name,
            format=proved.format,
            content=proved.content,
            size=len(proved.content),
            sha256=digest,
            position=(rows.aggregate(last=Max("position"))["last"] or 0) + 1,
            uploaded_by_id=by.user_id,
            uploaded_by_label=by.label,
        )
        annex.save(force_insert=True)
        _note("annex_added", by, fresh, annex, format=annex.format, sha256=digest)
    return annex


def rename_annex(*, by: Actor, annex: ReportAnnex, title: str) -> None:
    require(by, Perm.WRITE_REPORT)
    cleaned = _title(title)
    with transaction.atomic():
        report = _opened(by, annex.report)
        ReportAnnex.objects.visible_to(by).filter(pk=annex.pk).update(title=cleaned)
        _note("annex_renamed", by, report, annex)


def move_annex(*, by: Actor, annex: ReportAnnex, up: bool) -> None:
    """Change places with the annex above or below; nothing happens at the ends."""
    require(by, Perm.WRITE_REPORT)
    with transaction.atomic():
        report = _opened(by, annex.report)
        rows = list(ReportAnnex.objects.visible_to(by).filter(report=report, removed=False).without_bytes())
        at = next((n for n, row in enumerate(rows) if row.pk == annex.pk), None)
        if at is None:
            raise Conflict("Cette annexe vient d’être retirée.")
        other = at - 1 if up else at + 1
        if 0 <= other < len(rows):
            rows[at], rows[other] = rows[other], rows[at]
        for position, row in enumerate(rows, 1):
            if row.position != position:
                ReportAnnex.objects.visible_to(by).filter(pk=row.pk).update(position=position)


def remove_annex(*, by: Actor, annex: ReportAnnex) -> None:
    """Remove a file; once a version of the report is signed, it is only set aside: that version may hold
    it.
    """
    require(by, Perm.WRITE_REPORT)
    with transaction.atomic():
        report = _opened(by, annex.report)
        rows = ReportAnnex.objects.visible_to(by).filter(pk=annex.pk)
        if report.version_id is None:
            rows.delete()
        else:
            rows.update(removed=True)
        _note("annex_removed", by, report, annex, kept=report.version_id is not None)


def _opened(by: Actor, report: AnnualReport) -> AnnualReport:
    found = AnnualReport.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=report.pk).first()
    if found is None or not found.is_open:
        raise Conflict("Ce rapport n’est plus ouvert : ses annexes ne changent plus.")
    AnnualReport.objects.visible_to(by).filter(pk=found.pk).update(changed_at=timezone.now())
    return found


def _title(text: str) -> str:
    try:
        cleaned = clean_text(text, max_length=TITLE_MAX)
    except TextRefused as error:
        raise Refused(str(error), "titre") from None
    if not cleaned:
        raise Refused("Donnez un titre à cette annexe : il paraît au sommaire du rapport.", "titre")
    findings = personal_looking(cleaned, kept="le rapport")
    if findings:
        raise Refused(findings[0].message, "titre")
    return cleaned


def _note(action: str, by: Actor, report: AnnualReport, annex: ReportAnnex, **data: object) -> None:
    audit.record(
        f"dashboards.report_{action}",
        by=by,
        object_type="reportannex",
        object_id=annex.pk,
        tenant_id=report.territory_id,
        data={"annee": report.year, **data},
    )
