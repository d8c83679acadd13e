"""Years that have published figures: what a filter bar offers."""

from dashboards.models import Release
from territories.access import Actor
from territories.models import Region, Site, Territory


def published_years(
    *, by: Actor, territory: Territory | None = None, site: Site | None = None, region: Region | None = None
) -> tuple[int, ...]:
    """Years with figures the actor may read, newest first: of a site, of a territory, or of a region."""
    rows = Release.objects.visible_to(by)
    if site is not None:
        rows = rows.filter(site=site)
    elif territory is not None:
        rows = rows.filter(territory=territory, site__isnull=True)
    else:
        rows = rows.filter(region=region, site__isnull=True)
    return tuple(rows.order_by("-year").values_list("year", flat=True).distinct())
