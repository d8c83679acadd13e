"""The records of an area, for who follows them: complete or not, fresh or not, checked or not."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from territories.access import Actor
from territories.models import OpeningSlot, ServiceItem, Site
from territories.services.record.score import Quality, measure

STATES = {
    "": "Lieux ouverts",
    "a_confirmer": "À confirmer",
    "incomplets": "À compléter",
    "non_verifies": "À vérifier",
    "fermes": "Fermés",
}
COMPLETE = 80
MAX_QUERY = 80
SORTS = ("nom", "fiabilite", "complet", "confirmee", "verifiee")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the reader asked for, checked."""

    state: str = ""
    territory: int | None = None
    reseau: str = ""
    query: str = ""
    sort: str = "fiabilite"
    down: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One place of the list."""

    site: Site
    quality: Quality

    @property
    def unchecked(self) -> bool:
        """Never checked, or changed since."""
        checked = self.site.checked_on
        return checked is None or timezone.localdate(self.site.changed_at) > checked


def asked(data: Mapping[str, str]) -> Asked:
    """Filters and order of a query string."""
    territory, network = data.get("territoire", ""), data.get("reseau", "")
    sort = data.get("tri", "").removeprefix("-")
    return Asked(
        state=data.get("etat", "") if data.get("etat", "") in STATES else "",
        territory=_number(territory),
        reseau=network if network == "partenaires" or _number(network) else "",
        query=" ".join(data.get("q", "").replace("\x00", "").split())[:MAX_QUERY],
        sort=sort if sort in SORTS else "fiabilite",
        down=data.get("tri", "").startswith("-"),
    )


def _number(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else None


def rows_of(by: Actor, wanted: Asked) -> list[Row]:
    """Places of the actor's territories that match, sorted: three queries, whatever their number."""
    today = timezone.localdate()
    slots = OpeningSlot.objects.visible_to(by).filter(site=OuterRef("pk"))
    places = (
        Site.objects.visible_to(by)
        .filter(territory_id__in=by.scope.tenant, active=wanted.state != "fermes")
        .select_related("territory", "reseau")
        .annotate(n_services=Count("services", filter=Q(services__item__active=True)), opens=Exists(slots))
    )
    if wanted.territory is not None:
        places = places.filter(territory_id=wanted.territory)
    if wanted.reseau == "partenaires":
        places = places.filter(reseau__isnull=True)
    elif wanted.reseau:
        places = places.filter(reseau_id=int(wanted.reseau))
    for word in wanted.query.split():
        places = places.filter(Q(name__unaccent__icontains=word) | Q(city__unaccent__icontains=word))
    grid = has_grid(by)
    rows = [
        Row(site, measure(site, services=site.n_services, has_hours=site.opens, grid=grid, today=today))
        for site in places.order_by("name", "pk")
    ]
    return _sorted([row for row in rows if _keeps(row, wanted.state)], wanted)


def has_grid(by: Actor) -> bool:
    """Whether the region has a grid of services to fill."""
    return ServiceItem.objects.visible_to(by).filter(region_id=by.region_id, active=True).exists()


def _keeps(row: Row, state: str) -> bool:
    return {
        "a_confirmer": row.quality.must_confirm,
        "incomplets": row.quality.completeness < COMPLETE,
        "non_verifies": row.unchecked,
    }.get(state, True)


def _sorted(rows: list[Row], wanted: Asked) -> list[Row]:
    keys = {
        "nom": lambda row: row.site.name.casefold(),
        "fiabilite": lambda row: row.quality.overall,
        "complet": lambda row: row.quality.completeness,
        # Never said comes first: it waits the most.
        "confirmee": lambda row: (row.site.confirmed_on is not None, str(row.site.confirmed_on or "")),
        "verifiee": lambda row: (row.site.checked_on is not None, str(row.site.checked_on or "")),
    }
    return sorted(rows, key=keys[wanted.sort], reverse=wanted.down)
