"""Texts of the report and of the synthesis: saved as they are typed, never over someone else's.

Each save names the number it started from. When the stored number is another one, nothing is written and
both texts come back (``TextConflict``): the writer chooses or merges.
"""

from django.db import transaction
from django.utils import timezone

from dashboards.enums_report import ReportState
from dashboards.models import AnnualReport, ReportComment, Synthesis, SynthesisComment
from dashboards.models_report import TEXT_MAX
from dashboards.permissions import Perm
from dashboards.report_sections import BY_KEY, OPINION, SYNTHESIS_BY_KEY
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text, personal_looking
from spo_portal.kernel.texts import NOTHING, Saved, must_write
from spo_portal.kernel.typography import number
from territories.access import Actor, require


def check_text(text: str) -> str:
    """A comment fit to keep: at most 4,000 characters, and nothing that names or reaches a person."""
    try:
        cleaned = clean_text(text, multiline=True)
    except TextRefused as error:
        raise Refused(str(error), "texte") from None
    if len(cleaned) > TEXT_MAX:
        raise Refused(
            f"Gardez {number(TEXT_MAX)} caractères au plus : il y en a {number(len(cleaned))}.", "texte"
        )
    findings = personal_looking(cleaned, kept="le rapport")
    if findings:
        raise Refused(findings[0].message, "texte")
    return cleaned


def writable(report: AnnualReport, section: str) -> bool:
    """While open, every part; once complete, the opinion of the committee alone, until it is signed."""
    return report.is_open or (section == OPINION and report.state == ReportState.COMPLETE)


def save_comment(*, by: Actor, report: AnnualReport, section: str, text: str, seen: int) -> Saved:
    """Save one part of an open report. ``seen`` is the number the writer started from, 0 for none.

    The same text again writes nothing. Raises ``TextConflict``, ``Conflict`` when the report is closed, or
    ``Refused``.
    """
    require(by, Perm.WRITE_REPORT)
    part = BY_KEY.get(section)
    if part is None or not part.takes_comment:
        raise Refused("Cette partie du rapport ne prend pas de commentaire.")
    cleaned = check_text(text)
    with transaction.atomic():
        fresh = AnnualReport.objects.visible_to(by).select_for_update(of=("self",)).get(pk=report.pk)
        if not writable(fresh, section):
            raise Conflict(
                f"Ce rapport est « {fresh.get_state_display().lower()} » : ses commentaires ne changent plus."
            )
        saved = _save(
            ReportComment.objects.visible_to(by), ReportComment(report=fresh), section, cleaned, seen, by
        )
        AnnualReport.objects.visible_to(by).filter(pk=fresh.pk).update(changed_at=timezone.now())
    return saved


def save_synthesis_comment(*, by: Actor, synthesis: Synthesis, section: str, text: str, seen: int) -> Saved:
    """The same for a part of an open synthesis."""
    require(by, Perm.SYNTHESISE)
    part = SYNTHESIS_BY_KEY.get(section)
    if part is None or not part.takes_comment:
        raise Refused("Cette partie de la synthèse ne prend pas de commentaire.")
    cleaned = check_text(text)
    with transaction.atomic():
        fresh = (
            Synthesis.objects.visible_to(by).led_by(by).select_for_update(of=("self",)).get(pk=synthesis.pk)
        )
        if not fresh.is_open:
            raise Conflict("Cette synthèse est figée : ses commentaires ne changent plus.")
        made = SynthesisComment(synthesis=fresh)
        return _save(SynthesisComment.objects.visible_to(by), made, section, cleaned, seen, by)


def _save(rows, made, section: str, text: str, seen: int, by: Actor) -> Saved:  # type: ignore[no-untyped-def]
    """Compare and write; the parent row is locked, so nobody is in between."""
    owner = (
        {"report_id": made.report_id}
        if isinstance(made, ReportComment)
        else {"synthesis_id": made.synthesis_id}
    )
    row = rows.filter(section=section, **owner).first()
    stored = Saved(row.text, row.version, row.saved_at, row.saved_by_label) if row else NOTHING
    if not must_write(stored, text, seen, "Ce commentaire"):
        return stored
    row = row or made
    row.section, row.text, row.version, row.saved_at = section, text, stored.version + 1, timezone.now()
    row.saved_by_id, row.saved_by_label = by.user_id, by.label
    row.save()
    return Saved(row.text, row.version, row.saved_at, row.saved_by_label)


def comments_of(*, by: Actor, report: AnnualReport) -> dict[str, Saved]:
    """Every comment of a report, by part."""
    rows = ReportComment.objects.visible_to(by).filter(report=report)
    return {row.section: Saved(row.text, row.version, row.saved_at, row.saved_by_label) for row in rows}


def synthesis_comments(*, by: Actor, synthesis: Synthesis) -> dict[str, Saved]:
    rows = SynthesisComment.objects.visible_to(by).filter(synthesis=synthesis)
    return {row.section: Saved(row.text, row.version, row.saved_at, row.saved_by_label) for row in rows}
