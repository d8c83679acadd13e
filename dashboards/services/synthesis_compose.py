"""Compose the regional synthesis: every part, its figures, its comment and its quotes, in the order of
printing.
"""

from django.utils import timezone

from dashboards import report_sections as parts
from dashboards.models import AnnualReport, ReportVersion, Synthesis, SynthesisQuote
from dashboards.report_blocks import Document, Quote, Section, thawed
from dashboards.services import synthesis_parts
from dashboards.services.report_comments import synthesis_comments
from dashboards.services.synthesis_material import gather
from spo_portal.kernel.typography import long_date, moment
from territories.access import Actor


def compose_synthesis(*, by: Actor, synthesis: Synthesis) -> Document:
    """The synthesis as it would be printed now."""
    whole = gather(by=by, region=synthesis.region, year=synthesis.year)
    comments = synthesis_comments(by=by, synthesis=synthesis)
    makers = {
        parts.BRIEF: synthesis_parts.brief_part,
        parts.OFFER: synthesis_parts.offer_part,
        parts.ACTIVITY: synthesis_parts.activity_part,
        parts.REQUESTS: synthesis_parts.requests_part,
        parts.OUTCOMES: synthesis_parts.outcomes_part,
        "rapports": synthesis_parts.reports_part,
        parts.METHODS: synthesis_parts.methods_part,
    }
    sections = []
    for part in parts.SYNTHESIS_PARTS:
        saved = comments.get(part.key)
        blocks = makers[part.key](whole) if part.key in makers else []
        quotes = _quotes(by, synthesis) if part.key == "paroles" else ()
        text, author = (saved.text, saved.saved_by) if saved else ("", "")
        sections.append(Section(part.key, part.title, tuple(blocks), text, author, quotes))
    dates = [r.filled_at for r in whole.now.values() if r.filled_at]
    region = whole.region
    return Document(
        kind="synthese",
        region=region.name,
        place=region.name,
        year=whole.year,
        filled_at=max(dates).isoformat() if dates else "",
        sections=tuple(sections),
        facts=(
            ("Présentée à", region.body_name),
            ("Établie par", f"L’animation régionale, {region.animation_name}"),
            (
                "Chiffres arrêtés le",
                moment(timezone.localtime(max(dates))) if dates else "Aucun chiffre enregistré",
            ),
            ("Période", f"Du 1er janvier au {long_date(whole.day).partition(' ')[2]}"),
        ),
    )


def _quotes(by: Actor, synthesis: Synthesis) -> tuple[Quote, ...]:
    """Comments chosen by the animation, as they were signed."""
    chosen = list(
        SynthesisQuote.objects.visible_to(by).filter(synthesis=synthesis).values_list("report_id", "section")
    )
    versions = ReportVersion.objects.visible_to(by).filter(
        pk__in=AnnualReport.objects.visible_to(by)
        .filter(pk__in=[pk for pk, _ in chosen])
        .values("version_id")
    )
    texts = {}
    for report_id, data in versions.values_list("report_id", "data"):
        document = thawed(data)
        for section in document.sections:
            texts[report_id, section.key] = (f"{document.place}, « {section.title} »", section.comment)
    order = {key: place for place, key in enumerate(parts.BY_KEY)}
    found = [(order[section], *texts[pk, section]) for pk, section in chosen if (pk, section) in texts]
    return tuple(Quote(source, words) for _, source, words in sorted(found) if words)
