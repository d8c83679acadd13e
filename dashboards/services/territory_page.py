"""The page of one territory: its figures, its networks, its places, and what it compares with."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from dashboards.services.figures_page import Around, FiguresPage, compose, released
from dashboards.services.labels import Labels
from dashboards.services.place_tables import network_table, site_table
from dashboards.services.release import Release, region_release, territory_release
from dashboards.services.site_lines import SiteLine, facts_of, site_lines
from dashboards.services.slices import Slice
from dashboards.services.targets import targets_for
from territories.access import Actor
from territories.models import Territory


@dataclass(frozen=True)
class TerritoryFigures:
    """What the page of a territory reads once, whatever is then asked of it."""

    territory: Territory
    release: Release
    around: Around
    lines: list[SiteLine]
    today: datetime.date


def read_territory(*, by: Actor, territory: Territory, year: int, today: datetime.date) -> TerritoryFigures:
    """Releases of the year, of the year before and of the region; places and targets. No fiche is read."""
    before = territory_release(by=by, territory=territory, year=year - 1, beside=True)
    region = region_release(by=by, region=territory.region, year=year, beside=True)
    return TerritoryFigures(
        territory=territory,
        release=territory_release(by=by, territory=territory, year=year),
        around=Around(
            released(before),
            released(region),
            targets_for(by=by, region=territory.region, year=year, territory=territory),
        ),
        lines=site_lines(by=by, territory=territory, day=today),
        today=today,
    )


def territory_page(
    found: TerritoryFigures,
    asked: Slice,
    labels: Labels,
    *,
    compare: bool,
    with_region: bool,
    address: Callable[[int], str],
    sort: str = "",
) -> FiguresPage:
    """Compose the page. ``address`` gives the page of a place; ``sort`` orders the places."""
    facts = facts_of(found.lines, found.territory)
    page = compose(
        asked,
        labels,
        around=found.around,
        shown=found.around.kept(compare=compare, with_region=with_region),
        facts=None if asked.sliced or asked.demande else facts,
        today=found.today,
        name=found.territory.name,
    )
    if not asked.sliced and not asked.demande:
        page.networks = network_table(asked, labels, facts, found.lines)
    if not asked.site:
        page.places = site_table(asked, labels, found.lines, day=found.today, address=address, sort=sort)
    return page
