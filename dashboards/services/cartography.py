"""Where the places of the region are, by network, labelled or not, open now (GUIDE, « Cartographies »)."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labelling.enums import LabelStatus
from labelling.services.tables import has_label, label_states
from spo_portal.kernel.maps import Kind, Spot
from territories.access import Actor
from territories.models import Region, Reseau
from territories.services.directory import Filters, search_places

LABEL = {"oui": "Labellisés", "non": "Non labellisés"}
NOW = {"oui": "Sans rendez-vous en ce moment"}


@dataclass(frozen=True)
class MapQuestion:
    """Which places are shown: one network, one territory, labelled or not, open without appointment now."""

    reseau: str = ""
    territory: str = ""
    label: str = ""
    now: str = ""


@dataclass(frozen=True)
class Place:
    """One place of the list, and of the map when its point is known."""

    pk: int
    name: str
    city: str
    reseau_id: int
    territory_id: int
    territory: str
    latitude: float | None
    longitude: float | None
    labelled: bool
    associated: bool
    until: datetime.date | None
    open_now: bool


def places_of(
    *, by: Actor, region: Region, asked: MapQuestion, now: datetime.datetime, day: datetime.date
) -> list[Place]:
    """Places of the networks that match, by territory then name: three queries whatever their number."""
    base = search_places(by, Filters()).filter(region=region, reseau__isnull=False)
    base = base.prefetch_related(None).select_related(None)
    if asked.reseau:
        base = base.filter(reseau_id=int(asked.reseau))
    if asked.territory:
        base = base.filter(territory_id=int(asked.territory))
    states = label_states(by=by, region=region, day=day)
    open_now = set(
        search_places(by, Filters(open_now=True, walk_in=True), now)
        .filter(region=region)
        .prefetch_related(None)
        .select_related(None)
        .order_by()
        .values_list("pk", flat=True)
    )
    rows = base.order_by("territory__order", "territory__name", "name", "pk").values_list(
        "pk", "name", "city", "reseau_id", "territory_id", "territory__name", "latitude", "longitude"
    )
    found = []
    for pk, name, city, reseau_id, territory_id, territory, latitude, longitude in rows:
        state = states.get(pk)
        labelled = state is not None and state.status == LabelStatus.LABELLISE
        if (asked.label == "oui" and not labelled) or (asked.label == "non" and labelled):
            continue
        if asked.now and pk not in open_now:
            continue
        found.append(
            Place(
                pk,
                name,
                city,
                reseau_id,
                territory_id,
                territory,
                None if latitude is None else float(latitude),
                None if longitude is None else float(longitude),
                labelled,
                state is not None and state.status == LabelStatus.ASSOCIE,
                state.ends_on if state else None,
                pk in open_now,
            )
        )
    return found


def kinds_of(reseaux: Sequence[Reseau]) -> list[Kind]:
    """One mark and one letter for each network: its first letter still free, else a figure."""
    taken: set[str] = set()
    kinds = []
    for rank, reseau in enumerate(reseaux, start=1):
        letters = [letter for letter in reseau.short_name.upper() if letter.isalpha()]
        letter = next((one for one in letters if one not in taken), str(rank % 10))
        taken.add(letter)
        kinds.append(Kind(reseau.pk, reseau.short_name, letter))
    return kinds


def spots_of(places: Sequence[Place], reseaux: Mapping[int, Reseau], *, label: bool) -> list[Spot]:
    """The places whose point is known. Where no label exists every mark is full."""
    return [
        Spot(
            f"{place.name} ({reseaux[place.reseau_id].short_name})",
            place.reseau_id,
            place.latitude,
            place.longitude,
            place.labelled or not label,
            place.open_now,
        )
        for place in places
        if place.latitude is not None and place.longitude is not None
    ]


__all__ = ["LABEL", "NOW", "MapQuestion", "Place", "has_label", "kinds_of", "places_of", "spots_of"]
