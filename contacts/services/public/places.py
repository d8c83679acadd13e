"""The search of « Où s’adresser ? »: which places, in which order, as anybody may see them (domain §§ 4-6).

Only places that may be suggested: open to the public, of a network or partners « destinataires », never a
training body. Order: the region's rule for the question asked, then the words found, then places one enters
now without an appointment, then whole kilometres, then an order drawn anew each day.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils import timezone

from contacts.models import OrientationRule
from contacts.services.matching import Target, best_rules
from contacts.services.public.asking import USUAL_RADIUS, Asked
from contacts.services.public.statement import Statement
from contacts.services.suggestions import Point
from labelling.enums import LabelStatus
from spo_portal.kernel.typography import counted
from territories import hours
from territories.access import Actor

PER_PAGE = 20
NEAREST = 3
Rules = Mapping[Target, OrientationRule]


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment as the search reads it: the day, its minute in the week, whether it is a bank holiday."""

    at: datetime.datetime

    @property
    def local(self) -> datetime.datetime:
        return timezone.localtime(self.at)

    @property
    def day(self) -> datetime.date:
        return self.local.date()

    @property
    def minute(self) -> int:
        return self.local.hour * 60 + self.local.minute

    @property
    def holiday(self) -> bool:
        return bool(hours.holiday_name(self.day))


@dataclass(frozen=True, slots=True)
class Found:
    """Places of one page: key to kilometres (None when unknown), in order; how many in all, how many open."""

    total: int = 0
    open: int = 0
    ids: dict[int, float | None] = field(default_factory=dict)

    @property
    def words(self) -> str:
        return counted(self.total, "lieu", "lieux")


def rules_for(by: Actor, asked: Asked) -> dict[Target, OrientationRule]:
    """The rules that speak for this visitor; none when nothing was said of the question nor of the person."""
    if not (asked.demande or asked.statut or asked.age):
        return {}
    return best_rules(
        OrientationRule.objects.visible_to(by).filter(active=True).order_by("-weight", "id"),
        statut=asked.statut or None,
        age=asked.age,
        demandes=[asked.demande] if asked.demande else [],
    )


def search(
    by: Actor,
    asked: Asked,
    *,
    question: str = "",
    rules: Rules,
    origin: Point | None,
    at: Moment,
    radius: float | None = None,
) -> Found:
    """One page of places in order, and the counts of all, in one reading of the places.

    ``question``: what the text asks, as PostgreSQL reads it. A page asked past the last one is the last one.
    """
    statement = _begun(by, at)
    if rules:
        statement.targets([(target, rule.weight) for target, rule in rules.items()])
    if question:
        statement.text(question)
    if origin is not None:
        statement.around(origin, radius)
    if asked.wheelchair:
        statement.where.append("p.wheelchair")
    if asked.saturday:
        statement.where.append("p.saturday")
    if asked.open_now:
        statement.open_now(walk_in=asked.walk_in)
    elif asked.walk_in:
        statement.where.append("w.walks")
    if asked.label:
        # Associated partner by the decision, or because the place is of no network.
        statement.label(asked.label, or_partner=asked.label == LabelStatus.ASSOCIE)
    statement.order_open_first(near=origin is not None)
    found = statement.read(page=asked.page, size=PER_PAGE)
    if not found:
        return Found()
    return Found(found[0][2], found[0][3], {pk: km for pk, km, *_ in found})


def nearest(by: Actor, *, origin: Point, rules: Rules, at: Moment) -> dict[int, float | None]:
    """The nearest places that answer the question, open ones first: what an empty list still offers."""
    statement = _begun(by, at)
    if rules:
        statement.targets([(target, rule.weight) for target, rule in rules.items()])
    statement.around(origin, None)
    statement.order_nearest()
    return {pk: km for pk, km, *_ in statement.read(page=1, size=NEAREST)}


def _begun(by: Actor, at: Moment) -> Statement:
    statement = Statement(
        {
            "regions": list(by.scope.wide),
            "day": at.day,
            "weekday": at.day.weekday(),
            "minute": at.minute,
            "week_minute": at.day.weekday() * 1440 + at.minute,
            "month_day": at.day.month * 100 + at.day.day,
            "seed": int(f"{at.day:%Y%m%d}"),
        }
    )
    if at.holiday:
        statement.closed_on_holidays()
    return statement


def radius_of(asked: Asked, origin: Point | None) -> float | None:
    """Kilometres round the commune; None without one."""
    return float(asked.radius or USUAL_RADIUS) if origin is not None else None
