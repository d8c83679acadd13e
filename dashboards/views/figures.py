"""Pages of figures: territory, site, region."""

import datetime
import re
from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboards.charts import demandes_chart, months_chart
from dashboards.permissions import Perm
from dashboards.services.figures import Figures, month_before, region_lines, site_figures, territory_figures
from dashboards.services.shapes import TerritoryLine
from spo_portal.kernel.htmx import page_or_fragment
from territories.access import can, get_visible_or_404, guarded
from territories.models import Site, Territory

MONTHS_BACK = 24


def chosen_month(request: HttpRequest) -> datetime.date:
    """``?mois=2026-11``: a month of the last two years; anything else shows the current one (Paris)."""
    current = timezone.localdate().replace(day=1)
    match = re.fullmatch(r"(\d{4})-(\d{2})", request.GET.get("mois", ""))
    if not match or not 1 <= int(match[2]) <= 12 or not 2000 <= int(match[1]) <= 2100:
        return current
    month = datetime.date(int(match[1]), int(match[2]), 1)
    return month if month_before(current, MONTHS_BACK) <= month <= current else current


def months_offered() -> list[datetime.date]:
    current = timezone.localdate().replace(day=1)
    return [month_before(current, n) for n in range(MONTHS_BACK + 1)]


def filled_together(lines: Sequence[TerritoryLine]) -> datetime.datetime | None:
    """The one minute at which all the lines were filled, or None: what would repeat is said once."""
    minutes = {line.filled_at and line.filled_at.replace(second=0, microsecond=0) for line in lines}
    return minutes.pop() if len(minutes) == 1 else None


def _page(
    request: HttpRequest,
    figures: Figures,
    title: str,
    subtitle: str,
    trail: list[tuple[str, str]] | None = None,
) -> HttpResponse:
    context = {
        "figures": figures,
        "title": title,
        "subtitle": subtitle,
        "trail": trail,
        "months": months_offered(),
        "months_chart": months_chart(figures),
        "demandes_chart": demandes_chart(figures),
    }
    return page_or_fragment(
        request, "dashboards/chiffres.html", "dashboards/partials/_chiffres.html", context
    )


@guarded(Perm.READ_TERRITORY)
@require_safe
def territory(request: HttpRequest, pk: int) -> HttpResponse:
    """This month and this year of one territory the actor steers; any other one is a 404."""
    actor = request.actor  # type: ignore[attr-defined]
    found = get_visible_or_404(Territory.objects.steered_by(actor), actor, pk=pk)
    figures = territory_figures(by=actor, territory=found, month=chosen_month(request))
    subtitle = f"{actor.region.territory_word} · {actor.region.service_name}"
    above = f"{reverse('region_tableau')}?mois={figures.month:%Y-%m}"
    trail = [(actor.region.name, above), (found.name, "")] if can(actor, Perm.READ_REGION) else None
    return _page(request, figures, found.name, subtitle, trail)


@guarded(Perm.READ_SITE)
@require_safe
def site(request: HttpRequest, pk: int) -> HttpResponse:
    """The same page for the référent's own site."""
    actor = request.actor  # type: ignore[attr-defined]
    found = get_visible_or_404(
        Site.objects.filter(pk__in=actor.scope.unit).select_related("territory"), actor, pk=pk
    )
    figures = site_figures(by=actor, site=found, month=chosen_month(request))
    return _page(
        request, figures, found.name, f"{found.territory.name} · chiffres du lieu, jamais d’une personne"
    )


@guarded(Perm.READ_REGION)
@require_safe
def region(request: HttpRequest) -> HttpResponse:
    """All territories of the region, one line each."""
    actor = request.actor  # type: ignore[attr-defined]
    month = chosen_month(request)
    lines = region_lines(by=actor, month=month)
    context = {
        "lines": lines,
        "month": month,
        "months": months_offered(),
        "masked": any(line.month.masked or line.year.masked or line.share.masked for line in lines),
        "together": filled_together(lines),
    }
    return page_or_fragment(request, "dashboards/region.html", "dashboards/partials/_region.html", context)
