"""The annual reports of a region: where each stands, and all of them in one file."""

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dashboards.jobs_report import REPORTS_ALL
from dashboards.models import AnnualReport
from dashboards.permissions import Perm
from dashboards.report_sections import COMMENTED
from dashboards.services.report import years_offered
from spo_portal.kernel import jobs
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.typography import counted
from territories.access import can, guarded
from territories.models import Territory

KINDS = {"ouvert": "warn", "complete": "info", "signe": "info", "transmis": "ok", "synthetise": "ok"}


@dataclass(frozen=True)
class Line:
    """A territory and its report of the year, if it was started."""

    territory: Territory
    report: AnnualReport | None
    written: int

    @property
    def tone(self) -> str:
        return KINDS[self.report.state] if self.report else ""


def _year(year: int) -> int:
    if year not in years_offered():
        raise Http404("Cette année n’a pas de rapport.")
    return year


@guarded(Perm.READ_REPORTS)
@require_safe
def latest(request: HttpRequest) -> HttpResponseBase:
    """Reports are written at the beginning of the year after: until July, the year before is shown."""
    today = timezone.localdate()
    return redirect("rapports_region", year=today.year - 1 if today.month < 7 else today.year)


@guarded(Perm.READ_REPORTS)
@require_safe
def reports(request: HttpRequest, year: int) -> HttpResponse:
    """Every territory: state, how much is written, last change, signed version."""
    actor = request.actor  # type: ignore[attr-defined]
    _year(year)
    rows = (
        AnnualReport.objects.visible_to(actor)
        .filter(year=year)
        .select_related("version")
        .defer("version__pdf", "version__workbook", "version__data")
        .annotate(written=Count("comments", filter=~Q(comments__text="")))
    )
    by_territory = {row.territory_id: row for row in rows}
    territories = Territory.objects.steered_by(actor).filter(region_id=actor.region_id)
    lines = []
    for territory in territories:
        found = by_territory.get(territory.pk)
        lines.append(Line(territory, found, found.written if found else 0))
    states = [line.report.state if line.report else "" for line in lines]
    context = {
        "year": year,
        "years": years_offered()[:6],
        "lines": lines,
        "parts": len(COMMENTED),
        "signed": sum(state in ("signe", "transmis", "synthetise") for state in states),
        "sent": sum(state in ("transmis", "synthetise") for state in states),
        "may_write": can(actor, Perm.SYNTHESISE),
    }
    return render(request, "dashboards/rapports_region.html", context)


@guarded(Perm.READ_REPORTS)
@require_POST
def prepare(request: HttpRequest, year: int) -> HttpResponseBase:
    """One click, one job: every report of the region in one file, followed on its own page."""
    actor = request.actor  # type: ignore[attr-defined]
    _year(year)
    count = Territory.objects.steered_by(actor).filter(region_id=actor.region_id).count()
    try:
        job = jobs.enqueue(
            by=actor,
            kind=REPORTS_ALL,
            title=f"{counted(count, 'rapport annuel', 'rapports annuels')} {year}, {actor.region.name}",
            params={"annee": year},
            total=count,
            mail=True,
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("rapports_region", year=year)
    return redirect("travail", cle=job.uuid)
