"""The region at a glance: one line per territory, sums of what they show, and nothing more (domain § 8).

Everything comes from the summaries of the releases (two queries whatever the number of territories). A sum
adds shown cells only and names the territories left out.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from dashboards.computing import Figure, figure
from dashboards.services.release import Release
from dashboards.services.summaries import past_contacts, summaries
from dashboards.services.targets import TargetState, every_target, state
from dashboards.services.wide_labels import LabelEnd, Labels, label_facts
from dashboards.services.wide_slices import (
    KEYS,
    LOOPS,
    Change,
    Parts,
    Question,
    change_of,
    change_of_all,
    delay_of,
    loops_reach,
    parts_of,
    shown,
    sum_of,
    twelve_months,
)
from spo_portal.kernel.privacy import Cell
from territories.access import Actor
from territories.models import Region, Territory
from territories.services.search import fold


@dataclass(frozen=True)
class Line:
    """One territory in the table of the region."""

    territory: Territory
    contacts: Figure
    change: Change
    reoriented: Figure
    closed: Figure
    delay: Figure
    months: list[Cell | int | None]
    target: TargetState | None
    goal: Decimal | None
    label: LabelEnd | None
    filled_at: datetime.datetime | None
    empty: bool

    # Points above the target (negative: missing).
    gap: Fraction | None = None

    def gap_at(self, closed: Figure) -> Fraction | None:
        """The same for another period."""
        return _gap(closed, self.goal)


def _gap(closed: Figure, goal: Decimal | None) -> Fraction | None:
    return None if goal is None or closed.value is None else closed.value - Fraction(goal)


@dataclass
class RegionFigures:
    """What the page of the region shows; every figure is fit to publish."""

    lines: list[Line]
    contacts: Figure
    change: Change
    reoriented: Figure
    closed: Figure
    labels: Labels
    filled_at: datetime.datetime | None = None
    together: bool = True
    crossed: list[tuple[Line, Figure, Figure]] = field(default_factory=list)
    masked: bool = False

    @property
    def empty(self) -> bool:
        return all(line.empty for line in self.lines)

    @property
    def reached(self) -> tuple[int, int]:
        """Territories that reach their target of closed loops, and those that have one and a figure."""
        known = [line for line in self.lines if line.gap is not None]
        return sum((line.gap or 0) >= 0 for line in known), len(known)

    @property
    def pending(self) -> list[Line]:
        return [line for line in self.lines if line.filled_at is None]


def region_figures(
    *,
    by: Actor,
    region: Region,
    territories: Sequence[Territory],
    asked: Question,
    day: datetime.date,
    order: str = "-contacts",
) -> RegionFigures:
    """Figures of every territory for the question asked, in an order of ORDERS (« - » before: reversed)."""
    ids = [territory.pk for territory in territories]
    now = summaries(by=by, territory_ids=ids, year=asked.year, networks=bool(asked.reseau))
    before = past_contacts(by=by, territory_ids=ids, year=asked.year - 1, sliced=not asked.plain)
    targets = every_target(by=by, region=region, year=asked.year)
    labels = label_facts(by=by, region=region, day=day)
    cells: dict[str, list[tuple[str, Parts | None]]] = {key: [] for key in KEYS}
    lines = []
    for territory in territories:
        release, earlier = now[territory.pk], before[territory.pk]
        found = {key: parts_of(key, release, asked) for key in KEYS}
        for key, parts in found.items():
            cells[key].append((territory.name, parts))
        closed = shown(LOOPS, found[LOOPS])
        target = targets[territory.pk].get(LOOPS) if asked.plain else None
        lines.append(
            Line(
                territory,
                shown("contacts", found["contacts"]),
                change_of(release, earlier, asked),
                shown("reorientes", found["reorientes"]),
                closed,
                delay_of(release, asked),
                twelve_months(release, earlier, asked),
                state(closed, target) if target else None,
                target.value if target else None,
                labels.ends.get(territory.pk),
                release.filled_at,
                release.empty,
                _gap(closed, target.value if target else None),
            )
        )
    filled = [line.filled_at for line in lines if line.filled_at]
    minutes = {moment.replace(second=0, microsecond=0) for moment in filled}
    return RegionFigures(
        lines=sorted_lines(lines, order),
        contacts=sum_of("contacts", cells["contacts"]),
        change=change_of_all(line.change for line in lines),
        reoriented=sum_of("reorientes", cells["reorientes"]),
        closed=sum_of(LOOPS, cells[LOOPS]),
        labels=labels,
        filled_at=min(filled, default=None),
        together=len(minutes) < 2,
        crossed=_crossed(lines, now, asked),
        masked=any(f.masked for line in lines for f in (line.contacts, line.reoriented, line.closed))
        or any(isinstance(cell, Cell) for line in lines for cell in line.months),
    )


def _crossed(
    lines: Sequence[Line], releases: Mapping[int, Release], asked: Question
) -> list[tuple[Line, Figure, Figure]]:
    """Territories that pass their target between the last two closed months: (line, month, month before)."""
    last = asked.month or asked.closed
    if last < 2 or not asked.plain:
        return []
    found = []
    for line in lines:
        if line.goal is None:
            continue
        release, goal = releases[line.territory.pk], Fraction(line.goal)
        reached = [loops_reach(release, month, goal) for month in (last, last - 1)]
        if None not in reached and reached[0] != reached[1]:
            after, earlier = (figure(LOOPS, release, month=month) for month in (last, last - 1))
            found.append((line, after, earlier))
    return found


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


ORDERS: dict[str, Callable[[Line], Any]] = {
    "nom": lambda line: fold(line.territory.name),
    "contacts": lambda line: _number(line.contacts.value),
    "evolution": lambda line: _number(line.change.value),
    "reorientes": lambda line: _number(line.reoriented.value),
    "boucles": lambda line: _number(line.closed.value),
    "ecart": lambda line: _number(line.gap),
    "delai": lambda line: _number(line.delay.value),
    "label": lambda line: line.label.until if line.label else None,
    "maj": lambda line: line.filled_at,
}


def sorted_lines(lines: Sequence[Line], order: str) -> list[Line]:
    """In the order asked; a masked or missing figure comes last either way, so a place in it says nothing."""
    key = ORDERS[order.removeprefix("-")]
    known = [line for line in lines if key(line) is not None]
    rest = [line for line in lines if key(line) is None]
    return [*sorted(known, key=key, reverse=order.startswith("-")), *rest]
