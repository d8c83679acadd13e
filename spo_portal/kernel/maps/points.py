"""Marks on a map: a shape and a letter for each kind, full or hollow, ringed or not; never colour alone."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from ..charts.svg import frame, tag, text
from ..typography import NBSP, NNBSP, counted
from .choropleth import SCHEMATIC, _outline, _reframed
from .ground import Frame, Ground

RADIUS = 11.0
# Least distance between two marks; turns of a spiral after which they may touch.
NEAR, MOST_TURNS = 2.4 * RADIUS, 3000
# Corners of each mark, on a circle of radius one; None: the circle itself.
_CORNERS: tuple[tuple[tuple[float, float], ...] | None, ...] = (
    None,
    ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    ((0, -1.3), (1.25, 0.85), (-1.25, 0.85)),
    ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
    ((0, 1.3), (1.25, -0.85), (-1.25, -0.85)),
    ((0, -1.15), (1.1, -0.3), (0.7, 1), (-0.7, 1), (-1.1, -0.3)),
    ((-0.6, -1.05), (0.6, -1.05), (1.2, 0), (0.6, 1.05), (-0.6, 1.05), (-1.2, 0)),
    ((-1.25, -0.7), (1.25, -0.7), (1.25, 0.7), (-1.25, 0.7)),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a mark stands for: its key, its name in the legend, the letter written in it."""

    key: Hashable
    name: str
    letter: str


@dataclass(frozen=True, slots=True)
class Spot:
    """One mark: a point in degrees, its kind, full or hollow, ringed or not."""

    name: str
    kind: Hashable
    latitude: float
    longitude: float
    full: bool = True
    ringed: bool = False


def points_map(
    spots: Sequence[Spot],
    kinds: Sequence[Kind],
    ground: Ground,
    *,
    ident: str,
    title: str,
    full_name: str = "",
    hollow_name: str = "",
    ringed_name: str = "",
) -> SafeString:
    """Marks set on the outlines of ``ground``, or on a plain sheet when it has none; then the key.

    Marks that would cover one another move aside to the nearest free point, always the same one.
    """
    sheet = ground.frame or _sheet(spots)
    width, height = 1000.0, sheet.height
    drawn = [_outline(ground, shape, "none") for shape in ground if ground.frame]
    places = {kind.key: place for place, kind in enumerate(kinds)}
    letters = {kind.key: kind.letter for kind in kinds}
    crowd = _Crowd()
    for spot in sorted(spots, key=lambda spot: (spot.longitude, spot.latitude, spot.name)):
        if spot.kind in places:
            x, y = crowd.place(*sheet.project(spot.latitude, spot.longitude))
            drawn.append(_mark(spot, places[spot.kind], letters[spot.kind], x, y))
    svg = frame(ident, title, _said(spots, kinds, ground, full_name), width, height, *drawn)
    view = f"{-2 * RADIUS:g} {-2 * RADIUS:g} {width + 4 * RADIUS:g} {height + 4 * RADIUS:g}"
    entries = [_entry(place, kind.letter, kind.name) for place, kind in enumerate(kinds)]
    states = ((full_name, True, False), (hollow_name, False, False), (ringed_name, True, True))
    entries += [_entry(0, "", name, full=full, ringed=ringed) for name, full, ringed in states if name]
    if not ground.frame:
        entries.append(tag("span", SCHEMATIC))
    key = tag("p", *entries, class_="key map-key")
    return SafeString(f"{_reframed(svg, 'map spots', view, linked=False)}{key}")


def _sheet(spots: Sequence[Spot]) -> Frame:
    """Bounds of the marks, for want of an outline; never flatter than a third of its width."""
    if not spots:
        return Frame(0.0, 46.0, 1.0, 46.3)
    south, north = (choose(spot.latitude for spot in spots) for choose in (min, max))
    west, east = (choose(spot.longitude for spot in spots) for choose in (min, max))
    east = max(east, west + 0.2)
    spare = max(0.0, (east - west) / 4 - (north - south)) / 2
    return Frame(west, south - spare, east, north + spare)


class _Crowd:
    """Marks set so far; a mark in the way of others moves along a spiral to the first free point.

    Where a crowd starts from one square the search goes on where the last one ended, so that thousands of
    marks cost no more than their number.
    """

    def __init__(self) -> None:
        self.taken: dict[tuple[int, int], list[tuple[float, float]]] = {}
        self.reached: dict[tuple[int, int], int] = {}

    def place(self, x: float, y: float) -> tuple[float, float]:
        start = self._square(x, y)
        turn, at = self.reached.get(start, 0), (round(x, 1), round(y, 1))
        while turn < MOST_TURNS and not self._free(at):
            turn += 1
            reach, angle = RADIUS * 0.62 * math.sqrt(turn), turn * 2.4
            at = (round(x + reach * math.cos(angle), 1), round(y + reach * math.sin(angle), 1))
        self.reached[start] = max(turn - 6, 0)
        self.taken.setdefault(self._square(*at), []).append(at)
        return at

    def _square(self, x: float, y: float) -> tuple[int, int]:
        return int(x // NEAR), int(y // NEAR)

    def _free(self, at: tuple[float, float]) -> bool:
        column, row = self._square(*at)
        return all(
            math.dist(at, other) >= NEAR
            for a in (column - 1, column, column + 1)
            for b in (row - 1, row, row + 1)
            for other in self.taken.get((a, b), ())
        )


def _mark(spot: Spot, place: int, letter: str, x: float, y: float) -> str:
    tip = tag("title", text(spot.name))
    return tag("g", tip, *_drawn(place, letter, x, y, full=spot.full, ringed=spot.ringed))


def _drawn(place: int, letter: str, x: float, y: float, *, full: bool, ringed: bool) -> list[str]:
    css = f"spot k{place % len(_CORNERS)} {'full' if full else 'hollow'}"
    corners = _CORNERS[place % len(_CORNERS)]
    if corners is None:
        drawn = [tag("circle", class_=css, cx=x, cy=y, r=RADIUS)]
    else:
        points = " ".join(f"{x + a * RADIUS:.1f},{y + b * RADIUS:.1f}" for a, b in corners)
        drawn = [tag("polygon", class_=css, points=points)]
    if ringed:
        drawn.insert(0, tag("circle", class_="ring", cx=x, cy=y, r=RADIUS * 1.55))
    if letter:
        ink = "on" if full else "off"
        drawn.append(tag("text", text(letter), class_=f"letter {ink}", x=x, y=y + 4.5, text_anchor="middle"))
    return drawn


def _entry(place: int, letter: str, name: str, *, full: bool = True, ringed: bool = False) -> str:
    drawn = "".join(_drawn(place, letter, 20.0, 20.0, full=full, ringed=ringed))
    return tag(
        "span",
        tag("svg", drawn, class_="map spots sw-spot", viewBox="0 0 40 40", aria_hidden="true"),
        text(name),
    )


def _said(spots: Sequence[Spot], kinds: Sequence[Kind], ground: Ground, full_name: str) -> str:
    parts = []
    for kind in kinds:
        found = [spot for spot in spots if spot.kind == kind.key]
        full = f" ({sum(spot.full for spot in found)} {full_name})" if full_name else ""
        parts.append(f"{kind.name}{NBSP}: {counted(len(found), 'lieu', 'lieux')}{full}")
    said = f"{NNBSP}; ".join(parts) or "aucun lieu"
    return said if ground.frame else f"{said} ({SCHEMATIC})"
