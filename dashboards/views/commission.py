"""The page of a commission: its bassins side by side."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboards.forms.filters import Choices, Filters
from dashboards.permissions import Perm
from dashboards.services.commission import CommissionFigures, commission_figures
from dashboards.services.labels import labels
from dashboards.services.years import published_years
from dashboards.views.answers import figures_answer
from spo_portal.kernel.charts import month_bars
from spo_portal.kernel.privacy import INSIDE
from spo_portal.kernel.typography import MONTHS_SHORT
from territories.access import Actor, get_visible_or_404, guarded
from territories.models import Commission, Territory


@guarded(Perm.READ_REGION)
@require_safe
def commission(request: HttpRequest, pk: int) -> HttpResponse:
    """Compare the bassins of one commission of the region over a year or a month."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = get_visible_or_404(Commission.objects.all(), actor, pk=pk)
    today = timezone.localdate()
    region = actor.region
    filters = Filters.from_get(
        request.GET, Choices(today, published_years(by=actor, region=region), compare=False)
    )
    territories = list(Territory.objects.steered_by(actor).filter(commission=found).order_by("order", "name"))
    figures = commission_figures(
        by=actor,
        region=region,  # type: ignore[arg-type]
        commission=found,
        territories=territories,
        year=filters.year,
        month=filters.month,
        named=labels(by=actor, region=region, year=filters.year),  # type: ignore[arg-type]
    )
    context = {
        "figures": figures,
        "commission": found,
        "territories": territories,
        "charts": charts(figures, filters.year),
        "threshold": INSIDE,
        "title": found.name,
    }
    return figures_answer(
        request, filters, "dashboards/commission.html", "dashboards/partials/_commission.html", context
    )


def charts(figures: CommissionFigures, year: int) -> list[tuple[Territory, str, list]]:
    """Contacts by month of each bassin, the year before beside: (territory, picture, lines of its table)."""
    found = []
    for bassin in figures.bassins:
        now, before = bassin.release.months(), bassin.before.months()
        compared = None if bassin.before.empty else before
        picture = month_bars(
            list(MONTHS_SHORT),
            now,
            previous=compared,
            ident=f"mois-{bassin.territory.pk}",
            title=f"Fiches par mois en {year}, {bassin.territory.name}",
        )
        lines = list(zip(MONTHS_SHORT, now, before if compared else [None] * 12, strict=True))
        found.append((bassin.territory, picture, lines))
    return found
