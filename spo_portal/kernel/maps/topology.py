"""Outlines drawn small: points on one grid, borders shared by two places simplified once, so no gap opens."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

Point = tuple[int, int]
Ring = list[Point]
K = TypeVar("K", bound=Hashable)

_NUMBER = re.compile(r"-?\d+")
_SCANS = 32


def simplify(
    rings: Mapping[K, Sequence[Sequence[tuple[float, float]]]], tolerance: float
) -> dict[K, list[Ring]]:
    """Rings of each place on a grid of whole units, without the points within ``tolerance`` of the line.

    A border is cut where three lines meet; each piece is simplified once and used by both its places. A ring
    that the grid flattens to nothing is dropped, unless its place would have none left.
    """
    snapped = {key: [ring for ring in map(_snap, found) if len(ring) >= 3] for key, found in rings.items()}
    neighbours: dict[Point, set[Point]] = {}
    for found in snapped.values():
        for ring in found:
            for here, there in zip(ring, [*ring[1:], ring[0]], strict=True):
                neighbours.setdefault(here, set()).add(there)
                neighbours.setdefault(there, set()).add(here)
    nodes = {point for point, around in neighbours.items() if len(around) != 2}
    done: dict[tuple[Point, ...], list[Point]] = {}
    return {key: [_redrawn(ring, nodes, tolerance, done) for ring in found] for key, found in snapped.items()}


def path_of(rings: Sequence[Ring]) -> str:
    """An SVG path, relative and without a spare character: what is stored and sent."""
    drawn = []
    for ring in rings:
        (x, y), steps = ring[0], []
        for next_x, next_y in ring[1:]:
            second = next_y - y
            steps.append(f"{next_x - x}{second if second < 0 else f' {second}'}")
            x, y = next_x, next_y
        line = steps[0] if steps else ""
        for step in steps[1:]:
            line += step if step.startswith("-") else f" {step}"
        drawn.append(f"M{ring[0][0]} {ring[0][1]}l{line}z")
    return "".join(drawn)


def rings_of(path: str) -> list[Ring]:
    """The points of a path written by ``path_of``."""
    rings = []
    for part in path.split("M")[1:]:
        numbers = [int(found) for found in _NUMBER.findall(part)]
        x, y = numbers[0], numbers[1]
        ring = [(x, y)]
        for right, down in zip(numbers[2::2], numbers[3::2], strict=True):
            x, y = x + right, y + down
            ring.append((x, y))
        rings.append(ring)
    return rings


def label_spot(rings: Sequence[Ring]) -> tuple[float, float, float]:
    """Where a label stands inside rings, and the width it has there: a wide line, near the middle."""
    points = [point for ring in rings for point in ring]
    low, high = min(y for _, y in points), max(y for _, y in points)
    middle, tall = (low + high) / 2, max(high - low, 1)
    best = (-1.0, (points[0][0] + points[0][0]) / 2, float(low), 0.0)
    for scan in range(1, _SCANS):
        y = low + tall * scan / _SCANS + 0.01
        for start, end in inside(rings, y):
            score = (end - start) * (1 - 0.9 * abs(y - middle) / tall)
            best = max(best, (score, (start + end) / 2, y, end - start))
    return round(best[1], 1), round(best[2], 1), round(best[3], 1)


def inside(rings: Sequence[Ring], y: float) -> list[tuple[float, float]]:
    """The intervals of the line at height ``y`` that lie inside the rings (even-odd rule)."""
    crossings = []
    for ring in rings:
        for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
            if (ay > y) != (by > y):
                crossings.append(ax + (bx - ax) * (y - ay) / (by - ay))
    crossings.sort()
    return list(zip(crossings[::2], crossings[1::2], strict=True))


def _snap(ring: Sequence[tuple[float, float]]) -> Ring:
    """On the grid, without repeats, without spikes (there and back) and without the closing point."""
    snapped: Ring = []
    for x, y in ring:
        point = (round(x), round(y))
        if snapped and snapped[-1] == point:
            continue
        while len(snapped) >= 2 and snapped[-2] == point:
            snapped.pop()
        if not snapped or snapped[-1] != point:
            snapped.append(point)
    while len(snapped) > 1 and snapped[0] == snapped[-1]:
        snapped.pop()
    while len(snapped) > 3 and snapped[1] == snapped[-1]:
        snapped = snapped[1:-1] if snapped[2] != snapped[-2] else snapped[1:]
    return snapped


def _redrawn(
    ring: Ring, nodes: set[Point], tolerance: float, done: dict[tuple[Point, ...], list[Point]]
) -> Ring:
    starts = [place for place, point in enumerate(ring) if point in nodes]
    if not starts:
        # An island: one way round from one point, whoever draws it.
        first = ring.index(min(ring))
        turned = [*ring[first:], *ring[:first]]
        if turned[-1] < turned[1]:
            turned = [turned[0], *reversed(turned[1:])]
        return _thinned(turned, tolerance) or ring
    turned = [*ring[starts[0] :], *ring[: starts[0] + 1]]
    drawn: Ring = []
    piece = [turned[0]]
    for point in turned[1:]:
        piece.append(point)
        if point in nodes:
            drawn += _piece(piece, tolerance, done)[:-1]
            piece = [point]
    return drawn if len(drawn) >= 3 else ring


def _piece(piece: list[Point], tolerance: float, done: dict[tuple[Point, ...], list[Point]]) -> list[Point]:
    """A stretch between two nodes, the same points whichever side it is walked from."""
    forward = tuple(piece)
    key = min(forward, forward[::-1])
    if key not in done:
        if key[0] == key[-1]:
            done[key] = [*(_thinned(list(key[:-1]), tolerance) or key[:-1]), key[-1]]
        else:
            done[key] = _line(list(key), tolerance)
    found = done[key]
    return found if forward == key else found[::-1]


def _thinned(ring: Ring, tolerance: float) -> Ring | None:
    """A closed ring, cut at its two farthest points; None when it would fall flat."""
    start = ring[0]
    far = max(range(len(ring)), key=lambda place: _square(start, ring[place]))
    if not far:
        return None
    drawn = [*_line(ring[: far + 1], tolerance)[:-1], *_line([*ring[far:], start], tolerance)[:-1]]
    return drawn if len(drawn) >= 3 else None


def _line(points: list[Point], tolerance: float) -> list[Point]:
    """Ramer, Douglas and Peucker's reduction, without recursion: a long line must not exhaust the stack."""
    kept = {0, len(points) - 1}
    todo = [(0, len(points) - 1)]
    while todo:
        first, last = todo.pop()
        if last - first < 2:
            continue
        far, where = max(
            (_away(points[place], points[first], points[last]), place) for place in range(first + 1, last)
        )
        if far > tolerance:
            kept.add(where)
            todo += [(first, where), (where, last)]
    return [points[place] for place in sorted(kept)]


def _away(point: Point, start: Point, end: Point) -> float:
    """The distance from a point to a segment."""
    length = _square(start, end)
    if not length:
        return float(_square(point, start)) ** 0.5
    along = (
        (point[0] - start[0]) * (end[0] - start[0]) + (point[1] - start[1]) * (end[1] - start[1])
    ) / length
    along = min(1.0, max(0.0, along))
    x, y = start[0] + along * (end[0] - start[0]), start[1] + along * (end[1] - start[1])
    return ((point[0] - x) ** 2 + (point[1] - y) ** 2) ** 0.5


def _square(a: Point, b: Point) -> int:
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2
