"""Questions asked to the pages of a region: read once, for the screen and for its export."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.http import Http404
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from dashboards.enums import Dimension
from dashboards.forms.filters import Choices, Filters
from dashboards.forms.wide_filters import NetworkFilters, RegionFilters
from dashboards.services.commission import CommissionFigures, commission_figures
from dashboards.services.labels import Labels, labels
from dashboards.services.network import NetworkFigures, network_figures
from dashboards.services.published import NO_RESEAU
from dashboards.services.region import RegionFigures, region_figures
from dashboards.services.region_map import MapOf
from dashboards.services.years import published_years
from dashboards.views.answers import exports_of
from spo_portal.kernel.maps import Drawn, draw
from territories.access import Actor, get_visible_or_404
from territories.models import Commission, Reseau, Territory
from territories.services.contours import ground_of


@dataclass
class RegionAsked:
    """The page of the region: its question, its territories, its figures."""

    filters: RegionFilters
    territories: list[Territory]
    figures: RegionFigures


@dataclass
class NetworkAsked:
    filters: NetworkFilters
    territories: list[Territory]
    reseau: Reseau
    figures: NetworkFigures


@dataclass
class CommissionAsked:
    filters: Filters
    territories: list[Territory]
    commission: Commission
    figures: CommissionFigures


def steered(actor: Actor) -> list[Territory]:
    return list(Territory.objects.steered_by(actor).order_by("order", "name"))


def wide_choices(actor: Actor, today: datetime.date, named: Labels, years: tuple[int, ...]) -> Choices:
    """Years published in the region, its networks and its demandes."""
    reseaux = {pk: word for pk, word in named.reseaux.items() if pk != NO_RESEAU}
    return Choices(today, years, reseaux, named.of(Dimension.DEMANDE))


def ask_region(get: Mapping[str, str], actor: Actor) -> RegionAsked:
    """All territories of the actor's region for the question of an address."""
    today = timezone.localdate()
    region = actor.region
    named = labels(by=actor, region=region, year=today.year)  # type: ignore[arg-type]
    years = published_years(by=actor, region=region)
    filters = RegionFilters.from_get(get, wide_choices(actor, today, named, years))
    territories = steered(actor)
    figures = region_figures(
        by=actor,
        region=region,  # type: ignore[arg-type]
        territories=territories,
        asked=filters.question,
        day=today,
        order=filters.tri,
    )
    return RegionAsked(filters, territories, figures)


def ask_network(get: Mapping[str, str], actor: Actor, pk: int) -> NetworkAsked:
    """One network of the actor's region, for a year; a foreign one and a missing one are the same 404."""
    today = timezone.localdate()
    region, reseau = actor.region, reseau_or_404(actor, pk)
    named = labels(by=actor, region=region, year=today.year)  # type: ignore[arg-type]
    demandes = named.of(Dimension.DEMANDE)
    choices = Choices(today, published_years(by=actor, region=region), demandes=demandes)
    filters = NetworkFilters.from_get(get, choices)
    territories = steered(actor)
    figures = network_figures(
        by=actor,
        region=region,  # type: ignore[arg-type]
        reseau=reseau,
        territories=territories,
        asked=filters.for_reseau(reseau.pk),
        words=demandes,
        day=today,
        address=territory_url(filters.below()),
    )
    return NetworkAsked(filters, territories, reseau, figures)


def ask_commission(get: Mapping[str, str], actor: Actor, pk: int) -> CommissionAsked:
    """The bassins of one commission of the actor's region over a year or a month."""
    found = get_visible_or_404(Commission.objects.visible_to(actor), actor, pk=pk)
    today = timezone.localdate()
    region = actor.region
    choices = Choices(today, published_years(by=actor, region=region), compare=False)
    filters = Filters.from_get(get, choices)
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
    return CommissionAsked(filters, territories, found, figures)


def reseau_or_404(actor: Actor, pk: int) -> Reseau:
    """A network of the region the actor works in."""
    try:
        found = Reseau.objects.filter(region_id=actor.region_id, pk=pk).first()
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise Http404("Cette page n’existe pas, ou elle appartient à un autre périmètre.")
    return found


def territory_url(query: str) -> Callable[[Territory], str]:
    """The address of the page of a territory for a question: looked up once for hundreds of lines."""
    before, _, after = reverse("territoire_tableau", args=(0,)).rpartition("0")
    end = f"{after}?{query}" if query else after
    return lambda territory: f"{before}{territory.pk}{end}"


def wide_map(actor: Actor, territories: Sequence[Territory], shown: MapOf, query: str, ident: str) -> Drawn:
    """The map of the region's territories, each one a link to its page."""
    address = territory_url(query)
    return draw(
        ground_of(by=actor, region=actor.region, territories=territories),  # type: ignore[arg-type]
        shown.values,
        ident=ident,
        title=f"{shown.title} par territoire",
        unit=shown.unit,
        decimals=shown.decimals,
        links={territory.pk: address(territory) for territory in territories},
    )


def exports_for(name: str, filters: Filters, *args: int) -> list[tuple[str, str]]:
    """Links of the export menu of a page, none while its export has no address."""
    try:
        return exports_of(reverse(name, args=args), filters)
    except NoReverseMatch:
        return []
