"""Generated weeks, with any slots and closures, for the tests of opening hours."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st

from territories.hours import Closure, HoursError, Season, Slot, Week, YearDay

DAYS_OF_YEAR = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda day: YearDay(day.month, day.day))


@st.composite
def slots_of(draw: st.DrawFn, days: int = 7, edges_max: int = 8) -> tuple[Slot, ...]:
    slots = []
    for weekday in range(days):
        edges = sorted(draw(st.sets(st.integers(0, 1440), max_size=edges_max)))
        pairs = zip(edges[::2], edges[1::2], strict=False)
        slots += [Slot(weekday, start, end, draw(st.booleans())) for start, end in pairs]
    return tuple(slots)


@st.composite
def seasons(draw: st.DrawFn) -> Season:
    name = draw(st.text("abcé ,;-’()", max_size=6))
    # A few slots of the first days tell as much as a full week, and are drawn in no time.
    slots = draw(slots_of(days=3, edges_max=4))
    if not slots or draw(st.booleans()):
        return Season(draw(DAYS_OF_YEAR), draw(DAYS_OF_YEAR), slots, name)
    first = draw(st.dates(date(2026, 1, 1), date(2028, 12, 31)))
    return Season(first, first + timedelta(days=draw(st.integers(0, 120))), slots, name)


def _apart(found: list[Season]) -> tuple[Season, ...]:
    """As many of them as share no day, in the order they come."""
    kept: tuple[Season, ...] = ()
    for season in found:
        try:
            kept = Week(seasons=(*kept, season)).seasons
        except HoursError:
            continue
    return kept


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    slots = draw(slots_of())
    days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
    reasons = st.text("abcé ,;:-'’", max_size=20).map(str.strip)
    closures = [
        Closure(min(a, b), max(a, b), reason)
        for a, b, reason in draw(st.lists(st.tuples(days, days, reasons), max_size=3))
    ]
    found = _apart(draw(st.lists(seasons(), max_size=2)))
    return Week(slots, tuple(closures), draw(st.booleans()), found)
