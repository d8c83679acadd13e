"""« Lieux labellisés / lieux existants » per network, computed, beside the published series (GUIDE p. 24)."""

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from labelling.enums import LabelStatus
from labelling.models import LabelCount, Labellisation
from territories.access import Actor
from territories.enums import Regime
from territories.models import Region, Reseau, Site, Territory


@dataclass(frozen=True)
class Count:
    """Labelled and existing places. ``labelled`` is None where no label exists (SPRO regions)."""

    labelled: int | None
    existing: int

    @property
    def share(self) -> Fraction | None:
        """Part labelled, exact; None when there is no label or no place."""
        return None if self.labelled is None or not self.existing else Fraction(self.labelled, self.existing)


@dataclass(frozen=True)
class LabelRow:
    """One network, or the total: counts of the day, partners, and counts published on earlier days."""

    name: str
    reseau: Reseau | None
    now: Count
    associated: int = 0
    history: dict[datetime.date, Count] = field(default_factory=dict)


@dataclass(frozen=True)
class LabelTable:
    """The table of one day. ``dates`` are the days of the published series, oldest first."""

    day: datetime.date
    has_label: bool
    rows: list[LabelRow]
    total: LabelRow
    dates: tuple[datetime.date, ...] = ()

    @property
    def sentence(self) -> str:
        """What the counts mean here, to be said above the table."""
        if self.has_label:
            return "Lieux existants : lieux d’accueil ouverts, membres d’un réseau. Le label vient de l’État."
        return "Ici il n’y a pas de label de l’État : le tableau compte les lieux d’accueil ouverts."


def has_label(region: Region) -> bool:
    """Only the SPO knows the label of the State; the SPRO finds shared places by calls (domain § 1)."""
    return region.regime == Regime.SPO


def label_table(
    *,
    by: Actor,
    region: Region,
    day: datetime.date,
    territory: Territory | None = None,
    counts: "Mapping[tuple[int, int], Places] | None" = None,
) -> LabelTable:
    """Labelled and existing places per network on ``day``, of a region or of one of its territories.

    ``counts``, by (territory, network), when the page has counted already.
    An existing place is an active site, member of a network. The published series is regional only.
    """
    known = has_label(region)
    if counts is None:
        counts = counts_by_territory(by=by, region=region, day=day)
    if territory is not None:
        counts = {key: value for key, value in counts.items() if key[0] == territory.pk}
    dates, series = _history(by, region) if known and territory is None else ((), {})
    rows = []
    for reseau in Reseau.objects.filter(region=region).order_by("order", "pk"):
        of_reseau = [value for (_, reseau_id), value in counts.items() if reseau_id == reseau.pk]
        rows.append(_row(reseau.name, reseau, of_reseau, known, series.get(reseau.pk, {})))
    whole = {day_: _sum(row.history[day_] for row in rows if day_ in row.history) for day_ in dates}
    total = _row("Total", None, list(counts.values()), known, whole)
    return LabelTable(day, known, rows, total, dates)


@dataclass(frozen=True)
class Places:
    """Active places of one network in one territory, by what they are on the day."""

    existing: int
    labelled: int
    associated: int


def counts_by_territory(*, by: Actor, region: Region, day: datetime.date) -> dict[tuple[int, int], Places]:
    """Places by (territory id, network id): two queries for the whole region."""
    status = label_states(by=by, region=region, day=day)
    found: dict[tuple[int, int], Counter[str]] = {}
    sites = Site.objects.visible_to(by).open_to_public().filter(region=region, reseau__isnull=False)
    for pk, territory_id, reseau_id in sites.values_list("pk", "territory_id", "reseau_id"):
        cell = found.setdefault((territory_id, reseau_id), Counter())
        cell["existing"] += 1
        if pk in status:
            cell[status[pk].status] += 1
    return {
        key: Places(c["existing"], c[LabelStatus.LABELLISE], c[LabelStatus.ASSOCIE])
        for key, c in found.items()
    }


def label_states(*, by: Actor, region: Region, day: datetime.date) -> dict[int, Labellisation]:
    """What is in force on ``day``, by site id; a site that is absent has neither label nor partnership."""
    rows = Labellisation.objects.visible_to(by).in_force(day).filter(region=region)
    return {row.site_id: row for row in rows}


def _history(by: Actor, region: Region) -> tuple[tuple[datetime.date, ...], dict[int, dict]]:
    series: dict[int, dict[datetime.date, Count]] = {}
    for row in LabelCount.objects.visible_to(by).filter(region=region).order_by("counted_on"):
        series.setdefault(row.reseau_id, {})[row.counted_on] = Count(row.labelled, row.existing)
    return tuple(sorted({day for days in series.values() for day in days})), series


def _row(
    name: str,
    reseau: Reseau | None,
    places: Iterable[Places],
    known: bool,
    history: dict[datetime.date, Count],
) -> LabelRow:
    found = list(places)
    labelled = sum(p.labelled for p in found) if known else None
    now = Count(labelled, sum(p.existing for p in found))
    return LabelRow(name, reseau, now, sum(p.associated for p in found), history)


def _sum(counts: Iterable[Count]) -> Count:
    found = list(counts)
    return Count(sum(c.labelled or 0 for c in found), sum(c.existing for c in found))
