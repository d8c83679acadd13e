"""Hours of the ordinary week when no door is open without appointment on a territory (domain § 5).

Counted within the usual hours, Monday to Saturday from 8 h to 19 h. Minutes run from Monday 0 h: 615 is
Monday 10 h 15. The doors are those people may be sent to: networks and partners « destinataires ».
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import models
from django.db.models import Count, F, Q
from django.db.models.functions import Cast

from spo_portal.kernel.typography import DAYS, duration, join
from territories.access import Actor
from territories.hours import clock
from territories.models import SiteSearch

DAY = 24 * 60
FIRST, LAST = 8 * 60, 19 * 60
USUAL_DAYS = range(6)
USUAL: tuple[tuple[int, int], ...] = tuple((day * DAY + FIRST, day * DAY + LAST) for day in USUAL_DAYS)
USUAL_MINUTES = sum(end - start for start, end in USUAL)
Span = tuple[int, int]


class _Spans(models.Field):
    """A multirange read as text; never a column."""

    def db_type(self, connection: object) -> str:
        return "int4multirange"


EMPTY_WEEK = models.Value("{}", _Spans())


class _Told(Cast):
    """A grouped column written as text: once for each group, where grouping by the text writes every row."""

    def get_group_by_cols(self) -> list[Any]:
        return [column for source in self.get_source_expressions() for column in source.get_group_by_cols()]


@dataclass(frozen=True)
class Gaps:
    """Spans of the usual week without a walk-in door, in order, and the doors counted."""

    spans: tuple[Span, ...]
    doors: int

    @property
    def minutes(self) -> int:
        return sum(end - start for start, end in self.spans)

    @property
    def share(self) -> float:
        """Part of the usual hours without a door, in percent."""
        return 100 * self.minutes / USUAL_MINUTES

    def on(self, day: int) -> tuple[Span, ...]:
        """Spans of one day, in minutes of that day."""
        base = day * DAY
        return tuple((a - base, b - base) for a, b in self.spans if base <= a < base + DAY)

    @property
    def sentence(self) -> str:
        """« Personne sans rendez-vous : mardi de 12 h à 13 h 30, samedi toute la journée. »"""
        if not self.doors:
            return "Aucun lieu du territoire n’ouvre sans rendez-vous."
        if not self.spans:
            return "Une porte au moins est ouverte sans rendez-vous, du lundi au samedi, de 8 h à 19 h."
        return f"Personne sans rendez-vous : {join(self._days())}."

    def _days(self) -> list[str]:
        """Days that share their spans are told together."""
        told: dict[tuple[Span, ...], list[int]] = {}
        for day in USUAL_DAYS:
            if spans := self.on(day):
                told.setdefault(spans, []).append(day)
        return [f"{_named(days)} {_when(spans)}" for spans, days in told.items()]


def _named(days: Sequence[int]) -> str:
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"du {DAYS[days[0]]} au {DAYS[days[-1]]}"
    return join(DAYS[day] for day in days)


def _when(spans: Iterable[Span]) -> str:
    found = list(spans)
    if found == [(FIRST, LAST)]:
        return "toute la journée"
    return join(f"de {clock(start)} à {clock(end)}" for start, end in found)


NO_DOOR = Gaps(USUAL, 0)


@dataclass(frozen=True, slots=True)
class PlaceWeeks:
    """One ordinary week and how many places of a territory keep it: walk-in spans, and all the open minutes.

    ``differing``: these places, when some of their hours are by appointment.
    """

    territory_id: int
    walk_in: tuple[Span, ...]
    opening_minutes: int
    count: int
    differing: tuple[int, ...]

    @property
    def under_half(self) -> bool:
        """Less than half of the opening hours without appointment (domain § 5)."""
        return 2 * sum(end - start for start, end in self.walk_in) < self.opening_minutes


def weeks_of_places(*, by: Actor, territories: Collection[int]) -> list[PlaceWeeks]:
    """Weeks of the places of these territories that people may be sent to and that have hours, in one query.

    Many places share the same week: the database tells each one once, however many keep it.
    """
    rows = (
        SiteSearch.objects.visible_to(by)
        .can_be_suggested()
        .filter(site__territory_id__in=list(territories))
        .exclude(open_week=EMPTY_WEEK)
        .order_by()
        .values("site__territory_id", "walk_week", "open_week")
        .annotate(n=Count("pk"), sites=ArrayAgg("pk", filter=~Q(open_week=F("walk_week"))))
        .annotate(walk=_Told("walk_week", models.TextField()), open=_Told("open_week", models.TextField()))
        .values_list("site__territory_id", "walk", "open", "n", "sites")
    )
    read: dict[str, tuple[Span, ...]] = {}
    weeks = []
    for territory, walk, opening, n, sites in rows:
        for text in (walk, opening):
            if text not in read:
                read[text] = _read(text)
        minutes = sum(end - start for start, end in read[opening])
        weeks.append(PlaceWeeks(territory, read[walk], minutes, n, tuple(sites or ())))
    return weeks


def _read(text: str) -> tuple[Span, ...]:
    """« {[480,540),[720,780)} » as pairs."""
    inner = text.strip("{}")
    if not inner:
        return ()
    pairs = (part.strip("[)").split(",") for part in inner.replace("),[", ")|[").split("|"))
    return tuple((int(start), int(end)) for start, end in pairs)


def gaps_by_territory(weeks: Iterable[PlaceWeeks], territories: Collection[int]) -> dict[int, Gaps]:
    """Gaps of each territory, from the weeks of its places."""
    doors: dict[int, Counter[tuple[Span, ...]]] = defaultdict(Counter)
    for week in weeks:
        if week.walk_in:
            doors[week.territory_id][week.walk_in] += week.count
    return {one: _left_over(doors[one]) if one in doors else NO_DOOR for one in territories}


def _left_over(walks: Mapping[tuple[Span, ...], int]) -> Gaps:
    """What the walk-in slots of several places leave of the usual hours; how many places have each week."""
    left: list[Span] = []
    covered = sorted({span for walk in walks for span in walk})
    for first, last in USUAL:
        at = first
        for start, end in covered:
            if start >= last:
                break
            if end <= at:
                continue
            if start > at:
                left.append((at, start))
            at = end
            if at >= last:
                break
        if at < last:
            left.append((at, last))
    return Gaps(tuple(left), sum(walks.values()))


def told_duration(minutes: int) -> str:
    """« 12 h 30 par semaine »."""
    return f"{duration(minutes)} par semaine" if minutes else "aucune heure"
