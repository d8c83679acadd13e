"""What the coverage counts of one territory: its places, their labels, their hours; kept or not.

Everything a reader of the region may read, and nothing more: the same figures for all of them.
"""

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q

from labelling.enums import LabelStatus
from labelling.models import Labellisation
from labelling.services.label_coverage.gaps import (
    NO_DOOR,
    Gaps,
    PlaceWeeks,
    gaps_by_territory,
    weeks_of_places,
)
from territories.access import Actor
from territories.models import Site

SOON = datetime.timedelta(days=365)
STALE = datetime.timedelta(days=183)
MOST_KEYS = 500
# A key no place has: a list is then never empty, and the same queries are made whatever is found.
NO_PLACE = 0


@dataclass(frozen=True)
class Figures:
    """Of one territory and one day.

    ``cells``: existing, labelled and associated places by network. ``ending``: labels that end within a year,
    ``soon`` within three months. ``under_half``: labelled places under 50 % without appointment. ``stale``:
    records not confirmed for six months.
    """

    cells: Mapping[int, tuple[int, int, int]] = field(default_factory=dict)
    partners: int = 0
    gaps: Gaps = NO_DOOR
    ending: int = 0
    soon: int = 0
    under_half: int = 0
    stale: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "cells": {str(reseau): list(cell) for reseau, cell in self.cells.items()},
            "partners": self.partners,
            "spans": [list(span) for span in self.gaps.spans],
            "doors": self.gaps.doors,
            "ending": self.ending,
            "soon": self.soon,
            "under_half": self.under_half,
            "stale": self.stale,
        }


def of_json(kept: Mapping[str, Any]) -> Figures:
    cells = {int(reseau): (cell[0], cell[1], cell[2]) for reseau, cell in kept["cells"].items()}
    gaps = Gaps(tuple((start, end) for start, end in kept["spans"]), kept["doors"])
    return Figures(
        cells, kept["partners"], gaps, kept["ending"], kept["soon"], kept["under_half"], kept["stale"]
    )


def counted(*, by: Actor, territories: Sequence[int], day: datetime.date) -> dict[int, Figures]:
    """Figures of each of these territories, counted now: four queries whatever the number of places.

    Places and labels are counted apart: a join of both is planned badly under row security.
    """
    weeks = weeks_of_places(by=by, territories=territories)
    gaps = gaps_by_territory(weeks, territories)
    under = _under_half(by, weeks, territories, day)
    cells: dict[int, dict[int, tuple[int, int, int]]] = {one: {} for one in territories}
    partners, stale = Counter[int](), Counter[int]()
    labels, ending, soon = _labels(by, territories, day)
    for territory, reseau, n, old in _places(by, territories, day):
        stale[territory] += old
        if reseau is None:
            partners[territory] = n
        else:
            cells[territory][reseau] = (n, *labels.get((territory, reseau), (0, 0)))
    return {
        one: Figures(cells[one], partners[one], gaps[one], ending[one], soon[one], under[one], stale[one])
        for one in territories
    }


def _places(
    by: Actor, territories: Sequence[int], day: datetime.date
) -> Iterable[tuple[int, int | None, int, int]]:
    """Open places by territory and network, and those whose record was not confirmed for six months."""
    old = Q(confirmed_on__isnull=True) | Q(confirmed_on__lt=day - STALE)
    return (
        Site.objects.visible_to(by)
        .open_to_public()
        .filter(territory_id__in=list(territories))
        .order_by()
        .values_list("territory_id", "reseau_id")
        .annotate(n=Count("pk"), old=Count("pk", filter=old))
    )


def _labels(
    by: Actor, territories: Sequence[int], day: datetime.date
) -> tuple[dict[tuple[int, int | None], tuple[int, int]], Counter[int], Counter[int]]:
    """Labelled and associated places open on the day, by network; labels that end, of any place."""
    here, label = Q(site__active=True), Q(status=LabelStatus.LABELLISE)
    rows = (
        Labellisation.objects.visible_to(by)
        .in_force(day)
        .filter(territory_id__in=list(territories))
        .order_by()
        .values_list("territory_id", "site__reseau_id")
        .annotate(
            labelled=Count("pk", filter=here & label),
            associated=Count("pk", filter=here & Q(status=LabelStatus.ASSOCIE)),
            ending=Count("pk", filter=label & Q(ends_on__lte=day + SOON)),
            soon=Count("pk", filter=label & Q(ends_on__lte=day + SOON / 4)),
        )
    )
    told: dict[tuple[int, int | None], tuple[int, int]] = {}
    ending, soon = Counter[int](), Counter[int]()
    for territory, reseau, labelled, associated, end, near in rows:
        told[territory, reseau] = (labelled, associated)
        ending[territory] += end
        soon[territory] += near
    return told, ending, soon


def _under_half(
    by: Actor, weeks: Iterable[PlaceWeeks], territories: Sequence[int], day: datetime.date
) -> Counter[int]:
    """Labelled places whose ordinary week is under 50 % without appointment (domain § 5)."""
    under = {pk: week.territory_id for week in weeks if week.under_half for pk in week.differing}
    labels = Labellisation.objects.visible_to(by).in_force(day).filter(status=LabelStatus.LABELLISE)
    # Their keys when they are few; else every label of these territories, never a list of thousands.
    few = len(under) <= MOST_KEYS
    named = [*under, NO_PLACE] if few else list(territories)
    labels = labels.filter(**{"site_id__in" if few else "territory_id__in": named})
    return Counter(under[pk] for pk in labels.values_list("site_id", flat=True) if pk in under)
