"""A map coloured by value: the figure written on each place, four shades, hatching for what is masked."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from ..charts.svg import MASKED, NO_DATA, Value, frame, tag, text
from ..privacy import Share
from ..typography import NBSP, NNBSP, counted
from . import classes as c
from .ground import WIDTH, Frame, Ground, Shape
from .labels import Label, placed
from .topology import inside, rings_of

SCHEMATIC = "carte schématique"
DISC = 30.0
HATCH_GAP = 14
MOST_IN_WORDS = 40


@dataclass(frozen=True)
class Drawn:
    """A map in two parts: the picture, and its key (a paragraph of class « key map-key »)."""

    svg: SafeString
    key: SafeString
    schematic: bool

    def __str__(self) -> str:
        return f"{self.svg}{self.key}"


def choropleth(
    shapes: Ground | Sequence[Shape],
    values: Mapping[Hashable, Value | Share],
    *,
    ident: str,
    title: str,
    classes: int = 4,
    unit: str = "",
    decimals: int = 0,
    mark: Hashable = None,
    links: Mapping[Hashable, str] | None = None,
) -> SafeString:
    """The picture followed by its key: see ``draw``."""
    drawn = draw(
        shapes,
        values,
        ident=ident,
        title=title,
        classes=classes,
        unit=unit,
        decimals=decimals,
        mark=mark,
        links=links,
    )
    return SafeString(str(drawn))


def draw(
    shapes: Ground | Sequence[Shape],
    values: Mapping[Hashable, Value | Share],
    *,
    ident: str,
    title: str,
    classes: int = 4,
    unit: str = "",
    decimals: int = 0,
    mark: Hashable = None,
    links: Mapping[Hashable, str] | None = None,
) -> Drawn:
    """Draw ``values`` (keyed as the shapes) in at most four classes; ``mark`` outlines one place.

    A ``Share`` is written in percent whatever ``unit``. A place without a value is said « aucune donnée ».
    With ``links`` the picture is a list of links named by place and figure, reached by the keyboard; without,
    it is one image described in words.
    """
    if not 1 <= classes <= 4:
        raise ValueError("a map has one to four classes: more shades can't be told apart in grey")
    ground = shapes if isinstance(shapes, Ground) else _ground(shapes)
    figures = {shape.key: c.figure(values.get(shape.key), unit, decimals) for shape in ground}
    if any(isinstance(values.get(shape.key), Share) for shape in ground):
        unit = c.PERCENT
    cuts = c.bounds((f.value for f in figures.values() if f.value is not None), classes, decimals)
    labels, left, right = placed(ground, {shape.key: figures[shape.key].short for shape in ground})
    drawn = [_place(ground, shape, figures[shape.key], cuts, ident, links) for shape in ground]
    if links:
        drawn = [tag("g", *(tag("g", one, role="listitem") for one in drawn), role="list")]
    if mark is not None:
        drawn += [_outline(ground, shape, "sel") for shape in ground if shape.key == mark]
    drawn.append(tag("g", *map(_label, labels), aria_hidden="true" if links else None))
    svg = frame(ident, title, _said(ground, figures), ground.width, ground.height, *drawn)
    wide = " map-wide" if ground.width > 1.5 * WIDTH else ""
    view = f"{-left:g} -4 {ground.width + left + right:g} {ground.height + 8:g}"
    svg = _reframed(svg, f"map{wide}", view, linked=bool(links))
    return Drawn(svg, _key(ground, figures, cuts, unit, decimals), ground.schematic)


def _reframed(svg: str, css: str, view: str, *, linked: bool) -> SafeString:
    """The common frame with the map's class, its own view box, and the role a list of links needs."""
    opening, rest = svg.split(">", 1)
    before = opening.split(' viewBox="')[0]
    after = opening.split('"', 2)[2]
    if linked:
        after = after.replace('role="img"', 'role="group"')
    return SafeString(f'{before} class="{css}" viewBox="{view}"{after}>{rest}')


def _place(
    ground: Ground,
    shape: Shape,
    figure: c.Figure,
    cuts: Sequence[float],
    ident: str,
    links: Mapping[Hashable, str] | None,
) -> str:
    said = f"{shape.name}{NBSP}: {figure.words}"
    tip = tag("title", text(said))
    if figure.masked:
        drawn = tag("g", tip, _outline(ground, shape, "masked"), _hatching(ground, shape))
    else:
        css = "none" if figure.value is None else f"q{c.rank(figure.value, cuts)}"
        drawn = _outline(ground, shape, css, tip)
    url = (links or {}).get(shape.key)
    return tag("a", drawn, href=url, aria_label=said) if url else drawn


def _outline(ground: Ground, shape: Shape, css: str, inner: str = "") -> str:
    if shape.path:
        return tag("path", inner, class_=css, d=shape.path)
    if ground.frame:
        return tag("circle", inner, class_=css, cx=shape.x, cy=shape.y, r=DISC)
    width, height = ground.tile
    return tag(
        "rect",
        inner,
        class_=css,
        x=shape.x - width / 2,
        y=shape.y - height / 2,
        width=width,
        height=height,
        rx=6,
    )


def _hatching(ground: Ground, shape: Shape) -> str:
    """Slanted lines cut at the outline: no pattern to define, so every renderer and printer draws them."""
    if shape.path:
        rings = [[(float(x), float(y)) for x, y in ring] for ring in rings_of(shape.path)]
    else:
        width, height = (DISC * 1.4, DISC * 1.4) if ground.frame else ground.tile
        x, y = shape.x - width / 2, shape.y - height / 2
        rings = [[(x, y), (x + width, y), (x + width, y + height), (x, y + height)]]
    # Turned by 45°, the slanted lines are horizontal ones.
    turned = [[(round(x + y), round(y - x)) for x, y in ring] for ring in rings]
    low = min(y for ring in turned for _, y in ring)
    high = max(y for ring in turned for _, y in ring)
    lines = []
    for level in range(low - low % (2 * HATCH_GAP), high, 2 * HATCH_GAP):
        y = level + 0.5
        for start, end in inside(turned, y):
            lines.append(
                f"M{(start - y) / 2:.0f} {(start + y) / 2:.0f}L{(end - y) / 2:.0f} {(end + y) / 2:.0f}"
            )
    return tag("path", class_="hatch", d="".join(lines)) if lines else ""


def _label(label: Label) -> str:
    drawn = []
    if label.leader:
        (ax, ay), (bx, by) = label.leader
        drawn.append(tag("path", class_="leader", d=f"M{ax:.0f} {ay:.0f}L{bx:.0f} {by:.0f}"))
    for line in label.lines:
        drawn.append(
            tag(
                "text", text(line.words), class_=line.css or None, x=line.x, y=line.y, text_anchor=line.anchor
            )
        )
    return "".join(drawn)


def _said(ground: Ground, figures: Mapping[Hashable, c.Figure]) -> str:
    """The figures in words: all, or the extremes when they are too many to be listened to."""
    pairs = [(shape.name, figures[shape.key]) for shape in ground]
    shown = [pair for pair in pairs if pair[1].value is not None]
    if len(pairs) <= MOST_IN_WORDS or not shown:
        said = f"{NNBSP}; ".join(f"{name}{NBSP}: {found.words}" for name, found in pairs[:MOST_IN_WORDS])
    else:
        low = min(shown, key=lambda pair: pair[1].value or 0)
        high = max(shown, key=lambda pair: pair[1].value or 0)
        masked = sum(found.masked for _, found in pairs)
        said = f"{counted(len(pairs), 'valeur')}. Plus bas, {low[0]}{NBSP}: {low[1].words}. "
        said += f"Plus haut, {high[0]}{NBSP}: {high[1].words}." + (f" {masked} {MASKED}s." if masked else "")
    said = said or NO_DATA
    return f"{said} ({SCHEMATIC})" if ground.schematic and ground.shapes else said


def _key(
    ground: Ground, figures: Mapping[Hashable, c.Figure], cuts: Sequence[float], unit: str, decimals: int
) -> SafeString:
    entries = [
        _swatch(f"q{c.shade(place, len(cuts))}", said)
        for place, said in enumerate(c.labels(cuts, unit, decimals))
    ]
    shown = [found for found in figures.values() if found.value is not None]
    if shown and not cuts:
        entries.append(_swatch("q1", shown[0].words))
    if any(found.masked for found in figures.values()):
        entries.append(_swatch("masked", MASKED))
    if any(found.value is None and not found.masked for found in figures.values()):
        entries.append(_swatch("none", NO_DATA))
    if ground.schematic and ground.shapes:
        entries.append(tag("span", SCHEMATIC))
    return SafeString(tag("p", *entries, class_="key map-key"))


def _swatch(css: str, said: str) -> str:
    drawn = tag("path", class_=css, d="M0 0h20v14H0z")
    if css == "masked":
        drawn += tag("path", class_="hatch", d="M0 7L7 0M0 14L14 0M6 14L20 0M13 14L20 7")
    return tag(
        "span", tag("svg", drawn, class_="map sw", viewBox="0 0 20 14", aria_hidden="true"), text(said)
    )


def _ground(shapes: Sequence[Shape]) -> Ground:
    """The size of a bare list of shapes: what their outlines and label points need."""
    points = [point for shape in shapes if shape.path for ring in rings_of(shape.path) for point in ring]
    points += [(int(shape.x) + 100, int(shape.y) + 60) for shape in shapes if not shape.path]
    width, height = (max((point[axis] for point in points), default=1) for axis in (0, 1))
    # Places without an outline are discs beside those that have one, tiles when none has.
    sheet = Frame(0.0, 0.0, 1.0, 1.0) if any(shape.path for shape in shapes) else None
    return Ground(tuple(shapes), float(width), float(height), frame=sheet)
