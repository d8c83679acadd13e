"""Communes farther than so many kilometres from a door open without appointment, or from a labelled place.

Distances are great circles (mean radius of the Earth), from the commune's point to the place's, its own or
its commune's. A commune without a point is left out and counted.
"""

import datetime
import math
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from labelling.enums import LabelStatus
from labelling.models import Labellisation
from labelling.services.label_coverage.gaps import EMPTY_WEEK
from territories.access import Actor
from territories.models import Commune, Region, SiteSearch

RADII = (5, 10, 15, 20, 30)
DEFAULT_RADIUS = 10
DOOR, LABELLED = "porte", "label"
WANTED = {DOOR: "un lieu ouvert sans rendez-vous", LABELLED: "un lieu labellisé"}
MOST = 300
EARTH_KM = 6371.0088
_KM_PER_DEGREE = EARTH_KM * math.pi / 180
# Side of the squares places are kept in, in degrees: about 11 km from north to south.
_SIDE = 0.1


@dataclass(frozen=True, slots=True)
class FarCommune:
    """A commune out of reach: its nearest place, and how far it is (None when the region has none)."""

    code: str
    name: str
    population: int | None
    territory_id: int
    latitude: float
    longitude: float
    site_id: int | None
    km: float | None


@dataclass(frozen=True)
class Far:
    """The farthest communes first, ``MOST`` at most; ``count`` and ``population`` are of all of them."""

    radius: int
    wanted: str
    communes: tuple[FarCommune, ...]
    count: int
    population: int

    @property
    def words(self) -> str:
        return WANTED[self.wanted]


def kilometres(latitude: float, longitude: float, other: tuple[float, float]) -> float:
    """Great circle between two points in degrees."""
    a, b = math.radians(latitude), math.radians(other[0])
    half = math.sin((b - a) / 2) ** 2
    half += math.cos(a) * math.cos(b) * math.sin(math.radians(other[1] - longitude) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, half)))


class Places:
    """Points kept in squares, so that the nearest one is found without reading them all."""

    def __init__(self, points: Iterable[tuple[int, float, float]]) -> None:
        self._squares: dict[tuple[int, int], list[tuple[int, float, float]]] = defaultdict(list)
        squares, floor = self._squares, math.floor
        for point in points:
            # ``_square``, written out: it is asked once for each of tens of thousands of places.
            squares[floor(point[1] / _SIDE), floor(point[2] / _SIDE)].append(point)
        rows = [row for row, _ in self._squares]
        columns = [column for _, column in self._squares]
        self._box = (min(rows), max(rows), min(columns), max(columns)) if rows else None

    def within(self, latitude: float, longitude: float, radius: float) -> bool:
        """Some point at ``radius`` kilometres at most: the first one found is enough."""
        row, column = _square(latitude, longitude)
        # Own square and those around it: a « no » is left to ``nearest``, which looks everywhere.
        for ring in (0, 1):
            for square in _ring(row, column, ring):
                for _, at, along in self._squares.get(square, ()):
                    if kilometres(latitude, longitude, (at, along)) <= radius:
                        return True
        return False

    def nearest(self, latitude: float, longitude: float) -> tuple[float, int] | None:
        """Distance in kilometres and id of the nearest point: rings of squares, until none can be nearer."""
        if self._box is None:
            return None
        row, column = _square(latitude, longitude)
        top, bottom, left, right = self._box
        last = max(abs(row - top), abs(row - bottom), abs(column - left), abs(column - right))
        # A square is narrower from west to east, and the narrowest at its end towards the pole.
        narrow = math.cos(math.radians(min(89.0, abs(latitude) + (last + 1) * _SIDE)))
        best: tuple[float, int] | None = None
        for ring in range(last + 1):
            if best is not None and best[0] <= (ring - 1) * _SIDE * _KM_PER_DEGREE * narrow:
                break
            for square in _ring(row, column, ring):
                for pk, at, along in self._squares.get(square, ()):
                    found = (kilometres(latitude, longitude, (at, along)), pk)
                    best = found if best is None or found < best else best
        return best


def _square(latitude: float, longitude: float) -> tuple[int, int]:
    return math.floor(latitude / _SIDE), math.floor(longitude / _SIDE)


def _ring(row: int, column: int, ring: int) -> Iterable[tuple[int, int]]:
    """Squares at ``ring`` steps from one square, the square itself at none."""
    if not ring:
        yield row, column
        return
    for step in range(-ring, ring + 1):
        yield row - ring, column + step
        yield row + ring, column + step
    for step in range(1 - ring, ring):
        yield row + step, column - ring
        yield row + step, column + ring


def far_communes(
    *,
    by: Actor,
    region: Region,
    territories: Collection[int],
    radius: int = DEFAULT_RADIUS,
    wanted: str = DOOR,
    day: datetime.date,
    most: int = MOST,
) -> Far:
    """Communes of these territories out of reach, found now; nothing in a region the actor does not read."""
    found = distances(by=by, region=region, territories=territories, wanted=wanted, day=day, beyond=radius)
    return beyond(found, radius=radius, wanted=wanted, most=most)


def beyond(communes: Iterable[FarCommune], *, radius: int, wanted: str, most: int = MOST) -> Far:
    """Those farther than ``radius``, the farthest first."""
    found = [one for one in communes if one.km is None or one.km > radius]
    found.sort(key=lambda one: (-(one.km if one.km is not None else math.inf), one.name, one.code))
    people = sum(one.population or 0 for one in found)
    return Far(radius, wanted, tuple(found[:most]), len(found), people)


def distances(
    *,
    by: Actor,
    region: Region,
    territories: Collection[int],
    wanted: str,
    day: datetime.date,
    beyond: float = RADII[0],
) -> list[FarCommune]:
    """Communes farther than ``beyond`` kilometres from any place of the region, with the nearest one."""
    places = Places(_points(by, region, wanted, day))
    rows = (
        Commune.objects.visible_to(by)
        .filter(region=region, territory_id__in=list(territories), latitude__isnull=False)
        .order_by()
        .values_list("code_insee", "name", "population", "territory_id", "latitude", "longitude")
    )
    found = []
    for code, name, population, territory, latitude, longitude in rows:
        at, along = float(latitude), float(longitude)
        if places.within(at, along, beyond):
            continue
        near = places.nearest(at, along)
        if near is None or near[0] > beyond:
            km, site = near or (None, None)
            found.append(FarCommune(code, name, population, territory, at, along, site, km))
    return found


def _points(by: Actor, region: Region, wanted: str, day: datetime.date) -> Iterable[tuple[int, float, float]]:
    """Places of the region that count: open without appointment in the ordinary week, or labelled."""
    rows = (
        SiteSearch.objects.visible_to(by)
        .can_be_suggested()
        .filter(region=region, latitude__isnull=False)
        .order_by()
    )
    if wanted == LABELLED:
        labels = Labellisation.objects.visible_to(by).in_force(day).filter(region=region)
        kept = set(labels.filter(status=LabelStatus.LABELLISE).values_list("site_id", flat=True))
        found = rows.values_list("site_id", "latitude", "longitude")
        return [(pk, at / 1e5, along / 1e5) for pk, at, along in found if pk in kept]
    found = rows.exclude(walk_week=EMPTY_WEEK).values_list("site_id", "latitude", "longitude")
    return [(pk, at / 1e5, along / 1e5) for pk, at, along in found]
