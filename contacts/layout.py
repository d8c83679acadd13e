"""Sizes of the printed fiche that depend on a region's lists: estimated in Python, in millimetres.

Widths are estimated from the number of characters; a wrong guess costs a second line in a box, never a lost
word. Pure functions.
"""

from __future__ import annotations

from collections.abc import Sequence

# Width of the strip of networks, borders taken off, and of one capital letter at 8 points.
STRIP = 185.4
_NETWORK_EDGE, _NETWORK_LETTER = 7.5, 1.85
# Characters that fit on one line at 9 points: left and right halves of the status column, whole columns.
_LEFT, _RIGHT, _WHOLE, _COLUMN = 27, 16, 50, 20
# Lines of tick boxes that fit in the grid at 9, 8.5, 7.5 and 7 points.
_LINES = (8.4, 9.8, 13.0, 99.0)

Resources = Sequence[tuple[str, Sequence[tuple[str, str]]]]


def network_widths(names: Sequence[str]) -> tuple[list[float], float]:
    """Share the strip between networks by the length of their names; also return the scale of the letters."""
    if not names:
        return [], 1.0
    natural = [_NETWORK_EDGE + _NETWORK_LETTER * len(name) for name in names]
    spare = STRIP - sum(natural)
    if spare >= 0:
        return [width + spare / len(names) for width in natural], 1.0
    scale = STRIP / sum(natural)
    return [width * scale for width in natural], scale


def status_boxes(boxes: list[dict[str, str]]) -> None:
    """Put two neighbouring short labels on one line, in the list's order, as the GUIDE's form does."""
    at = 0
    while at < len(boxes):
        pair = boxes[at : at + 2]
        if len(pair) == 2 and len(pair[0]["label"]) <= _LEFT and len(pair[1]["label"]) <= _RIGHT:
            pair[0]["css"] += " d"
            pair[1]["css"] += " d d2"
            at += 2
        else:
            at += 1


def density(statuts: list[dict[str, str]], *columns: list[dict[str, str]]) -> str:
    """Return the class that makes the grid's letters small enough for the longest of its columns."""

    def lines(boxes: list[dict[str, str]], width: int) -> float:
        # A second line of the same box is closer than the next box.
        return sum(1 + 0.8 * ((len(box["label"]) - 1) // width) for box in boxes if "d2" not in box["css"])

    longest = max([lines(statuts, _WHOLE), *(lines(boxes, _COLUMN) for boxes in columns)])
    level = next(n for n, room in enumerate(_LINES) if longest <= room)
    return f"dense{level}" if level else ""


def back_columns(resources: Resources) -> list[Resources]:
    """Cut the list of resources in two columns as even as possible, without changing its order."""

    def height(groups: Resources) -> float:
        return sum(1.4 + 2 * len(links) for _, links in groups)

    cut = min(
        range(len(resources) + 1),
        key=lambda at: max(height(resources[:at]), height(resources[at:])),
    )
    return [resources[:cut], resources[cut:]]
