"""The few pieces every chart is made of: safe tags, numbers, scales, hatching, the accessible frame."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from html import escape

from django.utils.safestring import SafeString

from ..privacy import Cell
from ..typography import NBSP, NNBSP, number

Value = Cell | int | float | None
MASKED = "masqué"
NO_DATA = "aucune donnée"
_IDENT = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,60}")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(value: object) -> str:
    """Any text made fit for XML, in an attribute or between tags."""
    return escape(_NOT_XML.sub("", str(value)), quote=True)


def tag(name: str, *children: str, **attributes: object) -> str:
    """One element; `class_` gives class, underscores become hyphens; children are markup already."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(_short(value))}"'
        for key, value in attributes.items()
        if value is not None and value != ""
    )
    inner = "".join(children)
    return f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>"


def _short(value: object) -> object:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else value


def at(*numbers: float) -> str:
    """Coordinates for a path, one decimal."""
    return " ".join(f"{number_:.1f}" for number_ in numbers)


def amount(value: Value) -> float | None:
    """The length to draw: None when there is no figure or when it is masked."""
    if isinstance(value, Cell):
        value = value.value
    if value is None:
        return None
    if isinstance(value, bool) or not math.isfinite(value) or value < 0:
        raise ValueError(f"not something a chart can draw: {value!r}")
    return float(value)


def is_masked(value: Value) -> bool:
    return isinstance(value, Cell) and value.masked


def words(value: Value, unit: str = "") -> str:
    """« 1 284 », « 61 % », « masqué », « aucune donnée »."""
    if is_masked(value):
        return MASKED
    drawn = amount(value)
    if drawn is None:
        return NO_DATA
    return number(value.value if isinstance(value, Cell) else value) + (f"{NNBSP}{unit}" if unit else "")  # type: ignore[arg-type]


def sentence(pairs: Sequence[tuple[str, Value]], unit: str = "") -> str:
    """« janv. : 12 ; févr. : masqué », the figures of a chart in words."""
    return f"{NNBSP}; ".join(f"{name}{NBSP}: {words(value, unit)}" for name, value in pairs) or NO_DATA


def ticks(maximum: float, wanted: int = 4) -> list[int]:
    """Round graduations from 0 to at least `maximum`, whole numbers, about `wanted` steps."""
    if maximum <= 0:
        return [0, 1]
    rough = max(1.0, maximum / wanted)
    power = 10 ** math.floor(math.log10(rough))
    factors = (1, 2, 5, 10) if power == 1 else (1, 2, 2.5, 5, 10)
    step = int(next((factor for factor in factors if factor * power >= rough), 10) * power)
    return [step * place for place in range(math.ceil(maximum / step) + 1)]


def hatch(x: float, y: float, width: float, height: float, said: str) -> str:
    """A hatched rectangle standing for a masked count, with its own tooltip."""
    lines = []
    gap = max(6.0, (width + height) / 60)
    offset = gap / 2
    while offset < width + height:
        x1, y1 = (x + offset, y) if offset < width else (x + width, y + offset - width)
        x2, y2 = (x, y + offset) if offset < height else (x + offset - height, y + height)
        lines.append(f"M{at(x1, y1)} L{at(x2, y2)}")
        offset += gap
    area = tag("rect", class_="masked", x=x, y=y, width=width, height=height, fill="none")
    return tag("g", tag("title", text(said)), area, tag("path", class_="hatch", d=" ".join(lines)))


def frame(ident: str, title: str, desc: str, width: float, height: float, *drawn: str) -> SafeString:
    """The accessible picture: role, title and description as first children, ids made from `ident`."""
    if not _IDENT.fullmatch(ident):
        raise ValueError("a chart's ident is a letter, then letters, digits, - or _")
    svg = tag(
        "svg",
        f'<title id="{ident}-t">{text(title)}</title>',
        f'<desc id="{ident}-d">{text(desc)}</desc>',
        *drawn,
        viewBox=f"0 0 {_short(float(width))} {_short(float(height))}",
        role="img",
        aria_labelledby=f"{ident}-t {ident}-d",
    )
    return SafeString(svg)
