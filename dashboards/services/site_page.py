"""The page of one place, read from two different publications according to who looks.

Its référent reads the place's own release. Whoever reads the territory sees the place in the territory's
release only: both were masked apart, and their difference could give a hidden cell back.
"""

import datetime
from dataclasses import dataclass

from dashboards.services.figures_page import Around, FiguresPage, compose, released
from dashboards.services.labels import Labels
from dashboards.services.release import Release, region_release, site_release, territory_release
from dashboards.services.site_lines import SiteLine, facts_of, site_lines
from dashboards.services.slices import Slice
from territories.access import Actor
from territories.models import Site


@dataclass(frozen=True)
class SiteFigures:
    """What the page of a place reads once. ``key`` is its key in the territory's release, or nothing."""

    site: Site
    key: str
    release: Release
    around: Around
    line: SiteLine
    today: datetime.date

    @property
    def empty(self) -> bool:
        """No figure of this place is published."""
        return not (self.key in self.release.keys("s") if self.key else not self.release.empty)


def own_place(by: Actor, site: Site) -> bool:
    """True when the actor works there as référent, and so reads the place's own release."""
    return site.pk in by.scope.unit


def read_site(*, by: Actor, site: Site, year: int, today: datetime.date) -> SiteFigures:
    """Releases of the place's page for this reader, and what is known of the place itself."""
    if own_place(by, site):
        now, before = (site_release(by=by, site=site, year=y) for y in (year, year - 1))
        key = ""
    else:
        now, before = (territory_release(by=by, territory=site.territory, year=y) for y in (year, year - 1))
        key = str(site.pk)
    region = region_release(by=by, region=site.territory.region, year=year)
    line = site_lines(by=by, territory=site.territory, day=today, site=site)[0]
    return SiteFigures(site, key, now, Around(released(before), released(region)), line, today)


def site_page(
    found: SiteFigures, asked: Slice, labels: Labels, *, compare: bool, with_region: bool
) -> FiguresPage:
    """Compose the page of a place: the same blocks as a territory's, without networks and places."""
    facts = facts_of([found.line], found.site.territory)
    page = compose(
        asked,
        labels,
        around=found.around,
        shown=found.around.kept(compare=compare, with_region=with_region),
        facts=facts if found.line.member and not asked.demande else None,
        today=found.today,
        name=found.site.name,
    )
    page.bigs = [big for big in page.bigs if big.key != "lieux_labellises"]
    page.flows = None
    return page
