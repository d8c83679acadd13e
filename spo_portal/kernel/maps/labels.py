"""Where the name and the figure of each place are written: on it, or in the margin with a leader line."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from .ground import Ground, Shape

# Units of the picture. The style sheet sets the same size (.map text); a letter is about half as wide.
SIZE = 24.0
LETTER = 0.56
LINE = 26.0
LEADER = 230.0
# How far a name may run over its own place: its halo keeps it readable on a neighbour.
OVER = 70.0
SHIFTS = (
    (0, 0),
    (0, 14),
    (0, -14),
    (22, 0),
    (-22, 0),
    (22, 18),
    (-22, 18),
    (22, -18),
    (-22, -18),
    (0, 30),
    (0, -30),
)

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Line:
    words: str
    x: float
    y: float
    anchor: str = "middle"
    css: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """Lines of one place, and the line that leads to it when they stand in the margin."""

    lines: tuple[Line, ...]
    leader: tuple[tuple[float, float], tuple[float, float]] | None = None


def placed(ground: Ground, figures: Mapping[Hashable, str]) -> tuple[list[Label], float, float]:
    """Labels that never cover one another, and the margins to open on the left and on the right."""
    labels: list[Label] = []
    taken: list[Box] = []
    outside: list[Shape] = []
    for shape in ground:
        found = (
            _tile(ground, shape, figures[shape.key])
            if not ground.frame
            else _on_place(ground, shape, figures[shape.key], taken)
        )
        if found is None:
            outside.append(shape)
        else:
            labels.append(found)
    sides: dict[bool, list[Shape]] = {True: [], False: []}
    for shape in outside:
        sides[shape.x < ground.width / 2].append(shape)
    for left, shapes in sides.items():
        labels += _margin(ground, shapes, figures, left=left)
    return labels, LEADER if sides[True] else 4.0, LEADER if sides[False] else 4.0


def width_of(words: str) -> float:
    return len(words) * SIZE * LETTER


def _tile(ground: Ground, shape: Shape, figure: str) -> Label:
    """Inside its own tile: a small tile has room for the figure only."""
    if ground.compact:
        return Label((Line(figure, shape.x, shape.y + 8, css="value"),)) if figure else Label(())
    most = int((ground.tile[0] - 10) / (SIZE * LETTER))
    return Label(tuple(_lines(_cut(shape.name, most, 2), figure, shape.x, shape.y)))


def _on_place(ground: Ground, shape: Shape, figure: str, taken: list[Box]) -> Label | None:
    """On the place itself, on one line or two, moved a little when a neighbour's label is there already."""
    room = max(shape.room, 2 * 30.0)
    if figure and width_of(figure) > room + 12:
        return None
    whole = [shape.name]
    for names in (whole, _cut(shape.name, max(len(shape.name) * 2 // 3, 8), 2)):
        if max(map(width_of, names)) > room + 2 * OVER:
            continue
        for across, down in SHIFTS:
            lines = _lines(names, figure, shape.x + across, shape.y + down)
            boxes = [_box(line) for line in lines]
            if all(_free(box, ground, taken) for box in boxes):
                taken += boxes
                return Label(tuple(lines))
    return None


def _lines(names: Sequence[str], figure: str, x: float, y: float) -> list[Line]:
    written = [Line(name, x, 0.0) for name in names]
    if figure:
        written.append(Line(figure, x, 0.0, css="value"))
    top = y - (len(written) - 1) * LINE / 2 + SIZE * 0.35
    return [
        Line(line.words, line.x, round(top + place * LINE, 1), line.anchor, line.css)
        for place, line in enumerate(written)
    ]


def _cut(name: str, most: int, lines: int) -> list[str]:
    """A name on at most ``lines`` lines of about ``most`` letters, cut at a hyphen or a space."""
    if len(name) <= most:
        return [name]
    words, found, line = name.replace("-", "-\x00").replace(" ", " \x00").split("\x00"), [], ""
    for word in words:
        if line and len(line + word.rstrip()) > most and len(found) < lines - 1:
            found.append(line.rstrip())
            line = ""
        line += word
    found.append(line.rstrip())
    return [one if len(one) <= most else f"{one[: most - 1]}…" for one in found]


def _box(line: Line) -> Box:
    half = width_of(line.words) / 2
    return line.x - half, line.y - SIZE * 0.8, line.x + half, line.y + SIZE * 0.2


def _free(box: Box, ground: Ground, taken: Sequence[Box]) -> bool:
    if box[0] < 0 or box[2] > ground.width or box[1] < 0 or box[3] > ground.height:
        return False
    return not any(
        box[0] < other[2] + 3 and other[0] < box[2] + 3 and box[1] < other[3] and other[1] < box[3]
        for other in taken
    )


def _margin(
    ground: Ground, shapes: Sequence[Shape], figures: Mapping[Hashable, str], *, left: bool
) -> list[Label]:
    """One under the other in the margin, in the order of their places from top to bottom."""
    most = int((LEADER - 16) / (SIZE * LETTER))
    found, floor = [], -LINE
    for shape in sorted(shapes, key=lambda shape: (shape.y, str(shape.key))):
        names = _cut(shape.name, most, 2)
        written = [*names, figures[shape.key]] if figures[shape.key] else names
        top = max(floor + LINE * 0.4, shape.y - len(written) * LINE / 2)
        x = -10.0 if left else ground.width + 10
        lines = tuple(
            Line(
                words,
                x,
                round(top + (place + 0.8) * LINE, 1),
                "end" if left else "start",
                "value" if place == len(names) else "",
            )
            for place, words in enumerate(written)
        )
        floor = top + len(written) * LINE
        middle = top + len(written) * LINE / 2
        found.append(Label(lines, ((-4.0 if left else ground.width + 4, middle), (shape.x, shape.y))))
    return found
