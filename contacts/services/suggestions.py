"""« La bonne porte, ouverte maintenant »: whom to suggest, why, how far, and until when (domain § 4).

Order: weight of the region's rule, then places one may enter now without an appointment, then the distance in
whole kilometres, then an order drawn anew each day, so that no network gains by its name. Training bodies and
partners « prescripteurs » are never suggested: the queryset ``can_be_suggested`` is the only way in.
"""

from __future__ import annotations

import datetime
import hashlib
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models.functions import Coalesce
from django.utils import timezone

from contacts.models import OrientationRule
from contacts.services.matching import Target, best_rules
from territories import hours
from territories.access import Actor
from territories.models import Site
from territories.services.hours import weeks_of_sites

LIMIT = 6
PER_TARGET = 2
# A place of the same network is compared with its nearest one only this much further (kilometres)...
DETOUR_KM = 15.0
# ... and among this many nearest: whether they are open is looked up for these only.
SHORTLIST = 5
_EARTH_KM = 6371.0088

Point = tuple[float, float]
Weeks = Mapping[int, hours.Week]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One door: the place, the reason in plain French, the distance in kilometres, its state and its day."""

    site: Site
    reason: str
    distance_km: float | None
    status: hours.OpenStatus
    ribbon: hours.Ribbon


@dataclass(frozen=True, slots=True)
class Ranking:
    """What the rules chose, in order (place id to reason); ``weeks`` holds the places of ``also`` too."""

    reasons: dict[int, str] = field(default_factory=dict)
    weeks: dict[int, hours.Week] = field(default_factory=dict)
    has_rules: bool = True


@dataclass(frozen=True, slots=True)
class _Light:
    """What ordering needs of a place, without its row."""

    id: int
    target: Target
    distance: float | None


def rank(
    *,
    by: Actor,
    statut: int | None,
    age: str,
    demandes: Collection[int],
    origin: Point | None,
    at: datetime.datetime,
    exclude_site_id: int | None,
    limit: int = LIMIT,
    also: Collection[int] = (),
) -> Ranking:
    """Choose and order places by the rules; the weeks of the chosen ones and of ``also`` come along.

    Other places of the desk's own network come last: who belongs to the network met is served there
    (référentiel accueil, step 2).
    """
    rules = list(
        OrientationRule.objects.visible_to(by)
        .filter(active=True, region_id=by.region_id)
        .order_by("-weight", "id")
    )
    best = best_rules(rules, statut=statut, age=age, demandes=demandes)
    own, light = _light(by, best, origin, exclude_site_id) if best else (None, [])
    lists = _shortlists(light)
    weeks = weeks_of(by, {site.id for sites in lists.values() for site in sites} | set(also), at)
    day = timezone.localdate(at)

    def key(site: _Light) -> tuple[bool, int, int, int, bytes]:
        state = _openness(weeks[site.id], at)
        weight = -best[site.target].weight
        return site.target == own, weight, state, _rounded(site.distance), neutral(day, site.id)

    # The best door of each network first, a second one only where room is left.
    ordered = [sorted(sites, key=key) for sites in lists.values()]
    chosen: list[_Light] = []
    for turn in range(PER_TARGET):
        more = sorted((sites[turn] for sites in ordered if len(sites) > turn), key=key)
        chosen += more[: max(0, limit - len(chosen))]
    reasons = {site.id: best[site.target].reason for site in sorted(chosen, key=key)}
    return Ranking(reasons, weeks, bool(rules))


def describe(
    *,
    by: Actor,
    ids: Iterable[int],
    origin: Point | None,
    at: datetime.datetime,
    weeks: Weeks,
    reasons: Mapping[int, str] | None = None,
) -> dict[int, Suggestion]:
    """Full doors of these places, in one query; ids that may not be suggested are left out."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = (
        Site.objects.visible_to(by)
        .can_be_suggested()
        .filter(pk__in=wanted)
        .select_related("reseau", "commune")
    )
    doors = {}
    for site in rows:
        week = weeks.get(site.pk, hours.Week())
        doors[site.pk] = Suggestion(
            site=site,
            reason=(reasons or {}).get(site.pk, ""),
            distance_km=distance(origin, _point(site)),
            status=hours.status_at(week, at),
            ribbon=hours.day_ribbon(week, timezone.localdate(at), at),
        )
    return doors


def weeks_of(by: Actor, ids: Collection[int], at: datetime.datetime) -> dict[int, hours.Week]:
    """Hours, seasons and coming closures of these places, in three queries."""
    return weeks_of_sites(by, ids, timezone.localdate(at))


def distance(a: Point | None, b: Point | None) -> float | None:
    """Kilometres as the crow flies, to one decimal; None when a point is unknown."""
    if a is None or b is None:
        return None
    (lat1, lon1), (lat2, lon2) = ((math.radians(p[0]), math.radians(p[1])) for p in (a, b))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return round(2 * _EARTH_KM * math.asin(math.sqrt(min(1.0, h))), 1)


def neutral(day: datetime.date, site_id: int) -> bytes:
    """An order that favours nobody: the same all day, another one the next day."""
    return hashlib.sha256(f"{day:%Y%m%d}/{site_id}".encode()).digest()


def _light(
    by: Actor, targets: Collection[Target], origin: Point | None, exclude: int | None
) -> tuple[Target | None, list[_Light]]:
    """The target of the excluded place (the desk itself), and the places of the targets."""
    rows = (
        Site.objects.visible_to(by)
        .can_be_suggested()
        .filter(region_id=by.region_id)
        .values_list(
            "id",
            "reseau_id",
            "partner_kind",
            Coalesce("latitude", "commune__latitude"),
            Coalesce("longitude", "commune__longitude"),
        )
    )
    found = []
    own: Target | None = None
    for pk, reseau, kind, latitude, longitude in rows:
        target: Target = (reseau, "") if reseau else (None, kind)
        if pk == exclude:
            own = target
        elif target in targets:
            point = None if latitude is None or longitude is None else (float(latitude), float(longitude))
            found.append(_Light(pk, target, distance(origin, point)))
    return own, found


def _shortlists(sites: Iterable[_Light]) -> dict[Target, list[_Light]]:
    by_target: dict[Target, list[_Light]] = defaultdict(list)
    for site in sites:
        by_target[site.target].append(site)
    for target, candidates in by_target.items():
        candidates.sort(key=lambda site: (_far(site), site.id))
        reach = _far(candidates[0]) + DETOUR_KM
        by_target[target] = [site for site in candidates[:SHORTLIST] if _far(site) <= reach]
    return by_target


def _far(site: _Light) -> float:
    return math.inf if site.distance is None else site.distance


def _rounded(kilometres: float | None) -> int:
    return 10**6 if kilometres is None else round(kilometres)


def _openness(week: hours.Week, at: datetime.datetime) -> int:
    """0 when one may walk in now; 1 otherwise: an appointment to take is no open door."""
    return 0 if hours.status_at(week, at).kind is hours.OpenKind.WALK_IN else 1


def _point(site: Site) -> Point | None:
    return point_of(site) or (point_of(site.commune) if site.commune else None)


def point_of(place: object) -> Point | None:
    """Coordinates of a place, a commune or a territory, or None."""
    latitude, longitude = getattr(place, "latitude", None), getattr(place, "longitude", None)
    return None if latitude is None or longitude is None else (float(latitude), float(longitude))
