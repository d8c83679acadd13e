"""Labels of a whole region in a few sums: places labelled and existing, and when the next labels end."""

import datetime
from dataclasses import dataclass, field

from django.db.models import Count, Min, Sum

from labelling.enums import LabelStatus
from labelling.models import LabelCount, Labellisation
from labelling.services.tables import has_label
from territories.access import Actor
from territories.models import Region, Site

# A label lasts five years and its renewal is asked three months before the end (R. 6111-5).
RENEWAL_MONTHS = 3
WARNED_MONTHS = 6


@dataclass(frozen=True)
class LabelEnd:
    """The first of the labels of a territory to end, and the last day to ask for its renewal."""

    until: datetime.date
    ask_by: datetime.date
    soon: bool
    late: bool


@dataclass(frozen=True)
class Labels:
    """Labelled and existing places of a region; ``labelled`` is None where no label exists (SPRO)."""

    labelled: int | None
    existing: int
    by_territory: dict[int, tuple[int, int]] = field(default_factory=dict)
    ends: dict[int, LabelEnd] = field(default_factory=dict)
    published_on: datetime.date | None = None
    published: tuple[int, int] = (0, 0)


def label_facts(*, by: Actor, region: Region, day: datetime.date) -> Labels:
    """Three sums whatever the number of places."""
    open_sites = Site.objects.visible_to(by).open_to_public().filter(region=region, reseau__isnull=False)
    existing = dict(open_sites.order_by().values_list("territory_id").annotate(Count("pk")))
    if not has_label(region):
        return Labels(None, sum(existing.values()), {pk: (0, n) for pk, n in existing.items()})
    rows = (
        Labellisation.objects.visible_to(by)
        .in_force(day)
        .filter(region=region, status=LabelStatus.LABELLISE, site__active=True, site__reseau__isnull=False)
        .order_by()
        .values_list("territory_id")
        .annotate(Count("site_id", distinct=True), Min("ends_on"))
    )
    found = {pk: (count, until) for pk, count, until in rows}
    series = LabelCount.objects.visible_to(by).filter(region=region).order_by("-counted_on")
    last = series.values_list("counted_on").annotate(Sum("labelled"), Sum("existing")).first()
    return Labels(
        labelled=sum(count for count, _ in found.values()),
        existing=sum(existing.values()),
        by_territory={pk: (found.get(pk, (0, None))[0], n) for pk, n in existing.items()},
        ends={pk: label_end(until, day) for pk, (_, until) in found.items() if until},
        published_on=last[0] if last else None,
        published=(last[1], last[2]) if last else (0, 0),
    )


def label_end(until: datetime.date, day: datetime.date) -> LabelEnd:
    """What the end of a label asks for, seen from ``day``."""
    ask_by = months_before(until, RENEWAL_MONTHS)
    return LabelEnd(until, ask_by, soon=day >= months_before(until, WARNED_MONTHS), late=day > ask_by)


def months_before(day: datetime.date, months: int) -> datetime.date:
    """The same day some months earlier, or the last day of that month when it is shorter."""
    index = day.year * 12 + day.month - 1 - months
    year, month = index // 12, index % 12 + 1
    last = (datetime.date(year + month // 12, month % 12 + 1, 1) - datetime.timedelta(days=1)).day
    return datetime.date(year, month, min(day.day, last))
