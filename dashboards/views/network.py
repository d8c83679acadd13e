"""The page of a network: all the territories of the region, seen through it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboards.permissions import Perm
from dashboards.services.network import network_table
from dashboards.services.region_map import MapOf, value_of
from dashboards.views.answers import figures_answer
from dashboards.views.wide import ask_network, exports_for, reseau_or_404, wide_map
from spo_portal.kernel.privacy import INSIDE
from territories.access import Actor, guarded
from territories.models import Reseau

__all__ = ["network", "reseau_or_404"]


@guarded(Perm.READ_REGION)
@require_safe
def network(request: HttpRequest, pk: int) -> HttpResponse:
    """One network in each territory of the region, for a year."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    asked = ask_network(request.GET, actor, pk)
    figures, filters = asked.figures, asked.filters
    shown = MapOf("Fiches", {line.territory.pk: value_of(line.contacts) for line in figures.lines}, "fiches")
    context = {
        "figures": figures,
        "table": network_table(figures),
        "map": wide_map(actor, asked.territories, shown, filters.below(), "carte-reseau"),
        "map_of": shown,
        "count": len(asked.territories),
        "threshold": INSIDE,
        "others": Reseau.objects.filter(region_id=actor.region_id).exclude(pk=pk).order_by("order"),
        "exports": exports_for("export_reseau", filters, pk),
        "title": asked.reseau.name,
    }
    return figures_answer(
        request, filters, "dashboards/reseau.html", "dashboards/partials/_reseau.html", context
    )
