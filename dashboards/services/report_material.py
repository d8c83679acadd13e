"""Everything an annual report is made from, read once. Figures come from outside releases: it leaves the
place.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils import timezone

from dashboards.enums import Audience, Dimension
from dashboards.models import Release as StoredRelease
from dashboards.report_blocks import HIDDEN, Value, shown
from dashboards.services.labels import Labels, labels
from dashboards.services.places import Facts, territory_facts
from dashboards.services.release import Release
from dashboards.services.targets import TargetValue, targets_for
from labelling.models import Labellisation
from labelling.services.tables import LabelTable, has_label, label_states, label_table
from spo_portal.kernel.privacy import Cell
from spo_portal.kernel.typography import MONTHS
from territories import hours
from territories.access import Actor
from territories.models import Commune, Region, Site, Territory
from territories.services.hours import ordinary_of


@dataclass(frozen=True)
class Place:
    """A site of the territory with its week and its label on the last day of the report."""

    site: Site
    week: hours.Week
    label: Labellisation | None
    reseau: str

    @property
    def commune(self) -> str:
        return self.site.city or (self.site.commune.name if self.site.commune else "")


@dataclass(frozen=True)
class Material:
    """What is known of a territory and a year when the report is drawn."""

    region: Region
    territory: Territory
    year: int
    day: datetime.date
    release: Release
    before: Release
    region_releases: tuple[tuple[Territory, Release], ...]
    words: Labels
    places: tuple[Place, ...]
    partners: tuple[Site, ...]
    communes: tuple[tuple[str, int | None], ...]
    facts: Facts
    label: LabelTable
    targets: dict[str, TargetValue]

    @property
    def has_label(self) -> bool:
        return has_label(self.region)

    @property
    def running(self) -> bool:
        """True while the year is not over: figures count from 1 January to the day."""
        return self.day < datetime.date(self.year, 12, 31)

    @property
    def since(self) -> str:
        """« En 2026 », « En 2026, du 1er janvier au 21 novembre »."""
        if not self.running:
            return f"En {self.year}"
        first = "1er" if self.day.day == 1 else str(self.day.day)
        return f"En {self.year}, du 1er janvier au {first} {MONTHS[self.day.month - 1]}"


def outside_releases(
    *, by: Actor, territories: Sequence[Territory], year: int, full: bool = False
) -> dict[int, Release]:
    """What anyone of the region may read of these territories in a year: the figures of what leaves the
    place.

    ``full`` brings every cell, otherwise the summary; a territory without figures has an empty release.
    """
    found = {territory.pk: Release(year, Audience.OUTSIDE) for territory in territories}
    rows = StoredRelease.objects.visible_to(by).filter(
        territory_id__in=list(found), site__isnull=True, year=year, audience=Audience.OUTSIDE
    )
    cells = "cells" if full else "summary"
    for pk, content, measures, filled_at in rows.values_list("territory_id", cells, "measures", "filled_at"):
        found[pk] = Release(year, Audience.OUTSIDE, content, measures, filled_at)
    return found


def last_day(year: int) -> datetime.date:
    """The day a report speaks of: the end of its year, or today while it runs (Europe/Paris)."""
    return min(datetime.date(year, 12, 31), timezone.localdate())


def gather(*, by: Actor, territory: Territory, year: int) -> Material:
    """Read what the report of a territory needs: about twenty queries, whatever the size of the territory."""
    region, day = territory.region, last_day(year)
    territories = list(Territory.objects.visible_to(by).filter(region=region))
    summaries = outside_releases(by=by, territories=territories, year=year)
    words = labels(by=by, region=region, year=year, territory=territory)
    states = label_states(by=by, region=region, day=day)
    sites = list(
        Site.objects.visible_to(by)
        .open_to_public()
        .filter(territory=territory)
        .select_related("reseau", "commune")
        .prefetch_related("slots")
        .order_by("reseau__order", "name", "pk")
    )
    communes = Commune.objects.visible_to(by).filter(territory=territory).order_by("-population", "name")
    return Material(
        region=region,
        territory=territory,
        year=year,
        day=day,
        release=outside_releases(by=by, territories=[territory], year=year, full=True)[territory.pk],
        before=outside_releases(by=by, territories=[territory], year=year - 1, full=True)[territory.pk],
        region_releases=tuple((t, summaries[t.pk]) for t in territories),
        words=words,
        places=tuple(
            Place(s, ordinary_of(s), states.get(s.pk), words.reseaux.get(str(s.reseau_id), ""))
            for s in sites
            if s.reseau_id
        ),
        partners=tuple(s for s in sites if s.direction),
        communes=tuple(communes.values_list("name", "population")),
        facts=territory_facts(by=by, territory=territory, day=day),
        label=label_table(by=by, region=region, day=day, territory=territory),
        targets=targets_for(by=by, region=region, year=year, territory=territory),
    )


def counted_contacts(release: Release) -> Value:
    """Contacts of an area; None when its figures were never counted, which is not zero."""
    return None if release.filled_at is None else shown(release.cell(Dimension.CONTACTS))


def months_of(
    release: Release, last: datetime.date, cells: Sequence[Cell] | None = None
) -> tuple[Value, ...]:
    """Twelve values; a month that has not begun on the ``last`` day of the report has none, which is not
    zero.
    """
    found = release.months() if cells is None else cells
    return tuple(
        None if (release.year, month) > (last.year, last.month) else shown(cell)
        for month, cell in enumerate(found, 1)
    )


def rate(part: Cell, whole: Cell) -> Value:
    """A part in percent with one decimal; hidden as soon as one of the two counts is."""
    if part.masked or whole.masked:
        return HIDDEN
    if part.value is None or not whole.value:
        return None
    return round(float(Fraction(100 * part.value, whole.value)), 1)


def contacts_per_thousand(territory: Territory, release: Release) -> Value:
    cell = release.cell(Dimension.CONTACTS)
    if cell.masked:
        return HIDDEN
    if release.filled_at is None or not territory.population or cell.value is None:
        return None
    return round(1000 * cell.value / territory.population, 1)


def used(words: dict[str, str], *found: dict[str, Cell]) -> dict[str, str]:
    """Words, in their order, of the values that are not zero everywhere; a value without a word keeps its
    code.
    """
    keys = {key for cells in found for key, cell in cells.items() if cell.masked or cell.value}
    return {k: w for k, w in words.items() if k in keys} | {k: k for k in sorted(keys - words.keys())}
