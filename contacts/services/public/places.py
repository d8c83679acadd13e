"""The search of « Où s’adresser ? »: which places, in which order, as anybody may see them (domain §§ 4-6).

Only places that may be suggested: open to the public, of a network or partners « destinataires », never a
training body. Order: the region's rule for the question asked, then the words found, then places one enters
now without an appointment, then whole kilometres, then an order drawn anew each day.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.contrib.postgres.search import SearchRank
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    Exists,
    Expression,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    IntegerField,
    OuterRef,
    Q,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.utils import timezone

from contacts.models import OrientationRule
from contacts.services.matching import Target, best_rules
from contacts.services.public.asking import USUAL_RADIUS, Asked
from contacts.services.suggestions import Point
from labelling.enums import LabelStatus
from labelling.models import Labellisation
from spo_portal.kernel.typography import counted
from territories import hours
from territories.access import Actor
from territories.models import Closure, Season, SeasonSlot, SiteSearch
from territories.querysets import SiteSearchQuerySet
from territories.services.fulltext import found_by

PER_PAGE = 20
KM_PER_DEGREE = 111.195
NEAREST = 3
Rules = Mapping[Target, OrientationRule]
# Places that answer are read once: counted, put in order, and only one page of them leaves the database.
_PAGE = """
WITH found (pk, km, {columns}) AS MATERIALIZED ({statement})
SELECT pk, km, (SELECT count(*) FROM found), (SELECT count(*) FROM found WHERE ouvert)
FROM found ORDER BY {order} LIMIT {size}
OFFSET (SELECT {size} * greatest(0, least(%s, ceil(count(*) / {size}.0)) - 1) FROM found)
"""


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


def matching(
    by: Actor,
    asked: Asked,
    *,
    question: str,
    rules: Rules,
    origin: Point | None,
    radius: float | None,
    at: Moment,
) -> SiteSearchQuerySet:
    """Places that answer, not yet in order. ``question``: what the text asks, as PostgreSQL reads it."""
    places = SiteSearch.objects.visible_to(by).can_be_suggested()
    if question:
        places = places.filter(pk__in=found_by(question))
    if rules:
        places = places.filter(_targets(rules))
    if origin is not None:
        places = _around(places, origin, radius)
    if asked.wheelchair:
        places = places.filter(wheelchair__in=["oui", "sur_demande"])
    if asked.saturday:
        places = places.filter(saturday=True)
    if asked.open_now:
        places = places.filter(open_at(by, at, walk_in=asked.walk_in))
    elif asked.walk_in:
        places = places.filter(walk_week__none=False)
    if asked.label:
        places = places.filter(_label(by, asked.label, at.day))
    return places


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

    A page asked past the last one is the last one.
    """
    places = matching(by, asked, question=question, rules=rules, origin=origin, radius=radius, at=at)
    kilometres = F("km") if origin is not None else Value(None, output_field=FloatField())
    keys = _order(by, question, rules, origin, at)
    columns = {"ouvert": _holds(open_at(by, at))} | {f"k{n}": key for n, (key, _) in enumerate(keys)}
    rows = places.annotate(**columns).order_by().values_list("pk", kilometres, *columns)
    try:
        statement, params = rows.query.sql_with_params()
    except EmptyResultSet:
        return Found()
    with connection.cursor() as cursor:
        cursor.execute(
            _PAGE.format(
                columns=", ".join(columns),
                statement=statement,
                order=", ".join(f"k{n} {direction}" for n, (_, direction) in enumerate(keys)),
                size=PER_PAGE,
            ),
            [*params, asked.page],
        )
        found = cursor.fetchall()
    if not found:
        return Found()
    return Found(found[0][2], found[0][3], {pk: km for pk, km, *_ in found})


def nearest(by: Actor, *, origin: Point, rules: Rules, at: Moment) -> dict[int, float | None]:
    """The nearest places that answer the question, open ones first: what an empty list still offers."""
    places = matching(by, Asked(), question="", rules=rules, origin=origin, radius=None, at=at)
    rows = places.annotate(shut=_state(open_at(by, at))).order_by("shut", "km", "pk")
    return dict(rows.values_list("pk", "km")[:NEAREST])


def radius_of(asked: Asked, origin: Point | None) -> float | None:
    """Kilometres round the commune; None without one."""
    return float(asked.radius or USUAL_RADIUS) if origin is not None else None


def open_at(by: Actor, at: Moment, *, walk_in: bool = False) -> Q:
    """Open at a moment, on ``SiteSearch``: the same rule as ``hours.is_open_at``, in SQL (a test compares).

    A closure shuts the whole day; a place that says so is shut on bank holidays; within a season its week
    replaces the ordinary one. The ordinary week is read from the ranges kept with the place: looking slots up
    for tens of thousands of places takes longer than all the rest of a search.
    """
    month_day = at.day.month * 100 + at.day.day
    begun, not_over = Q(first_md__lte=month_day), Q(last_md__gte=month_day)
    yearly = (Q(first_md__lte=F("last_md")) & begun & not_over) | (
        Q(first_md__gt=F("last_md")) & (begun | not_over)
    )
    in_force = yearly | Q(first_day__lte=at.day, last_day__gte=at.day)
    seasons = Season.objects.visible_to(by).filter(in_force)
    slots = SeasonSlot.objects.visible_to(by).filter(
        season__in=seasons.values("pk"), weekday=at.day.weekday(), start__lte=at.minute, end__gt=at.minute
    )
    if walk_in:
        slots = slots.filter(walk_in=True)
    closed = Closure.objects.visible_to(by).filter(first_day__lte=at.day, last_day__gte=at.day)
    week = "walk_week__holds" if walk_in else "open_week__holds"
    ordinary = Q(**{week: at.day.weekday() * 1440 + at.minute}) & ~Q(pk__in=seasons.values("site_id"))
    rule = (ordinary | Q(pk__in=slots.values("site_id"))) & ~Q(pk__in=closed.values("site_id"))
    return rule & Q(closed_on_holidays=False) if at.holiday else rule


def _targets(rules: Rules) -> Q:
    networks = [network for network, _ in rules if network is not None]
    kinds = [kind for network, kind in rules if network is None]
    return Q(network__in=networks) | Q(network__isnull=True, partner_kind__in=kinds)


def _around(places: SiteSearchQuerySet, origin: Point, radius: float | None) -> SiteSearchQuerySet:
    """Kilometres from ``origin`` as ``km``; within ``radius`` through the index of the box first.

    On a plane at the latitude of the origin: under 1 % from the great circle at 100 km in France.
    """
    latitude, longitude = origin
    shrink = math.cos(math.radians(latitude))
    if radius is not None:
        # A hundred-thousandth of a degree is the unit of the columns.
        up = round(radius / KM_PER_DEGREE * 1e5) + 1
        across = round(radius / (KM_PER_DEGREE * shrink) * 1e5) + 1
        south, west = round(latitude * 1e5), round(longitude * 1e5)
        places = places.filter(
            latitude__range=(south - up, south + up), longitude__range=(west - across, west + across)
        )
    kilometres = RawSQL(
        "sqrt(power((territories_sitesearch.latitude / 1e5::float8 - %s) * %s, 2)"
        " + power((territories_sitesearch.longitude / 1e5::float8 - %s) * %s, 2))",
        [latitude, KM_PER_DEGREE, longitude, KM_PER_DEGREE * shrink],
        output_field=FloatField(),
    )
    places = places.annotate(km=kilometres)
    return places.filter(km__lte=radius) if radius is not None else places.filter(latitude__isnull=False)


def _label(by: Actor, label: str, day: datetime.date) -> Q:
    """Labelled now; or associated partner, by the decision or because the place is of no network."""
    rows = Labellisation.objects.visible_to(by).in_force(day).filter(site_id=OuterRef("pk"))
    if label == LabelStatus.LABELLISE:
        return Q(Exists(rows.filter(status=LabelStatus.LABELLISE)))
    return Q(Exists(rows.filter(status=LabelStatus.ASSOCIE))) | Q(direction__in=["destinataire", "les_deux"])


def _holds(rule: Q) -> ExpressionWrapper:
    return ExpressionWrapper(rule, output_field=BooleanField())


def _state(rule: Q) -> Case:
    """0 when the rule holds, else 1: what an order begins with."""
    return Case(When(_holds(rule), then=Value(0)), default=Value(1), output_field=IntegerField())


def _order(
    by: Actor, question: str, rules: Rules, origin: Point | None, at: Moment
) -> list[tuple[Expression, str]]:
    """What places are told apart by, the first thing first, and which way."""
    seed = int(f"{at.day:%Y%m%d}")
    order: list[tuple[Expression, str]] = []
    if rules:
        weights = [When(_targets({target: rule}), then=rule.weight) for target, rule in rules.items()]
        order.append((Case(*weights, default=Value(0), output_field=IntegerField()), "DESC"))
    if question:
        asked = RawSQL("to_tsquery('simple', %s)", [question])
        # In tenths: two names that hold the words as well are told apart by what follows.
        rank: Expression = Func(
            SearchRank(F("vector"), asked) * 10, function="round", output_field=FloatField()
        )
        order.append((rank, "DESC"))
    order.append((_state(open_at(by, at, walk_in=True)), "ASC"))
    if origin is not None:
        order.append((Func(F("km"), function="round", output_field=FloatField()), "ASC"))
    drawn: Expression = Func(
        F("pk"), Value(seed), function="hashint8extended", output_field=BigIntegerField()
    )
    return [*order, (drawn, "ASC")]
