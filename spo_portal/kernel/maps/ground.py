"""What a map is drawn on: outlines projected on one frame, or equal tiles placed near where things are."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

WIDTH = 1000.0
# Tiles of a schematic map, in the units of the picture: named up to MOST_NAMED places, smaller beyond.
NAMED, COMPACT = (190.0, 108.0), (96.0, 56.0)
GAP = 8.0
MOST_NAMED = 60


@dataclass(frozen=True, slots=True)
class Frame:
    """Bounds in degrees (WGS 84), drawn WIDTH units wide; a degree of longitude shrinks with the latitude."""

    west: float
    south: float
    east: float
    north: float

    @property
    def height(self) -> float:
        return (self.north - self.south) * self._down

    @property
    def _across(self) -> float:
        return WIDTH / max(self.east - self.west, 1e-6)

    @property
    def _down(self) -> float:
        return self._across / math.cos(math.radians((self.south + self.north) / 2))

    def project(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Where a point is drawn, in units from the top left corner."""
        return (longitude - self.west) * self._across, (self.north - latitude) * self._down


@dataclass(frozen=True, slots=True)
class Shape:
    """One place: its outline as a path in the units of the map, or None; where its label stands.

    ``room`` is the width free for a label at that point (0: not known).
    """

    key: Hashable
    name: str
    path: str | None
    x: float
    y: float
    room: float = 0.0


@dataclass(frozen=True)
class Ground(Sequence[Shape]):
    """The places of a map, its size, and the tile that stands for a place without an outline."""

    shapes: tuple[Shape, ...]
    width: float
    height: float
    tile: tuple[float, float] = NAMED
    frame: Frame | None = None

    @property
    def schematic(self) -> bool:
        """True when no place has an outline: the map says so."""
        return not any(shape.path for shape in self.shapes)

    @property
    def compact(self) -> bool:
        """Tiles too small for a name."""
        return self.tile == COMPACT

    def __len__(self) -> int:
        return len(self.shapes)

    def __iter__(self) -> Iterator[Shape]:
        return iter(self.shapes)

    def __getitem__(self, place: int) -> Shape:  # type: ignore[override]
        return self.shapes[place]


def outlined(shapes: Sequence[Shape], frame: Frame) -> Ground:
    """A ground of outlines already projected on ``frame``; a place without one is drawn as a disc."""
    return Ground(tuple(shapes), WIDTH, frame.height, frame=frame)


def schematic(places: Sequence[tuple[Hashable, str, float | None, float | None]]) -> Ground:
    """Equal tiles, one per place (key, name, latitude, longitude), near where each one is, never overlapping.

    The same places give the same map: the ones in the middle choose first, each the nearest free square of a
    grid, and those without a point come last, under the others.
    """
    tile = COMPACT if len(places) > MOST_NAMED else NAMED
    step = (tile[0] + GAP, tile[1] + GAP)
    known = [place for place in places if place[2] is not None and place[3] is not None]
    squares = _squares(known, step)
    # Empty columns and rows are closed up: what is left of one place stays left of it.
    across = {column: n for n, column in enumerate(sorted({column for column, _ in squares.values()}))}
    down = {row: n for n, row in enumerate(sorted({row for _, row in squares.values()}))}
    columns, rows = max(len(across), min(6, len(places))), len(down)
    spots = {key: (across[column], down[row]) for key, (column, row) in squares.items()}
    for rank, place in enumerate(place for place in places if place[0] not in spots):
        spots[place[0]] = (rank % columns, rows + rank // columns)
    rows = max((row for _, row in spots.values()), default=0) + 1
    shapes = [
        Shape(key, name, None, (spots[key][0] + 0.5) * step[0], (spots[key][1] + 0.5) * step[1], tile[0])
        for key, name, *_ in places
    ]
    return Ground(tuple(shapes), columns * step[0], rows * step[1], tile)


def _squares(
    known: Sequence[tuple[Hashable, str, float | None, float | None]], step: tuple[float, float]
) -> dict[Hashable, tuple[int, int]]:
    if not known:
        return {}
    latitudes = [float(place[2] or 0) for place in known]
    longitudes = [float(place[3] or 0) for place in known]
    frame = Frame(min(longitudes), min(latitudes), max(longitudes) + 1e-6, max(latitudes) + 1e-6)
    points = {
        place[0]: frame.project(latitude, longitude)
        for place, latitude, longitude in zip(known, latitudes, longitudes, strict=True)
    }
    # About two squares for each place, so that the outline of the whole stays readable.
    scale = math.sqrt(1.8 * len(known) * step[0] * step[1] / (WIDTH * max(frame.height, WIDTH / 4)))
    middle = (WIDTH / 2, frame.height / 2)
    order = sorted(points.items(), key=lambda item: (math.dist(item[1], middle), str(item[0])))
    taken: dict[tuple[int, int], Hashable] = {}
    for key, (x, y) in order:
        taken[_nearest(x * scale / step[0], y * scale / step[1], taken)] = key
    return {key: square for square, key in taken.items()}


def _nearest(x: float, y: float, taken: dict[tuple[int, int], Hashable]) -> tuple[int, int]:
    """The free square nearest to a point, ring after ring round it."""
    column, row = round(x), round(y)
    best: tuple[float, int, int] | None = None
    reach = 0
    while best is None or reach <= best[0] + 1:
        for a in range(column - reach, column + reach + 1):
            edge = abs(a - column) == reach
            for b in range(row - reach, row + reach + 1) if edge else (row - reach, row + reach):
                if (a, b) not in taken:
                    found = (math.hypot(a - x, (b - y) * 0.9), b, a)
                    best = found if best is None else min(best, found)
        reach += 1
    return best[2], best[1]
