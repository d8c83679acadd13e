"""Hours of the ordinary week when no door is open without appointment on a territory (domain § 5).

Counted within the usual hours, Monday to Saturday from 8 h to 19 h. Minutes run from Monday 0 h: 615 is
Monday 10 h 15. The doors are those people may be sent to: networks and partners « destinataires ».
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import models

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


class _LeftOver(models.Aggregate):
    """What the weeks of a group leave of the usual hours, as the text of a multirange."""

    template = "('{%s}'::int4multirange - range_agg(%%(expressions)s))::text" % ",".join(  # noqa: UP031
        f"[{start},{end})" for start, end in USUAL
    )
    output_field = models.TextField()


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


def gaps_by_territory(*, by: Actor, territories: Collection[int]) -> dict[int, Gaps]:
    """Gaps of each territory, in one query: the database joins the weeks and takes them off."""
    rows = (
        SiteSearch.objects.visible_to(by)
        .can_be_suggested()
        .filter(site__territory_id__in=territories)
        .order_by()
        .values_list("site__territory_id")
        .annotate(
            left_over=_LeftOver("walk_week"),
            doors=models.Count("pk", filter=~models.Q(walk_week=models.Value("{}", _Spans()))),
        )
    )
    found = {territory: Gaps(_read(text), doors) for territory, text, doors in rows}
    return {territory: found.get(territory, NO_DOOR) for territory in territories}


def _read(text: str) -> tuple[Span, ...]:
    """« {[480,540),[720,780)} » as pairs."""
    inner = text.strip("{}")
    if not inner:
        return ()
    pairs = (part.strip("[)").split(",") for part in inner.replace("),[", ")|[").split("|"))
    return tuple((int(start), int(end)) for start, end in pairs)


def told_duration(minutes: int) -> str:
    """« 12 h 30 par semaine »."""
    return f"{duration(minutes)} par semaine" if minutes else "aucune heure"
