"""Generated weeks, with any slots and closures, for the tests of opening hours."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from territories.hours import Closure, Slot, Week


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    slots = []
    for weekday in range(7):
        edges = sorted(draw(st.sets(st.integers(0, 1440), max_size=8)))
        pairs = zip(edges[::2], edges[1::2], strict=False)
        slots += [Slot(weekday, start, end, draw(st.booleans())) for start, end in pairs]
    days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
    reasons = st.text("abcé ,;:-'’", max_size=20).map(str.strip)
    closures = [
        Closure(min(a, b), max(a, b), reason)
        for a, b, reason in draw(st.lists(st.tuples(days, days, reasons), max_size=3))
    ]
    return Week(tuple(slots), tuple(closures), draw(st.booleans()))
