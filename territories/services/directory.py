"""The directory of the region's places: search, filters and the words of each card."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef
from django.db.models.expressions import RawSQL
from django.utils import timezone

from territories import hours
from territories.access import Actor
from territories.models import OpeningSlot, Reseau, Site, Territory
from territories.querysets import SiteQuerySet
from territories.services.fulltext import found_by, question_of
from territories.services.hours import WITH_HOURS, week_of
from territories.services.openings import open_at

EVERYWHERE = "tous"
PARTNERS = "partenaires"
MAX_QUERY = 80


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader asked for; built from a query string, so every value is checked here."""

    territory: int | None = None
    reseau: int | None = None
    partners: bool = False
    query: str = ""
    open_now: bool = False
    walk_in: bool = False


@dataclass(slots=True)
class Card:
    """A place as the directory shows it now."""

    site: Site
    week: hours.Week
    status: hours.OpenStatus
    today: hours.Ribbon

    @property
    def kind(self) -> str:
        """Kind of badge: open walk-in, open by appointment, closed, unknown."""
        if not self.status.known:
            return ""
        return {"walk_in": "ok", "appointment": "info", "closed": "warn"}[self.status.kind.value]


def read_filters(data: Mapping[str, str], actor: Actor) -> Filters:
    """Filters of a query string; the default territory is the actor's own."""
    wanted = data.get("territoire", "")
    territory = actor.territory_id if not wanted else _number(wanted)
    reseau = data.get("reseau", "")
    return Filters(
        territory=territory,
        reseau=_number(reseau),
        partners=reseau == PARTNERS,
        query=" ".join(data.get("q", "").replace("\x00", "").split())[:MAX_QUERY],
        open_now=data.get("ouvert") == "1",
        walk_in=data.get("sans_rdv") == "1",
    )


def _number(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else None


def search_places(actor: Actor, filters: Filters, now: datetime | None = None) -> SiteQuerySet:
    """Places open to the public that match, by name; slots and closures come with them."""
    places = Site.objects.visible_to(actor).open_to_public()
    if filters.territory is not None:
        places = places.filter(territory_id=filters.territory)
    if filters.reseau is not None:
        places = places.filter(reseau_id=filters.reseau)
    if filters.partners:
        places = places.filter(reseau__isnull=True)
    if filters.query:
        places = places.filter(pk__in=_answering(filters.query))
    if filters.open_now:
        places = open_at(places, now or timezone.now(), by=actor, walk_in=filters.walk_in)
    elif filters.walk_in:
        slots = OpeningSlot.objects.visible_to(actor).filter(site=OuterRef("pk"), walk_in=True)
        places = places.filter(Exists(slots))
    return (
        places.select_related("reseau", "territory", "organisation")
        .prefetch_related(*WITH_HOURS)
        .order_by("name", "pk")
    )


def _answering(text: str) -> RawSQL | list[int]:
    """Places whose text holds every word; a misspelt one is read as the closest words there are."""
    question = question_of(text)
    return found_by(question.strict) if question.strict else []


def card_of(site: Site, now: datetime) -> Card:
    week = week_of(site)
    return Card(
        site, week, hours.status_at(week, now), hours.day_ribbon(week, timezone.localtime(now).date(), now)
    )


def choices(actor: Actor) -> dict[str, Any]:
    """Territories and networks of the actor's region, for the filters."""
    return {
        "territories": list(Territory.objects.visible_to(actor).order_by("order", "name")),
        "reseaux": list(Reseau.objects.filter(region_id=actor.region_id).order_by("order", "name")),
    }
