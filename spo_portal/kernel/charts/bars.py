"""Horizontal bars with a comparison mark, the small bar of a table cell, and one stacked bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from ..typography import NBSP, NNBSP, number
from .svg import MASKED, Value, amount, frame, hatch, is_masked, sentence, tag, text, ticks, words

WIDTH, NAME_WIDTH, ROW = 490, 170, 28
NAME_LENGTH = 24


@dataclass(frozen=True)
class Bar:
    """One row: its name, its value, and the value it is compared with (None: no comparison)."""

    name: str
    value: Value
    mark: float | None = None


def cell_bar(value: Value, maximum: float, mark: float | None = None) -> SafeString:
    """The bar of a table cell; hidden from screen readers, as the figure stands in the next cell."""
    drawn = [tag("rect", class_="track", y=1, width=100, height=8)]
    length = amount(value)
    if is_masked(value):
        drawn.append(hatch(0, 1, 100, 8, MASKED))
    elif length:
        drawn.append(tag("rect", class_="fill", y=1, width=_part(length, maximum, 100), height=8))
    if mark is not None:
        path = f"M{_part(amount(mark) or 0, maximum, 100):.1f} 0V10"
        drawn += [tag("path", class_="goal-halo", d=path), tag("path", class_="goal", d=path)]
    return SafeString(
        tag("svg", *drawn, class_="bar", viewBox="0 0 100 10", preserveAspectRatio="none", aria_hidden="true")
    )


def bars(
    rows: Sequence[Bar], *, ident: str, title: str, desc: str = "", unit: str = "", mark_name: str = ""
) -> SafeString:
    """Horizontal bars, one per row, with the figure at the end and a line where the comparison stands."""
    said = desc or sentence([(row.name, row.value) for row in rows], unit)
    compared = [(row.name, row.mark) for row in rows if row.mark is not None]
    if not desc and compared and mark_name:
        said += f". {mark_name}{NBSP}: {sentence(compared, unit)}"
    if not rows:
        return frame(ident, title, said, WIDTH, ROW * 2, _empty(WIDTH, ROW * 2))
    scale = ticks(max(filter(None, (a for row in rows for a in (amount(row.value), row.mark))), default=0))[
        -1
    ]
    room = WIDTH - NAME_WIDTH - 70
    drawn = []
    for place, row in enumerate(rows):
        y = place * ROW + 6
        name = row.name if len(row.name) <= NAME_LENGTH else f"{row.name[: NAME_LENGTH - 1]}…"
        drawn.append(tag("text", text(name), x=NAME_WIDTH - 8, y=y + 12, text_anchor="end"))
        drawn.append(_bar(row, y, room, scale, unit))
        if row.mark is not None:
            x = NAME_WIDTH + _part(amount(row.mark) or 0, scale, room)
            path = f"M{x:.1f} {y - 3}V{y + 19}"
            tip = tag("title", text(f"{mark_name or 'repère'}{NBSP}: {words(row.mark, unit)}"))
            drawn += [tag("path", class_="goal-halo", d=path), tag("path", tip, class_="mark", d=path)]
    drawn.append(tag("path", class_="axis", d=f"M{NAME_WIDTH} 0V{len(rows) * ROW}"))
    return frame(ident, title, said, WIDTH, len(rows) * ROW, *drawn)


def _bar(row: Bar, y: float, room: float, scale: float, unit: str) -> str:
    said = words(row.value, unit)
    tip = f"{row.name}{NBSP}: {said}"
    if is_masked(row.value):
        # The hatching has one length for all: it tells nothing of the count.
        width, bar = 60.0, hatch(NAME_WIDTH, y, 60, 16, tip)
    else:
        width = _part(amount(row.value) or 0, scale, room)
        drawn = tag("title", text(tip))
        bar = tag("rect", drawn, class_="fill", x=NAME_WIDTH, y=y, width=width, height=16)
    end = width + 8
    mark = -1.0 if row.mark is None else _part(amount(row.mark) or 0, scale, room)
    if end - 6 < mark < end + 7 * len(said):
        end = mark + 8
    style = None if is_masked(row.value) else "lab"
    return bar + tag("text", text(said), class_=style, x=NAME_WIDTH + end, y=y + 12)


def stacked(
    parts: Sequence[tuple[str, Value]], *, ident: str, title: str, desc: str = "", unit: str = ""
) -> SafeString:
    """One bar cut into parts (classes part-1 to part-8); masked parts share a hatched end of fixed length.

    When a part is masked the others are drawn in proportion of the shown ones only.
    """
    said = desc or sentence(list(parts), unit)
    shown = [(place, name, value, amount(value) or 0) for place, (name, value) in enumerate(parts)]
    total = sum(length for *_, length in shown)
    masked = [name for name, value in parts if is_masked(value)]
    if not total and not masked:
        return frame(ident, title, said, WIDTH, 32, _empty(WIDTH, 32))
    room = WIDTH - (60 if masked else 0)
    drawn, x = [], 0.0
    for place, name, value, length in shown:
        width = _part(length, total, room)
        if width:
            share = f"{name}{NBSP}: {words(value, unit)}"
            if not masked:
                share += f" ({number(100 * length / total, 0)}{NNBSP}%)"
            tip = tag("title", text(share))
            drawn.append(tag("rect", tip, class_=f"part-{place % 8 + 1}", x=x, y=4, width=width, height=24))
        x += width
    if masked:
        drawn.append(hatch(WIDTH - 60, 4, 60, 24, f"{', '.join(masked)}{NBSP}: {MASKED}"))
    return frame(ident, title, said, WIDTH, 32, *drawn)


def _part(length: float, whole: float, room: float) -> float:
    return round(min(1.0, length / whole) * room, 1) if whole > 0 else 0.0


def _empty(width: float, height: float) -> str:
    return tag("text", "Aucune donnée", x=width / 2, y=height / 2 + 4, text_anchor="middle")
