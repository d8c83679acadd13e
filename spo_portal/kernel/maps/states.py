"""A map coloured by named states (not by values): one shade per state, hatching where a state asks for it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from ..charts.svg import frame, tag, text
from ..typography import NBSP, NNBSP
from .choropleth import MOST_IN_WORDS, SCHEMATIC, Drawn, _hatching, _label, _outline, _reframed
from .ground import WIDTH, Ground
from .labels import placed


@dataclass(frozen=True)
class Status:
    """A state: its words, its class in the style sheet (q0 to q3, none), whether it is hatched."""

    words: str
    css: str
    hatched: bool = False


def states_map(
    ground: Ground,
    states: Mapping[Hashable, Status],
    *,
    ident: str,
    title: str,
    key: Sequence[Status],
    marked: Sequence[Hashable] = (),
    names: bool = True,
) -> Drawn:
    """Draw each place in its state; ``marked`` ones are outlined. ``names``: off on a small picture.

    One image described in words: the table with the same states stands beside it.
    """
    drawn = []
    for shape in ground:
        state = states[shape.key]
        said = f"{shape.name}{NBSP}: {state.words}"
        parts = [tag("title", text(said)), _outline(ground, shape, state.css)]
        if state.hatched:
            parts.append(_hatching(ground, shape))
        drawn.append(tag("g", *parts))
    drawn += [_outline(ground, shape, "sel") for shape in ground if shape.key in set(marked)]
    left = right = 4.0
    if names:
        labels, left, right = placed(ground, {shape.key: "" for shape in ground})
        drawn.append(tag("g", *map(_label, labels)))
    said = f"{NNBSP}; ".join(
        f"{shape.name}{NBSP}: {states[shape.key].words}" for shape in ground[:MOST_IN_WORDS]
    )
    if ground.schematic and ground.shapes:
        said = f"{said} ({SCHEMATIC})"
    svg = frame(ident, title, said, ground.width, ground.height, *drawn)
    wide = " map-wide" if ground.width > 1.5 * WIDTH else ""
    view = f"{-left:g} -4 {ground.width + left + right:g} {ground.height + 8:g}"
    return Drawn(_reframed(svg, f"map{wide}", view, linked=False), _key(key, ground), ground.schematic)


def _key(key: Sequence[Status], ground: Ground) -> SafeString:
    entries = []
    for state in key:
        picture = tag("path", class_=state.css, d="M0 0h20v14H0z")
        if state.hatched:
            picture += tag("path", class_="hatch", d="M0 7L7 0M0 14L14 0M6 14L20 0M13 14L20 7")
        swatch = tag("svg", picture, class_="map sw", viewBox="0 0 20 14", aria_hidden="true")
        entries.append(tag("span", swatch, text(state.words)))
    if ground.schematic and ground.shapes:
        entries.append(tag("span", SCHEMATIC))
    return SafeString(tag("p", *entries, class_="key map-key"))
