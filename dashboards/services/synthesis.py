"""Life of the regional synthesis: opened, written, quoting the reports, frozen, corrected by a new
version.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils import timezone

from dashboards.enums_report import SIGNED, SynthesisState
from dashboards.models import AnnualReport, ReportVersion, Synthesis, SynthesisQuote, SynthesisVersion
from dashboards.models_report import SENT
from dashboards.permissions import Perm
from dashboards.report_blocks import canonical, fingerprint, thawed
from dashboards.report_sections import BY_KEY
from dashboards.services.report import check_reason, check_year, mark_synthesised
from dashboards.services.report_freeze import Drawing, Drawn, frozen_fields
from dashboards.services.synthesis_compose import compose_synthesis
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.typography import moment
from territories.access import Actor, require
from territories.models import Region

QUOTES_MAX = 60


@dataclass(frozen=True)
class Excerpt:
    """A comment of a signed report that may be quoted."""

    report_id: int
    territory: str
    section: str
    title: str
    words: str
    chosen: bool

    @property
    def key(self) -> str:
        return f"{self.report_id}:{self.section}"


def open_synthesis(*, by: Actor, region: Region, year: int) -> Synthesis:
    """Start the synthesis of a year, or return it."""
    require(by, Perm.SYNTHESISE)
    check_year(year)
    if region.pk not in by.scope.lead:
        raise Refused("Vous écrivez la synthèse de votre région seulement.")
    with transaction.atomic():
        found, made = (
            Synthesis.objects.visible_to(by)
            .led_by(by)
            .get_or_create(region=region, year=year, defaults={"opened_by_label": by.label})
        )
        if made:
            _note("opened", by, found)
    return found


def excerpts(*, by: Actor, synthesis: Synthesis) -> list[Excerpt]:
    """Comments of the signed reports of the year, as they were signed, in the order of the parts."""
    chosen = set(
        SynthesisQuote.objects.visible_to(by).filter(synthesis=synthesis).values_list("report_id", "section")
    )
    reports = AnnualReport.objects.visible_to(by).filter(
        region_id=synthesis.region_id, year=synthesis.year, version__isnull=False
    )
    versions = ReportVersion.objects.visible_to(by).filter(pk__in=reports.values("version_id"))
    found = []
    for report_id, data in versions.order_by("report__territory__order").values_list("report_id", "data"):
        document = thawed(data)
        for section in document.sections:
            if section.comment and section.key in BY_KEY:
                found.append(
                    Excerpt(
                        report_id, document.place, section.key, section.title, section.comment,
                        (report_id, section.key) in chosen,
                    )
                )  # fmt: skip
    order = {key: place for place, key in enumerate(BY_KEY)}
    return sorted(found, key=lambda one: order[one.section])


def choose_quotes(*, by: Actor, synthesis: Synthesis, keys: Iterable[str]) -> int:
    """Replace the excerpts to quote by these (« report:part »); return how many there are."""
    require(by, Perm.SYNTHESISE)
    offered = {one.key: one for one in excerpts(by=by, synthesis=synthesis)}
    wanted = [offered[key] for key in dict.fromkeys(keys) if key in offered]
    if len(wanted) > QUOTES_MAX:
        raise Refused(f"Choisissez {QUOTES_MAX} extraits au plus.", "extraits")
    with transaction.atomic():
        fresh = _locked(by, synthesis)
        if not fresh.is_open:
            raise Conflict("Cette synthèse est figée : ses extraits ne changent plus.")
        SynthesisQuote.objects.visible_to(by).filter(synthesis=fresh).delete()
        SynthesisQuote.objects.bulk_create(
            SynthesisQuote(synthesis=fresh, report_id=one.report_id, section=one.section) for one in wanted
        )
        _note("quotes", by, fresh, nombre=len(wanted))
    return len(wanted)


def correct(*, by: Actor, synthesis: Synthesis, reason: str) -> Synthesis:
    """Open a frozen synthesis again, with the reason that its next version will carry."""
    require(by, Perm.SYNTHESISE)
    said = check_reason(reason)
    with transaction.atomic():
        fresh = _locked(by, synthesis)
        if fresh.is_open:
            raise Conflict("Cette synthèse est déjà ouverte.")
        fresh.state, fresh.correction_reason = SynthesisState.OUVERTE, said
        fresh.save()
        _note("corrected", by, fresh)
    return fresh


def frozen_document(*, by: Actor, found: Synthesis) -> tuple[Synthesis, Drawing]:
    """Lock the synthesis and compose what will be frozen."""
    require(by, Perm.SYNTHESISE)
    locked = _locked(by, found)
    if not locked.is_open:
        raise Conflict("Cette synthèse est déjà figée.")
    now = timezone.now()
    versions = SynthesisVersion.objects.visible_to(by).filter(synthesis=locked).without_bytes()
    last = versions.order_by("-number").first()
    number = last.number + 1 if last else 1
    signature = {
        "version": number,
        "le": moment(timezone.localtime(now)),
        "par": by.label,
        "motif": locked.correction_reason,
        "corrige": last.data_sha256 if last else "",
    }
    document = replace(compose_synthesis(by=by, synthesis=locked), signature=signature)
    data = canonical(document)
    return locked, Drawing(document, data, fingerprint(data), number, last.pk if last else None, now)


def freeze(*, by: Actor, found: Synthesis, drawing: Drawing, drawn: Drawn) -> SynthesisVersion:
    """Store the version, close the synthesis, and mark the transmitted reports as taken up."""
    frozen = frozen_fields(by, found.correction_reason, drawing, drawn)
    version = SynthesisVersion(synthesis=found, **frozen)
    version.save(force_insert=True)
    found.state, found.version_id, found.correction_reason = SynthesisState.FIGEE, version.pk, ""
    found.save()
    sent = AnnualReport.objects.visible_to(by).filter(
        region_id=found.region_id, year=found.year, state__in=SENT
    )
    taken = mark_synthesised(by=by, reports=list(sent.values_list("pk", flat=True)), now=drawing.now)
    _note("frozen", by, found, version=version.number, rapports=taken)
    return version


def reports_signed(*, by: Actor, region_id: int, year: int) -> int:
    return (
        AnnualReport.objects.visible_to(by).filter(region_id=region_id, year=year, state__in=SIGNED).count()
    )


def _locked(by: Actor, found: Synthesis) -> Synthesis:
    rows = Synthesis.objects.visible_to(by).led_by(by).select_for_update(of=("self",))
    fresh = rows.select_related("region").filter(pk=found.pk).first()
    if fresh is None:
        raise Conflict("Cette synthèse n’est plus dans votre périmètre.")
    return fresh


def _note(action: str, by: Actor, found: Synthesis, **data: object) -> None:
    audit.record(
        f"dashboards.synthesis_{action}",
        by=by,
        object_type="synthesis",
        object_id=found.pk,
        data={"annee": found.year, "region": found.region_id, **data},
    )
