"""One place as anybody reads it: hours, services by level, publics, access, label; and its linked data."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from contacts.services.public.listing import (
    LABELLED,
    PARTNER,
    labels_of,
    point_on_map,
    publics_words,
)
from contacts.services.suggestions import Point
from territories import hours
from territories.access import Actor
from territories.enums import AccessFeature, ServiceLevel, ServiceMode, Weekday, Wheelchair
from territories.models import Region, Site, SiteService
from territories.services.hours import WITH_HOURS, week_of
from territories.services.public_address import slug_of

HOLIDAYS_AHEAD_DAYS = 62
CLOSURES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class ServiceLine:
    name: str
    mode: str


@dataclass(frozen=True, slots=True)
class ServicePart:
    """A block of the grid: « Les titres préparés » says nothing without the formation it is about.

    No ``title`` when the level has this block only: the level says it.
    """

    title: str
    lines: list[ServiceLine]


@dataclass(frozen=True, slots=True)
class ServiceBlock:
    """A niveau de service with what the place gives of it, block by block."""

    title: str
    parts: list[ServicePart]


@dataclass(frozen=True, slots=True)
class Holiday:
    day: datetime.date
    name: str
    closed: bool


@dataclass(frozen=True, slots=True)
class PlacePage:
    """All that the page of a place shows at one moment."""

    site: Site
    region: Region
    slug: str
    at: datetime.datetime
    week: hours.Week
    status: hours.OpenStatus
    today: hours.Ribbon
    days: list[tuple[str, bool, hours.Ribbon]]
    closures: list[hours.Closure]
    holidays: list[Holiday]
    services: list[ServiceBlock]
    features: list[str]
    label: str
    point: Point | None

    @property
    def url(self) -> str:
        return place_url(self.region, self.site)

    @property
    def address(self) -> str:
        """The shared address: absolute, the same for everybody."""
        return settings.BASE_URL + self.url

    @property
    def kind(self) -> str:
        if not self.status.known:
            return ""
        return {"walk_in": "ok", "appointment": "info", "closed": "warn"}[self.status.kind.value]

    @property
    def publics(self) -> str:
        return publics_words(self.site)

    @property
    def sentence(self) -> str:
        return hours.sentence_week(self.week)

    @property
    def where(self) -> str:
        """« 11 rue de Thionville, 59000 Lille »"""
        town = f"{self.site.postcode} {self.site.city}".strip()
        return ", ".join(part for part in (self.site.address, town) if part)

    @property
    def network(self) -> str:
        return self.site.reseau.name if self.site.reseau else ""

    @property
    def label_words(self) -> str:
        """What the label or the partnership means for who comes, in plain words."""
        if self.label == LABELLED:
            return (
                "Ce lieu reçoit toute personne, gratuitement, et s’est engagé envers l’État sur la qualité "
                "de l’accueil, de l’information et du conseil."
            )
        if self.label == PARTNER:
            service = self.region.service_name
            return f"Ce lieu travaille avec les lieux du {service} : ils peuvent vous y adresser."
        return ""

    @property
    def route(self) -> str:
        """A ``geo:`` link, which opens the visitor's own map application."""
        if self.point is None:
            return ""
        latitude, longitude = self.point
        return f"geo:{latitude:.5f},{longitude:.5f}"

    @property
    def summary(self) -> str:
        """What search engines show under the title."""
        parts = [self.where, self.publics, "" if not self.week.known else f"Ouvert {self.sentence}"]
        return f"{self.site.name}. {'. '.join(part for part in parts if part)}"[:300]


def place_url(region: Region, site: Site) -> str:
    return reverse("ou_lieu", args=[region.slug, site.pk, slug_of(site)])


def read_place(by: Actor, region: Region, pk: int, at: datetime.datetime) -> PlacePage | None:
    """The place of a key, if anybody may be sent there; None otherwise."""
    site = (
        Site.objects.visible_to(by)
        .can_be_suggested()
        .filter(pk=pk, region=region)
        .select_related("reseau", "commune", "organisation", "territory")
        .prefetch_related(*WITH_HOURS)
        .first()
    )
    if site is None:
        return None
    day, week = timezone.localdate(at), week_of(site)
    label = labels_of(by, [pk], day).get(pk, PARTNER if site.direction else "")
    return PlacePage(
        site=site,
        region=region,
        slug=slug_of(site),
        at=at,
        week=week,
        status=hours.status_at(week, at),
        today=hours.day_ribbon(week, day, at),
        days=_days(week, day, at),
        closures=sorted((c for c in week.closures if c.last_day >= day), key=lambda c: c.first_day)[
            :CLOSURES_SHOWN
        ],
        holidays=_holidays(week, day),
        services=_services(by, pk),
        features=_features(site),
        label=label,
        point=point_on_map(site),
    )


def _days(
    week: hours.Week, today: datetime.date, at: datetime.datetime
) -> list[tuple[str, bool, hours.Ribbon]]:
    """The seven days to come, today first: what really holds, closures and seasons included."""
    found = []
    for ahead in range(7):
        day = today + datetime.timedelta(days=ahead)
        name = str(Weekday(day.weekday()).label)
        found.append((name, ahead == 0, hours.day_ribbon(week, day, at)))
    return found


def _holidays(week: hours.Week, today: datetime.date) -> list[Holiday]:
    """Bank holidays of the next two months that fall on a day the place is usually open."""
    found = []
    for ahead in range(HOLIDAYS_AHEAD_DAYS):
        day = today + datetime.timedelta(days=ahead)
        name = hours.holiday_name(day)
        if name and any(slot.weekday == day.weekday() for slot in week.slots):
            found.append(Holiday(day, name, not hours.slots_on(week, day)))
    return found


def _services(by: Actor, pk: int) -> list[ServiceBlock]:
    rows = (
        SiteService.objects.visible_to(by)
        .filter(site_id=pk, item__active=True)
        .order_by("item__order")
        .values_list("item__level", "item__block_name", "item__name", "mode")
    )
    levels: dict[str, dict[str, list[ServiceLine]]] = {}
    for level, block, name, mode in rows:
        said = str(ServiceMode(mode).label)
        line = ServiceLine(name, said[:1].lower() + said[1:])
        levels.setdefault(level, {}).setdefault(block, []).append(line)
    found = []
    for level in ServiceLevel:
        blocks = levels.get(level, {})
        parts = [ServicePart(name if len(blocks) > 1 else "", lines) for name, lines in blocks.items()]
        if parts:
            found.append(ServiceBlock(level.label, parts))
    return found


def _features(site: Site) -> list[str]:
    wheelchair = [Wheelchair(site.wheelchair).label] if site.wheelchair else []
    return wheelchair + [AccessFeature(value).label for value in site.access_features]
