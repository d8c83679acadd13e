"""Random publications of linked tables, made from records as the portal's are, for the masking tests.

A record has a month, a place (in a group), one answer to each exclusive question and any number to others.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from spo_portal.kernel.privacy import Cover, Sum

Slice = tuple[str, Hashable]
YEAR: Slice = ("year", "")


@dataclass
class Publication:
    """Counts and the rules that link them, ready to be masked, with the records behind."""

    counts: dict[Hashable, int]
    sums: list[Sum]
    covers: list[Cover]
    records: list[dict] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """The size of a publication: how many records, months, groups, places; how unequal; which questions."""

    records: int
    months: int = 12
    groups: int = 8
    places: int = 45
    skew: float = 1.0
    fine: bool = True
    blank: float = 0.05


def weighted(dice: random.Random, size: int, skew: float) -> int:
    return dice.choices(range(size), [1 / (rank + 1) ** skew for rank in range(size)])[0]


def some(dice: random.Random, size: int, least: int, skew: float) -> frozenset[int]:
    found = {weighted(dice, size, skew) for _ in range(least + (dice.random() < 0.3))}
    return frozenset(found)


def draw(plan: Plan, seed: int) -> list[dict]:
    dice = random.Random(seed)
    records = []
    for _ in range(plan.records):
        place = weighted(dice, plan.places, plan.skew) if plan.places else 0
        sent = dice.random() < 0.4
        records.append(
            {
                "month": dice.randrange(plan.months),
                "place": place,
                "group": place % max(plan.groups, 1),
                "outcome": "sent" if sent else "solved",
                "after": dice.randrange(5) if sent else None,
                "state": weighted(dice, 10, plan.skew),
                "age": 2 if dice.random() < plan.blank else dice.randrange(2),
                "sex": 2 if dice.random() < plan.blank else dice.randrange(2),
                "way": weighted(dice, 3, 2.0),
                "late": int(dice.random() < 0.1),
                "asked": some(dice, 7, 1, plan.skew),
                "told": some(dice, 7, dice.random() < 0.8, plan.skew),
                "to": some(dice, 9, 1, plan.skew) if sent else frozenset(),
                "spot": some(dice, 40, 1, plan.skew) if sent else frozenset(),
            }
        )
    return records


EXCLUSIVE = {
    "outcome": ("sent", "solved"),
    "state": range(10),
    "age": range(3),
    "sex": range(3),
    "way": range(3),
}
EXCLUSIVE["late"] = range(2)


def facts(record: dict, fine: bool) -> Iterable[Hashable]:
    """Every published value a record counts in."""
    yield "all"
    for question in EXCLUSIVE:
        yield question, record[question]
    if record["after"] is not None:
        yield "after", record["after"]
    for question in ("asked", "told", "to"):
        for value in record[question]:
            yield question, value
    if not fine:
        return
    yield "state_age", (record["state"], record["age"])
    for value in record["spot"]:
        yield "spot", value
    for asked in record["asked"]:
        yield "asked_state", (asked, record["state"])
        yield "asked_outcome", (asked, record["outcome"])
        for told in record["told"]:
            yield "asked_told", (asked, told)


def publish(plan: Plan, seed: int = 0, records: list[dict] | None = None) -> Publication:
    records = draw(plan, seed) if records is None else records
    slices = [YEAR, *(("month", month) for month in range(plan.months))]
    if plan.places:
        slices += [("group", group) for group in range(plan.groups)]
        slices += [("place", place) for place in range(plan.places)]
    values: list[Hashable] = ["all"]
    values += [(question, value) for question, found in EXCLUSIVE.items() for value in found]
    values += [("after", value) for value in range(5)]
    values += [("asked", value) for value in range(7)] + [("told", value) for value in range(7)]
    values += [("to", value) for value in range(9)]
    if plan.fine:
        values += [("state_age", (state, age)) for state in range(10) for age in range(3)]
        values += [("spot", value) for value in range(40)]
        values += [("asked_state", (asked, state)) for asked in range(7) for state in range(10)]
        values += [("asked_outcome", (asked, kind)) for asked in range(7) for kind in EXCLUSIVE["outcome"]]
        values += [("asked_told", (asked, told)) for asked in range(7) for told in range(7)]
    counts: Counter = Counter({(value, part): 0 for part in slices for value in values})
    crossed = [("month_group", (m, g)) for m in range(plan.months) for g in range(plan.groups)]
    crossed += [("month_place", (m, p)) for m in range(plan.months) for p in range(plan.places)]
    if plan.places:
        counts.update({("all", part): 0 for part in crossed})
    for record in records:
        mine = [YEAR, ("month", record["month"])]
        if plan.places:
            mine += [("group", record["group"]), ("place", record["place"])]
            counts["all", ("month_group", (record["month"], record["group"]))] += 1
            counts["all", ("month_place", (record["month"], record["place"]))] += 1
        for value in facts(record, plan.fine):
            for part in mine:
                counts[value, part] += 1
    return Publication(dict(counts), list(_sums(plan, slices, values)), list(_covers(plan, slices)), records)


def _sums(plan: Plan, slices: list[Slice], values: list[Hashable]) -> Iterable[Sum]:
    months = [("month", month) for month in range(plan.months)]
    groups = [("group", group) for group in range(plan.groups)]
    inside = {g: [p for p in range(plan.places) if p % max(plan.groups, 1) == g] for g in range(plan.groups)}
    for value in values:
        yield Sum((value, YEAR), tuple((value, part) for part in months))
        if plan.places:
            yield Sum((value, YEAR), tuple((value, part) for part in groups))
            for group, places in inside.items():
                yield Sum((value, ("group", group)), tuple((value, ("place", place)) for place in places))
    for part in slices:
        for question, found in EXCLUSIVE.items():
            yield Sum(("all", part), tuple(((question, value), part) for value in found))
        yield Sum((("outcome", "sent"), part), tuple((("after", value), part) for value in range(5)))
        if plan.fine:
            for state in range(10):
                yield Sum(
                    (("state", state), part), tuple((("state_age", (state, a)), part) for a in range(3))
                )
            for age in range(3):
                yield Sum((("age", age), part), tuple((("state_age", (s, age)), part) for s in range(10)))
            for asked in range(7):
                whole = (("asked", asked), part)
                yield Sum(whole, tuple((("asked_state", (asked, state)), part) for state in range(10)))
                kinds = EXCLUSIVE["outcome"]
                yield Sum(whole, tuple((("asked_outcome", (asked, kind)), part) for kind in kinds))
    if plan.places:
        yield from _crossed(plan, inside)


def _crossed(plan: Plan, inside: dict[int, list[int]]) -> Iterable[Sum]:
    def cell(kind: str, month: int, other: int) -> Hashable:
        return ("all", (kind, (month, other)))

    months = range(plan.months)
    for group, places in inside.items():
        yield Sum(("all", ("group", group)), tuple(cell("month_group", month, group) for month in months))
        for month in months:
            yield Sum(cell("month_group", month, group), tuple(cell("month_place", month, p) for p in places))
    for place in range(plan.places):
        yield Sum(("all", ("place", place)), tuple(cell("month_place", month, place) for month in months))
    for month in months:
        groups = range(plan.groups)
        yield Sum(("all", ("month", month)), tuple(cell("month_group", month, group) for group in groups))


def _covers(plan: Plan, slices: list[Slice]) -> Iterable[Cover]:
    for part in slices:
        sent = (("outcome", "sent"), part)
        asked = [(("asked", value), part) for value in range(7)]
        told = [(("told", value), part) for value in range(7)]
        yield Cover(("all", part), tuple(asked), full=True)
        yield Cover(("all", part), tuple(told))
        yield Cover(sent, tuple((("to", value), part) for value in range(9)), full=True)
        if not plan.fine:
            continue
        yield Cover(sent, tuple((("spot", value), part) for value in range(40)), full=True)
        for state in range(10):
            parts = tuple((("asked_state", (value, state)), part) for value in range(7))
            yield Cover((("state", state), part), parts, full=True)
        for kind in EXCLUSIVE["outcome"]:
            parts = tuple((("asked_outcome", (value, kind)), part) for value in range(7))
            yield Cover((("outcome", kind), part), parts, full=True)
        for value in range(7):
            yield Cover(asked[value], tuple((("asked_told", (value, other)), part) for other in range(7)))
            yield Cover(told[value], tuple((("asked_told", (other, value)), part) for other in range(7)))
