"""A request put to a territory or a place: filters read, releases read, page composed, for all exits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from dashboards.forms.filters import Choices, Filters
from dashboards.services.figures_page import FiguresPage
from dashboards.services.labels import Labels, labels
from dashboards.services.release import Release
from dashboards.services.site_lines import SiteLine
from dashboards.services.site_page import SiteFigures, own_place, read_site, site_page
from dashboards.services.slices import Slice
from dashboards.services.territory_page import read_territory, territory_page
from dashboards.services.years import published_years
from territories.access import Actor, get_visible_or_404
from territories.models import Site, Territory


@dataclass
class Question:
    """What was asked and the page that answers it. ``above`` is the question as a wider page reads it."""

    filters: Filters
    above: Filters
    page: FiguresPage
    release: Release
    empty: bool
    line: SiteLine | None = None


def steered_territory(actor: Actor, pk: int) -> Territory:
    """A territory whose figures the actor reads, or 404."""
    rows = Territory.objects.steered_by(actor).select_related("region")
    return get_visible_or_404(rows, actor, pk=pk)


def readable_site(actor: Actor, pk: int) -> Site:
    """A place of the actor's own, or of a territory whose figures the actor reads; 404 otherwise."""
    mine = Q(pk__in=actor.scope.unit) | Q(territory_id__in=actor.scope.tenant)
    rows = Site.objects.visible_to(actor).filter(mine).select_related("territory__region", "reseau")
    return get_visible_or_404(rows, actor, pk=pk)


def ask_territory(get: Mapping[str, str], actor: Actor, territory: Territory, sort: str = "") -> Question:
    """Answer ``get`` about a territory. ``sort`` orders its places."""
    today = timezone.localdate()
    years = published_years(by=actor, territory=territory)
    year = Filters.from_get(get, Choices(today, years)).year
    words = labels(by=actor, region=territory.region, year=year, territory=territory)
    found = read_territory(by=actor, territory=territory, year=year, today=today)
    present = {line.reseau for line in found.lines if line.active} | set(found.release.keys("r"))
    counted = set(found.release.keys("s"))
    sites = {str(line.pk): line.name for line in found.lines if line.active or str(line.pk) in counted}
    reseaux = {key: word for key, word in words.reseaux.items() if key in present}
    choices = Choices(today, years, reseaux, _demandes(words), sites)
    filters = Filters.from_get(get, choices)
    above = filters
    if filters.sliced:
        # The year's: a month crossed with a network or a place is published for contacts only.
        filters = filters.but(month=None)
    page = territory_page(
        found,
        _slice(found.release, filters),
        words,
        compare=filters.compare,
        with_region=filters.with_region,
        address=_site_address(filters),
        sort=sort,
    )
    return Question(filters, above, page, found.release, found.release.empty)


def ask_site(get: Mapping[str, str], actor: Actor, site: Site) -> Question:
    """Answer ``get`` about a place, from the publication this actor may read."""
    today = timezone.localdate()
    mine = own_place(actor, site)
    years = (
        published_years(by=actor, site=site) if mine else published_years(by=actor, territory=site.territory)
    )
    year = Filters.from_get(get, Choices(today, years)).year
    words = labels(by=actor, region=site.territory.region, year=year, territory=site.territory)
    found: SiteFigures = read_site(by=actor, site=site, year=year, today=today)
    filters = Filters.from_get(get, Choices(today, years, demandes=_demandes(words)))
    above = filters
    if found.key:
        filters = filters.but(month=None)
    asked = Slice(found.release, filters.month, site=found.key, demande=filters.demande)
    page = site_page(found, asked, words, compare=filters.compare, with_region=filters.with_region)
    return Question(filters, above, page, found.release, found.empty, found.line)


def _slice(release: Release, filters: Filters) -> Slice:
    return Slice(release, filters.month, filters.reseau, filters.site, filters.demande)


def _demandes(words: Labels) -> dict[str, str]:
    return words.lists.get("demande", {})


def _site_address(filters: Filters) -> Callable[[int], str]:
    """Addresses of the pages of places, keeping the period and what is compared."""
    kept = filters.but(reseau="", site="")
    query = kept.query()
    start = reverse("site_tableau", args=[0]).removesuffix("0/")
    end = f"/?{query}" if query else "/"
    return lambda pk: f"{start}{pk}{end}"
