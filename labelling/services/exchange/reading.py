"""Places of the directory with all that a file says of them, a few hundred at a time.

Memory does not grow with the directory: only the keys of the places are held, then one block of rows.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from django.utils import timezone

from labelling.models import Labellisation
from territories import hours
from territories.access import Actor
from territories.models import ServiceItem, Site, SiteService
from territories.querysets import SiteQuerySet
from territories.services.hours import week_of

BLOCK = 400


@dataclass(frozen=True, slots=True)
class Line:
    """A place, its week from today on, its services in the order of the grid, its label if it has one."""

    site: Site
    week: hours.Week
    services: tuple[SiteService, ...]
    label: Labellisation | None
    # Whether the region has a grid of services at all.
    grid: bool = True

    @property
    def osm(self) -> str:
        return hours.write_osm(self.week)


def lines(actor: Actor, places: SiteQuerySet, *, order: Sequence[str] = ()) -> Iterator[Line]:
    """``places`` block by block, by territory and name unless ``order`` says otherwise."""
    today = timezone.localdate()
    keys = list(places.order_by(*(order or ("territory__order", "name")), "pk").values_list("pk", flat=True))
    for start in range(0, len(keys), BLOCK):
        yield from _block(actor, places, keys[start : start + BLOCK], today)


def _block(actor: Actor, places: SiteQuerySet, keys: list[int], today: datetime.date) -> Iterator[Line]:
    rows = places.filter(pk__in=keys).select_related(
        "region", "territory", "organisation", "reseau", "commune", "parent"
    )
    found = {site.pk: site for site in rows.order_by()}
    services: dict[int, list[SiteService]] = defaultdict(list)
    for one in (
        SiteService.objects.visible_to(actor)
        .filter(site_id__in=keys, item__active=True)
        .select_related("item")
        .order_by("site_id", "item__order")
    ):
        services[one.site_id].append(one)
    grid = ServiceItem.objects.visible_to(actor).filter(active=True).exists()
    labels = {
        row.site_id: row
        for row in Labellisation.objects.visible_to(actor).in_force(today).filter(site_id__in=keys)
    }
    for pk in keys:
        site = found.get(pk)
        if site is not None:
            yield Line(site, coming(week_of(site), today), tuple(services[pk]), labels.get(pk), grid)


def coming(week: hours.Week, today: datetime.date) -> hours.Week:
    """The week without the closures that are over: a file says what is to come."""
    return replace(week, closures=tuple(c for c in week.closures if c.last_day >= today))
