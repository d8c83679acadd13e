"""Drawings of the report, legible in black and white: solid against outlined, hatched when not communicated.

Everything is a presentation attribute: the same drawing serves the printed page and the screen, whose policy
refuses any style written in the page. Each picture has one direct title, which becomes its Alt in the PDF.
"""

import re
from collections.abc import Sequence

from django.utils.safestring import SafeString

from dashboards.report_blocks import HIDDEN, Chart, Map, Value
from spo_portal.kernel.charts.svg import text, ticks
from spo_portal.kernel.maps import Ground, draw
from spo_portal.kernel.privacy import Cell
from spo_portal.kernel.typography import NBSP, NNBSP, number

INK, LINE, PAPER = "#111111", "#c4c4c4", "#ffffff"
WIDTH = 640
NAME_WIDTH, NAME_LENGTH = 190, 32
XMLNS = 'xmlns="http://www.w3.org/2000/svg"'
FONT = "DejaVu Sans Condensed, DejaVu Sans"
SHADES = ("#f4f8f8", "#d6e5e7", "#a9c8ce", "#7aadb6")
_MAP_STYLE = (
    "path,rect,circle{stroke:#111;stroke-width:2}.none{fill:#fff}.masked{fill:#fff}"
    ".hatch{stroke:#555;stroke-width:2;fill:none}.sel{fill:none;stroke:#111;stroke-width:6}"
    ".leader{stroke:#111;stroke-width:2;fill:none}text{font-size:24px;fill:#111}.value{font-weight:bold}"
)


def words_of(value: Value) -> str:
    """« 1 284 », « n.c. », « – »."""
    if value is None:
        return "–"
    return value if isinstance(value, str) else number(value)


def alt_of(chart: Chart | Map, table: str, names: dict[str, str] | None = None) -> str:
    """What the picture says, for who can't see it: its title, its figures, and where its table stands."""
    if isinstance(chart, Map):
        pairs = [((names or {}).get(key, key), value) for key, value in chart.values.items()]
        return f"Carte. {chart.title}. {_said(pairs)}. {table}"
    series = ". ".join(
        f"{name}{NBSP}: {_said(list(zip(chart.names, values, strict=True)))}" for name, values in chart.series
    )
    return f"Histogramme. {chart.title}. {series}. {table}"


def _said(pairs: Sequence[tuple[str, Value]]) -> str:
    return f"{NNBSP}; ".join(f"{name} {words_of(value)}" for name, value in pairs)


def chart_svg(chart: Chart, *, alt: str, colour: str) -> SafeString:
    """The drawing of a chart, 640 units wide."""
    drawn, height = (_months if chart.form == "months" else _bars)(chart, colour)
    return _frame(alt, WIDTH, height, "".join(drawn))


def _frame(alt: str, width: float, height: float, inner: str) -> SafeString:
    return SafeString(
        f'<svg {XMLNS} viewBox="0 0 {width:g} {height:g}" role="img" font-family="{FONT}"'
        f' font-size="10" fill="{INK}"><title>{text(alt)}</title>{inner}</svg>'
    )


def _text(x: float, y: float, words: str, anchor: str = "middle", more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{text(words)}</text>'


def _box(x: float, y: float, width: float, height: float, place: int, colour: str) -> str:
    """A bar: the first series solid, the second outlined."""
    paint = f'fill="{colour}"' if place == 0 else f'fill="{PAPER}" stroke="{INK}" stroke-width="0.9"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" {paint}/>'


def _hatched(x: float, y: float, width: float, height: float) -> str:
    """Not communicated: slanted lines of one size for all, which tell nothing."""
    lines = []
    for step in range(int((width + height) // 5)):
        offset = 2.5 + 5 * step
        x1, y1 = (x + offset, y) if offset < width else (x + width, y + offset - width)
        x2, y2 = (x, y + offset) if offset < height else (x + offset - height, y + height)
        lines.append(f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}")
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    frame = f'<rect {place} fill="none" stroke="{LINE}"/>'
    return f'{frame}<path d="{"".join(lines)}" stroke="#8a8a8a" stroke-width="0.6" fill="none"/>'


def _greatest(chart: Chart) -> float:
    return max((v for _, values in chart.series for v in values if isinstance(v, int | float)), default=0)


def _months(chart: Chart, colour: str) -> tuple[list[str], float]:
    floor, top = 138.0, 22.0
    scale = ticks(_greatest(chart), 3)
    rate = (floor - top) / scale[-1]
    drawn = []
    for tick in scale:
        y = floor - tick * rate
        drawn.append(f'<path d="M40 {y:.1f}H{WIDTH}" stroke="{LINE}" stroke-width="0.6"/>')
        drawn.append(_text(36, y + 3.5, number(tick), "end"))
    # The year of the report last and solid, the year before to its left and outlined.
    ordered = (
        [(1, chart.series[1]), (0, chart.series[0])] if len(chart.series) > 1 else [(0, chart.series[0])]
    )
    width = 18.0 if len(ordered) > 1 else 30.0
    for place, name in enumerate(chart.names):
        left = 48 + place * 49.4
        drawn.append(_text(left + 19, floor + 13, name))
        for rank, (kind, (_, values)) in enumerate(ordered):
            x, value = left + rank * (width + 1), values[place]
            if value == HIDDEN:
                drawn.append(_hatched(x, top, width, floor - top))
            elif isinstance(value, int | float):
                drawn.append(_box(x, floor - value * rate, width, value * rate, kind, colour))
                if kind == 0:
                    bold = ' font-weight="bold" font-size="9"'
                    drawn.append(
                        _text(x + width / 2, floor - value * rate - 3, number(value), "middle", bold)
                    )
    return drawn + _legend(chart, colour, any(HIDDEN in values for _, values in chart.series)), 158


def _legend(chart: Chart, colour: str, hidden: bool) -> list[str]:
    drawn, x = [], 48.0
    for kind, (name, _) in enumerate(chart.series):
        drawn += [_box(x, 2, 10, 10, kind, colour), _text(x + 14, 11, name, "start")]
        x += 26 + 6.2 * len(name)
    if hidden:
        drawn += [_hatched(x, 2, 10, 10), _text(x + 14, 11, HIDDEN, "start")]
    return drawn


def _bars(chart: Chart, colour: str) -> tuple[list[str], float]:
    double = len(chart.series) > 1
    hidden = any(HIDDEN in values for _, values in chart.series)
    first = 20.0 if double or hidden else 4.0
    step, thick = (28.0, 11.0) if double else (23.0, 16.0)
    rate = (WIDTH - NAME_WIDTH - 60) / (_greatest(chart) or 1)
    drawn = _legend(chart, colour, hidden) if double or hidden else []
    for place, name in enumerate(chart.names):
        y = first + place * step
        lines = _wrapped(name)
        for row, line in enumerate(lines):
            drawn.append(
                _text(
                    NAME_WIDTH - 8,
                    y + thick * 0.8 + (row - (len(lines) - 1) / 2) * 11 + (5 if double else 0),
                    line,
                    "end",
                )
            )
        for kind, (_, values) in enumerate(chart.series):
            top, value = y + kind * 12, values[place]
            if value == HIDDEN:
                drawn += [
                    _hatched(NAME_WIDTH, top, 60, thick),
                    _text(NAME_WIDTH + 65, top + thick * 0.8, HIDDEN, "start"),
                ]
            elif isinstance(value, int | float):
                drawn.append(_box(NAME_WIDTH, top, value * rate, thick, kind, colour))
                bold = ' font-weight="bold"' if kind == 0 else ""
                drawn.append(
                    _text(NAME_WIDTH + value * rate + 5, top + thick * 0.8, number(value), "start", bold)
                )
    bottom = first + len(chart.names) * step
    drawn.append(f'<path d="M{NAME_WIDTH} {first - 3:.0f}V{bottom:.0f}" stroke="{INK}" stroke-width="0.9"/>')
    return drawn, bottom + 4


def _wrapped(name: str) -> list[str]:
    """A long name on two lines, cut at a space; what still does not fit ends with an ellipsis."""
    if len(name) <= NAME_LENGTH:
        return [name]
    cut = name.rfind(" ", 0, NAME_LENGTH)
    cut = cut if cut > 0 else NAME_LENGTH
    rest = name[cut:].strip()
    return [name[:cut], rest if len(rest) <= NAME_LENGTH else f"{rest[: NAME_LENGTH - 1]}…"]


def map_svg(found: Map, ground: Ground, *, alt: str) -> SafeString:
    """The map for print: the kernel's drawing with its own grey-proof shades and its key inside the
    picture.
    """
    values = {int(key): _cell(value) for key, value in found.values.items()}
    decimals = 1 if any(isinstance(value, float) for value in values.values()) else 0
    drawn = draw(
        ground,
        values,
        ident=f"carte-{found.key}",
        title=found.title,
        unit="",
        decimals=decimals,
        mark=found.mark,
    )
    entries = re.findall(r'class="(\w+)" d="M0 0h20v14H0z".*?</svg>([^<]+)</span>', str(drawn.key))
    style = _MAP_STYLE + "".join(f".q{n}{{fill:{shade}}}" for n, shade in enumerate(SHADES))
    view = re.search(r'viewBox="([-\d.e]+) ([-\d.e]+) ([-\d.e]+) ([-\d.e]+)"', drawn.svg)
    left, top, width, height = (float(part) for part in view.groups()) if view else (0.0, 0.0, 1000.0, 800.0)
    key = [f'<text x="{left + 10:.0f}" y="{top + height + 34:.0f}" class="value">{text(found.unit)}</text>']
    for place, (css, said) in enumerate(entries):
        y = top + height + 54 + (place // 2) * 40
        x = left + 10 + (place % 2) * width / 2
        key.append(f'<rect class="{css}" x="{x:.0f}" y="{y:.0f}" width="40" height="26"/>')
        key.append(f'<text x="{x + 52:.0f}" y="{y + 22:.0f}">{text(said)}</text>')
    tall = height + 60 + (len(entries) + 1) // 2 * 40
    inner = re.sub(r"^<svg.*?</desc>|</svg>$", "", str(drawn.svg), flags=re.DOTALL)
    return SafeString(
        f'<svg {XMLNS} viewBox="{left:g} {top:g} {width:g} {tall:g}" font-family="{FONT}">'
        f"<title>{text(alt)}</title><style>{style}</style>{inner}{''.join(key)}</svg>"
    )


def _cell(value: Value) -> Cell | float | None:
    if value == HIDDEN:
        return Cell(None, True, "n.c.")
    return value if isinstance(value, int | float) else None


def situation_svg(ground: Ground, mark: int | None, *, alt: str, colour: str, pale: str) -> SafeString:
    """The cover's map: the territory among those of its region; without a mark, the whole region."""
    drawn = []
    for shape in ground:
        fill = colour if mark is None or shape.key == mark else pale
        paint = f'fill="{fill}" stroke="{PAPER}" stroke-width="5"'
        if shape.path:
            drawn.append(f'<path d="{shape.path}" {paint}/>')
        else:
            wide, high = ground.tile
            drawn.append(
                f'<rect x="{shape.x - wide / 2:.0f}" y="{shape.y - high / 2:.0f}"'
                f' width="{wide:.0f}" height="{high:.0f}" {paint}/>'
            )
    return _frame(alt, ground.width, ground.height, "".join(drawn))
