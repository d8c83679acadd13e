"""A run of months: line or bars, with the year before and a goal, and the sparkline of a table cell."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.safestring import SafeString

from ..typography import NBSP, number
from .svg import MASKED, Value, amount, at, frame, hatch, is_masked, sentence, tag, text, ticks, words

WIDTH, HEIGHT, TOP, FLOOR, RIGHT = 490, 226, 24, 196, 470
MOST_NAMES, MOST_IN_WORDS = 12, 24


class _Plot:
    """Positions shared by the line and the bars."""

    def __init__(
        self, names: Sequence[str], series: Sequence[Sequence[Value]], goal: float | None, banded: bool
    ):
        if any(len(values) != len(names) for values in series):
            raise ValueError("each series needs one value for each name")
        lengths = [a for values in series for value in values if (a := amount(value)) is not None]
        self.names, self.count = names, len(names)
        self.ticks = ticks(max([*lengths, amount(goal) or 0.0], default=0.0))
        self.left = max(46.0, 14 + 7.0 * len(number(self.ticks[-1])))
        self.step = (RIGHT - self.left) / max(1, self.count if banded else self.count - 1)
        self.shift = self.step / 2 if banded else 0.0

    def x(self, place: int) -> float:
        if self.count == 1:
            return (self.left + RIGHT) / 2
        return self.left + self.shift + place * self.step

    def y(self, value: float) -> float:
        return FLOOR - value * (FLOOR - TOP) / self.ticks[-1]

    def scale(self) -> list[str]:
        drawn = []
        for tick in self.ticks:
            y = self.y(tick)
            drawn.append(tag("path", class_="grid" if tick else "axis", d=f"M{at(self.left, y)}H{RIGHT}"))
            drawn.append(tag("text", text(number(tick)), x=self.left - 8, y=y + 4, text_anchor="end"))
        every = -(-self.count // MOST_NAMES) or 1
        for place in range(self.count - 1, -1, -every):
            drawn.append(
                tag("text", text(self.names[place]), x=self.x(place), y=FLOOR + 20, text_anchor="middle")
            )
        return drawn

    def goal(self, goal: float | None, said: str) -> list[str]:
        if goal is None:
            return []
        y = self.y(goal)
        line = tag("path", class_="goal", d=f"M{at(self.left, y)}H{RIGHT}")
        return [line, tag("text", text(f"{said} {number(goal)}"), x=self.left + 6, y=y - 5)]

    def gaps(self, values: Sequence[Value]) -> list[str]:
        """Masked months: a full-height hatched band, the same for all, so that its size tells nothing.
        The word stands once over neighbours, where one each would run into the next.
        """
        width = min(self.step, 24.0) if self.count > 1 else 24.0
        drawn, run = [], []
        for place, value in enumerate([*values, None]):
            if is_masked(value):
                x = max(self.x(place) - width / 2, self.left)
                drawn.append(hatch(x, TOP, width, FLOOR - TOP, f"{self.names[place]}{NBSP}: {MASKED}"))
                run.append(x + width / 2)
            elif run:
                if self.count <= MOST_NAMES:
                    middle = max(self.left + 22, min((run[0] + run[-1]) / 2, WIDTH - 24))
                    drawn.append(tag("text", MASKED, x=middle, y=TOP - 6, text_anchor="middle"))
                run = []
        return drawn

    def anchor(self, place: int) -> str:
        return "end" if self.count > 1 and self.x(place) > RIGHT - 20 else "middle"


def month_line(
    names: Sequence[str],
    values: Sequence[Value],
    *,
    ident: str,
    title: str,
    desc: str = "",
    previous: Sequence[Value] | None = None,
    goal: float | None = None,
    goal_text: str = "cible",
) -> SafeString:
    """A line over months (names in order), the year before dotted; masked months break the line."""
    series = [values] if previous is None else [values, previous]
    plot = _Plot(names, series, goal, banded=False)
    drawn = [*plot.scale(), *plot.goal(goal, goal_text), *plot.gaps(values)]
    runs = _runs(values)
    for run in runs:
        line = _path(plot, run)
        if len(run) > 1:
            first, last = plot.x(run[0][0]), plot.x(run[-1][0])
            drawn.append(tag("path", class_="area", d=f"{line} L{at(last, FLOOR)} L{at(first, FLOOR)}Z"))
    drawn += [tag("path", class_="l2", d=_path(plot, run)) for run in _runs(previous or []) if len(run) > 1]
    drawn += [tag("path", class_="l1", d=_path(plot, run)) for run in runs if len(run) > 1]
    points = [point for run in runs for point in run]
    alone = {run[0][0] for run in runs if len(run) == 1}
    drawn += _dots(plot, points, alone)
    for place, value in points:
        tip = tag("title", text(f"{names[place]}{NBSP}: {words(value)}"))
        drawn.append(
            tag("circle", tip, cx=plot.x(place), cy=plot.y(value), r=9, fill="none", pointer_events="all")
        )
    if not points and not any(map(is_masked, values)):
        drawn.append(tag("text", "Aucune donnée", x=WIDTH / 2, y=HEIGHT / 2, text_anchor="middle"))
    return frame(ident, title, desc or _said(names, values, previous), WIDTH, HEIGHT, *drawn)


def month_bars(
    names: Sequence[str],
    values: Sequence[Value],
    *,
    ident: str,
    title: str,
    desc: str = "",
    previous: Sequence[Value] | None = None,
    goal: float | None = None,
    goal_text: str = "cible",
) -> SafeString:
    """Upright bars over months, the year before as a dotted step above each; masked months are hatched."""
    series = [values] if previous is None else [values, previous]
    plot = _Plot(names, series, goal, banded=True)
    drawn = [*plot.scale(), *plot.gaps(values)]
    width = min(28.0, plot.step * 0.7)
    for place, value in enumerate(values):
        length = amount(value)
        if length is not None and not is_masked(value):
            tip = tag("title", text(f"{names[place]}{NBSP}: {words(value)}"))
            x, y = plot.x(place) - width / 2, plot.y(length)
            drawn.append(tag("rect", tip, class_="col", x=x, y=y, width=width, height=FLOOR - y))
    for place, value in enumerate(previous or []):
        length = amount(value)
        if length is not None:
            x = plot.x(place) - width / 2
            drawn.append(tag("path", class_="l2", d=f"M{at(x, plot.y(length))}h{width:.1f}"))
    drawn += plot.goal(goal, goal_text)
    points = [point for run in _runs(values) for point in run]
    if points:
        place, value = max(points, key=lambda point: point[1])
        drawn.append(_figure(plot, place, value, plot.y(value) - 6))
    elif not any(map(is_masked, values)):
        drawn.append(tag("text", "Aucune donnée", x=WIDTH / 2, y=HEIGHT / 2, text_anchor="middle"))
    return frame(ident, title, desc or _said(names, values, previous), WIDTH, HEIGHT, *drawn)


def sparkline(values: Sequence[Value]) -> SafeString:
    """The small line of a table cell, hidden from screen readers: the figures stand in the row."""
    runs = _runs(values)
    top = max((value for run in runs for _, value in run), default=0.0) or 1.0
    step, scale = 84 / max(1, len(values) - 1), 18 / top

    def place(point: tuple[int, float]) -> str:
        return f"{2 + point[0] * step:.1f} {21 - point[1] * scale:.1f}"

    # Written at once: a long table holds hundreds of them.
    drawn = [f'<path d="M{" L".join(map(place, run))}"/>' for run in runs if len(run) > 1]
    if runs and runs[-1][-1][0] == len(values) - 1:
        x, y = place(runs[-1][-1]).split()
        drawn.append(f'<circle cx="{x}" cy="{y}" r="3"/>')
    return SafeString(f'<svg class="spark" viewBox="0 0 88 24" aria-hidden="true">{"".join(drawn)}</svg>')


def _runs(values: Sequence[Value]) -> list[list[tuple[int, float]]]:
    """Neighbouring months that have a figure to draw, with their places."""
    runs: list[list[tuple[int, float]]] = []
    for place, value in enumerate(values):
        length = amount(value)
        if length is None or is_masked(value):
            continue
        if runs and runs[-1][-1][0] == place - 1:
            runs[-1].append((place, length))
        else:
            runs.append([(place, length)])
    return runs


def _path(plot: _Plot, run: list[tuple[int, float]]) -> str:
    return "M" + " L".join(at(plot.x(place), plot.y(value)) for place, value in run)


def _dots(plot: _Plot, points: list[tuple[int, float]], alone: set[int]) -> list[str]:
    """Dots where the eye should stop: lowest, highest, last, and any month alone between two gaps."""
    if not points:
        return []
    low, high, last = min(points, key=lambda p: p[1]), max(points, key=lambda p: p[1]), points[-1]
    drawn = []
    for place, value in points:
        if place in alone or (place, value) in (low, high, last):
            drawn.append(tag("circle", class_="dot", cx=plot.x(place), cy=plot.y(value), r=4.5))
    for point in dict.fromkeys((high, last, low)):
        below = point == low and point != high and plot.y(point[1]) + 20 < FLOOR - 2
        drawn.append(_figure(plot, *point, plot.y(point[1]) + (20 if below else -10)))
    return drawn


def _figure(plot: _Plot, place: int, value: float, y: float) -> str:
    return tag("text", text(words(value)), class_="lab", x=plot.x(place), y=y, text_anchor=plot.anchor(place))


def _said(names: Sequence[str], values: Sequence[Value], previous: Sequence[Value] | None) -> str:
    """The figures in words: all of them, or the ones that matter when there are many."""
    pairs = list(zip(names, values, strict=True))
    if len(pairs) > MOST_IN_WORDS:
        points = [(name, value) for name, value in pairs if amount(value) is not None]
        if not points:
            return sentence(pairs[:1])
        low, high = (choose(points, key=lambda pair: amount(pair[1]) or 0) for choose in (min, max))
        masked = sum(is_masked(value) for value in values)
        said = f"{len(pairs)} mois. Plus bas, {sentence([low])}. Plus haut, {sentence([high])}. "
        said += f"Dernier, {sentence([points[-1]])}." + (f" {masked} mois {MASKED}s." if masked else "")
        return said
    said = sentence(pairs)
    return (
        said
        if previous is None
        else f"{said}. Un an avant, {sentence(list(zip(names, previous, strict=True)))}"
    )
