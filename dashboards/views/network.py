"""The page of a network: all the territories of the region, seen through it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboards.enums import Dimension
from dashboards.forms.filters import Choices
from dashboards.forms.wide_filters import NetworkFilters
from dashboards.permissions import Perm
from dashboards.services.labels import labels
from dashboards.services.network import network_figures, network_table
from dashboards.services.region_map import MapOf, value_of
from dashboards.services.years import published_years
from dashboards.views.answers import figures_answer
from dashboards.views.region import wide_map
from spo_portal.kernel.privacy import INSIDE
from territories.access import Actor, guarded
from territories.models import Reseau, Territory


@guarded(Perm.READ_REGION)
@require_safe
def network(request: HttpRequest, pk: int) -> HttpResponse:
    """One network of the actor's region, for a year; a foreign one and a missing one are the same 404."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    today = timezone.localdate()
    region = actor.region
    reseau = reseau_or_404(actor, pk)
    named = labels(by=actor, region=region, year=today.year)  # type: ignore[arg-type]
    demandes = named.of(Dimension.DEMANDE)
    choices = Choices(today, published_years(by=actor, region=region), demandes=demandes)
    filters = NetworkFilters.from_get(request.GET, choices)
    territories = list(Territory.objects.steered_by(actor).order_by("order", "name"))
    figures = network_figures(
        by=actor,
        region=region,  # type: ignore[arg-type]
        reseau=reseau,
        territories=territories,
        asked=filters.for_reseau(reseau.pk),
        words=demandes,
        day=today,
    )
    shown = MapOf("Fiches", {line.territory.pk: value_of(line.contacts) for line in figures.lines}, "fiches")
    context = {
        "figures": figures,
        "table": network_table(figures),
        "map": wide_map(actor, territories, shown, filters.below(), "carte-reseau"),
        "map_of": shown,
        "map_rows": [(line.territory, shown.values.get(line.territory.pk)) for line in figures.lines],
        "count": len(territories),
        "threshold": INSIDE,
        "others": Reseau.objects.filter(region=region).order_by("order"),
        "title": f"{reseau.name} sur {len(territories)} territoires",
    }
    return figures_answer(
        request, filters, "dashboards/reseau.html", "dashboards/partials/_reseau.html", context
    )


def reseau_or_404(actor: Actor, pk: int) -> Reseau:
    """A network of the region the actor works in."""
    try:
        found = Reseau.objects.filter(region_id=actor.region_id, pk=pk).first()
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise Http404("Cette page n’existe pas, ou elle appartient à un autre périmètre.")
    return found
