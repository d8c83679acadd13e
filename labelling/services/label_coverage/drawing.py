"""The usual week of a territory drawn: the hours without a walk-in door stand out, by shape and by words."""

from django.utils.safestring import SafeString

from labelling.services.label_coverage.gaps import FIRST, LAST, USUAL_DAYS, Gaps
from spo_portal.kernel.charts.svg import frame, tag, text
from spo_portal.kernel.typography import DAYS, capital
from territories.hours import clock

LEFT, TOP, ROW, BAR = 92.0, 26.0, 26.0, 16.0
UNITS_PER_HOUR = 48.0
WIDTH = LEFT + (LAST - FIRST) / 60 * UNITS_PER_HOUR + 24
HEIGHT = TOP + len(USUAL_DAYS) * ROW + 6


def week_of_gaps(gaps: Gaps, *, ident: str, title: str) -> SafeString:
    """One line a day, from 8 h to 19 h: a full bar is covered, a hatched hole is not."""
    drawn = [_hour(minute) for minute in range(FIRST, LAST + 1, 60)]
    for at, day in enumerate(USUAL_DAYS):
        top = TOP + at * ROW
        drawn.append(tag("text", text(capital(DAYS[day])), x=0.0, y=top + BAR - 3, class_="label"))
        drawn.append(
            tag("rect", x=LEFT, y=top, width=_x(LAST) - _x(FIRST), height=BAR, rx=2.0, class_="covered")
        )
        for start, end in gaps.on(day):
            said = f"{capital(DAYS[day])}, de {clock(start)} à {clock(end)} : aucune porte sans rendez-vous"
            drawn.append(
                tag(
                    "g",
                    tag("title", text(said)),
                    tag("rect", x=_x(start), y=top, width=_x(end) - _x(start), height=BAR, class_="hole"),
                    tag("path", d=_stripes(_x(start), _x(end), top), class_="stripes"),
                )
            )
    return SafeString(frame(ident, title, gaps.sentence, WIDTH, HEIGHT, *drawn))


def _x(minute: int) -> float:
    return LEFT + (minute - FIRST) / 60 * UNITS_PER_HOUR


def _hour(minute: int) -> str:
    x = _x(minute)
    return tag("line", x1=x, y1=TOP - 4, x2=x, y2=HEIGHT - 4, class_="grid") + tag(
        "text", text(f"{minute // 60} h"), x=x, y=TOP - 9, text_anchor="middle", class_="tick"
    )


def _stripes(left: float, right: float, top: float) -> str:
    """Slanted strokes inside the hole, so that it is told without colour."""
    strokes = []
    x = left + 2
    while x < right - 1:
        width = min(6.0, right - x)
        strokes.append(f"M{x:.1f} {top + BAR:.1f}l{width:.1f} {-BAR * width / 6:.1f}")
        x += 8
    return "".join(strokes)
