"""« Où s’adresser ? »: choose the region, search a place; the list is whole without map nor JavaScript."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from contacts.enums import Age
from contacts.services.public.asking import RADII, USUAL_RADIUS, read
from contacts.services.public.listing import Listing, current_lists, listing, open_regions
from contacts.services.public.places import PER_PAGE
from contacts.views.public_pages import answer, context_of, count_visit, plain, region_or_404
from labelling.services.call_page import public_reader
from spo_portal.kernel.htmx import page_or_fragment
from spo_portal.kernel.maps import Ground
from territories.access import Actor, public
from territories.enums import Regime
from territories.models import Region, Territory
from territories.services.contours import ground_of

REASON = "Annuaire public des lieux d’accueil : toute personne a le droit d’être informée (domaine § 1)."
DAY = 86_400


@public(REASON)
@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    """The region to look in; straight to it when there is one."""
    regions = open_regions()
    if len(regions) == 1:
        return redirect("ou_region", region=regions[0].slug)
    page = render(request, "contacts/public/regions.html", context_of(request, None, regions=regions))
    return answer(request, page)


@public(REASON)
@require_safe
def region(request: HttpRequest, region: str) -> HttpResponseBase:
    """The search and its list."""
    found = region_or_404(region)
    count_visit(request)
    now = timezone.now()
    with public_reader(found) as by:
        result = listing(by, read(request.GET), now)
        lists = current_lists(by, timezone.localdate(now))
        bounds = _bounds(by, found)
    context = context_of(
        request,
        found,
        **shown(result),
        demandes=lists.demandes if lists else (),
        statuts=lists.statuts if lists else (),
        ages=Age.choices,
        radii=RADII,
        usual_radius=USUAL_RADIUS,
        labels=found.regime == Regime.SPO,
        bounds=bounds,
        tiles=settings.MAP_TILES_URL,
        tiles_credit=settings.MAP_TILES_CREDIT,
    )
    page = page_or_fragment(
        request, "contacts/public/recherche.html", "contacts/public/_resultats.html", context
    )
    return answer(request, page)


def shown(result: Listing) -> dict[str, object]:
    """What the list shows, here and embedded."""
    asked, near = result.asked, result.where.commune is not None
    wider = [radius for radius in RADII if result.radius is not None and radius > result.radius]
    return {
        "result": result,
        "asked": asked,
        "page": Paginator(range(result.found.total), PER_PAGE).get_page(asked.page),
        "now": result.at,
        # Only what a search engine should keep: the region, or the region around a commune.
        "indexed": not (asked.filtered or asked.demande or asked.radius or asked.page > 1)
        and (near or not (asked.where or asked.commune)),
        "canonical_query": asked.query(commune=result.where.commune.pk) if result.where.commune else "",
        "wider": asked.query(radius=wider[0]) if wider and near else "",
        "wider_km": wider[0] if wider else 0,
        "choices": [(one, asked.query(commune=one.code)) for one in result.where.choices],
        "unfiltered": asked.without_filters().query(),
    }


_grounds: dict[tuple[int, str], Ground | None] = {}


def _bounds(by: Actor, region: Region) -> str:
    """South, west, north, east of the outlines, as the map reads them; empty without outlines."""
    ground = _ground(by, region)
    if ground is None or ground.frame is None:
        return ""
    frame = ground.frame
    return f"{frame.south:.5f},{frame.west:.5f},{frame.north:.5f},{frame.east:.5f}"


def _ground(by: Actor, region: Region) -> Ground | None:
    """Outlines of a version of the reference, read once by each process; None when none is loaded."""
    key = (region.pk, region.reference_version)
    if key not in _grounds:
        territories = list(Territory.objects.visible_to(by).filter(region=region).order_by("order", "name"))
        ground = ground_of(by=by, region=region, territories=territories)
        _grounds[key] = None if ground.schematic else ground
    return _grounds[key]


@public(REASON)
@require_safe
def outlines(request: HttpRequest, region: str) -> HttpResponseBase:
    """Outlines of the territories, the background of the map; an empty drawing when none is loaded."""
    found = region_or_404(region)
    with public_reader(found) as by:
        ground = _ground(by, found)
    width, height = (ground.width, ground.height) if ground else (1, 1)
    # A border keeps its width when the map shows a town alone.
    thin = 'vector-effect="non-scaling-stroke"'
    paths = "".join(f'<path {thin} d="{shape.path}"/>' for shape in ground or () if shape.path)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}"'
        ' preserveAspectRatio="none">'
        f'<g fill="#fff" stroke="#a9a59b" stroke-width="1.5" stroke-linejoin="round">{paths}</g></svg>'
    )
    return plain(request, svg, "image/svg+xml", seconds=DAY)
