"""The page of a commission: its bassins side by side."""

import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboards.permissions import Perm
from dashboards.services.commission import CommissionFigures
from dashboards.views.answers import figures_answer
from dashboards.views.wide import ask_commission, exports_for
from spo_portal.kernel.charts import month_bars
from spo_portal.kernel.privacy import INSIDE, Cell
from spo_portal.kernel.typography import MONTHS_SHORT
from territories.access import Actor, guarded
from territories.models import Territory


@guarded(Perm.READ_REGION)
@require_safe
def commission(request: HttpRequest, pk: int) -> HttpResponse:
    """Compare the bassins of one commission of the region over a year or a month."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    asked = ask_commission(request.GET, actor, pk)
    context = {
        "figures": asked.figures,
        "commission": asked.commission,
        "territories": asked.territories,
        "charts": charts(asked.figures, asked.filters.year, timezone.localdate()),
        "threshold": INSIDE,
        "exports": exports_for("export_commission", asked.filters, pk),
        "title": asked.commission.name,
    }
    return figures_answer(
        request, asked.filters, "dashboards/commission.html", "dashboards/partials/_commission.html", context
    )


def charts(figures: CommissionFigures, year: int, today: datetime.date) -> list[tuple[Territory, str, list]]:
    """Contacts by month of each bassin, the year before beside: (territory, picture, lines of its table).

    A month to come has no figure, rather than a zero.
    """
    last = today.month if year == today.year else 12
    found = []
    for bassin in figures.bassins:
        now = [cell if rank < last else Cell(None) for rank, cell in enumerate(bassin.release.months())]
        before = bassin.before.months()
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
