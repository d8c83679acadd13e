"""What deserves attention on the territories, the most serious first, each with the page where one acts.

Read by the coordinator for its territory, by the regional animation and the préfecture for the region.
"""

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from django.db.models import Count, Q

from labelling.enums import LabelStatus
from labelling.enums_label import OPEN_STATES
from labelling.models import LabelDossier, Labellisation
from labelling.services.label_coverage.cells import Grid
from labelling.services.label_coverage.gaps import USUAL_MINUTES, Gaps, PlaceWeek
from spo_portal.kernel.typography import agree, counted, duration, join
from territories.access import Actor
from territories.models import Region, Site, Territory

SOON = datetime.timedelta(days=365)
STALE = datetime.timedelta(days=183)
MOST_KEYS = 500
# A key no place has: a list is then never empty, and the same queries are made whatever is found.
NO_PLACE = 0


class Seriousness(IntEnum):
    """How soon one must act."""

    HIGH = 3
    MIDDLE = 2
    LOW = 1


SERIOUS_WORDS = {
    Seriousness.HIGH: "À traiter d’abord",
    Seriousness.MIDDLE: "À surveiller",
    Seriousness.LOW: "À savoir",
}
SERIOUS_TONES = {Seriousness.HIGH: "error", Seriousness.MIDDLE: "warn", Seriousness.LOW: "info"}


@dataclass(frozen=True)
class Signal:
    """One thing that deserves attention: where, what, and the page where one acts (name, key, query)."""

    seriousness: Seriousness
    territory: Territory
    what: str
    count: int
    page: str
    key: int | None = None
    query: str = ""

    @property
    def words(self) -> str:
        return SERIOUS_WORDS[self.seriousness]

    @property
    def tone(self) -> str:
        return SERIOUS_TONES[self.seriousness]


def signals(
    *,
    by: Actor,
    region: Region,
    grid: Grid,
    gaps: Mapping[int, Gaps],
    weeks: Sequence[PlaceWeek],
    day: datetime.date,
) -> list[Signal]:
    """Everything found on the territories of ``grid``; four queries whatever their number."""
    territories = [row.territory for row in grid.rows if row.territory is not None]
    found = [*_without_door(gaps, territories)]
    if grid.has_label:
        found += _without_label(grid)
        found += _ending(by, territories, day)
        found += _under_half(by, weeks, territories, day)
        found += _without_dossier(by, grid, territories)
    found += _stale(by, territories, day)
    order = {territory.pk: at for at, territory in enumerate(territories)}
    return sorted(found, key=lambda s: (-s.seriousness, order[s.territory.pk], s.what))


def _without_label(grid: Grid) -> Iterator[Signal]:
    for row in grid.rows:
        if row.territory is None:
            continue
        names = [
            reseau.short_name
            for reseau, cell in zip(grid.reseaux, row.cells, strict=True)
            if cell.existing and not cell.labelled
        ]
        if names:
            yield Signal(
                Seriousness.MIDDLE,
                row.territory,
                f"{agree(len(names), 'Réseau présent', 'Réseaux présents')} sans lieu labellisé :"
                f" {join(names)}",
                len(names),
                "couverture_territoire",
                row.territory.pk,
            )


def _without_door(gaps: Mapping[int, Gaps], territories: Sequence[Territory]) -> Iterator[Signal]:
    for territory in territories:
        found = gaps[territory.pk]
        if not found.minutes:
            continue
        hours = round(found.minutes / 60)
        serious = Seriousness.HIGH if found.minutes > USUAL_MINUTES / 2 else Seriousness.LOW
        what = (
            "Aucun lieu ouvert sans rendez-vous"
            if not found.doors
            else f"{duration(found.minutes)} par semaine sans aucune porte ouverte sans rendez-vous"
        )
        yield Signal(serious, territory, what, hours, "couverture_territoire", territory.pk, "#heures")


def _ending(by: Actor, territories: Sequence[Territory], day: datetime.date) -> Iterator[Signal]:
    rows = (
        Labellisation.objects.visible_to(by)
        .in_force(day)
        .filter(status=LabelStatus.LABELLISE, ends_on__lte=day + SOON)
        .filter(territory_id__in=[one.pk for one in territories])
        .order_by()
        .values_list("territory_id")
        .annotate(n=Count("pk"), soon=Count("pk", filter=Q(ends_on__lte=day + SOON / 4)))
    )
    counts = {territory: (n, soon) for territory, n, soon in rows}
    for territory in territories:
        n, soon = counts.get(territory.pk, (0, 0))
        if n:
            serious = Seriousness.HIGH if soon else Seriousness.MIDDLE
            when = "dans les trois mois" if soon else "d’ici un an"
            what = f"{counted(soon or n, 'label')} {agree(soon or n, 'finit', 'finissent')} {when}"
            yield Signal(serious, territory, what, soon or n, "label_dossiers")


def _under_half(
    by: Actor, weeks: Sequence[PlaceWeek], territories: Sequence[Territory], day: datetime.date
) -> Iterator[Signal]:
    """Labelled places whose ordinary week is under 50 % without appointment (domain § 5)."""
    under = {week.site_id: week.territory_id for week in weeks if week.under_half}
    labels = Labellisation.objects.visible_to(by).in_force(day).filter(status=LabelStatus.LABELLISE)
    # Their keys when they are few; else every label of these territories, never a list of thousands.
    few = len(under) <= MOST_KEYS
    named = [*under, NO_PLACE] if few else [one.pk for one in territories]
    labels = labels.filter(**{"site_id__in" if few else "territory_id__in": named})
    counts = Counter(under[pk] for pk in labels.values_list("site_id", flat=True) if pk in under)
    for territory in territories:
        if n := counts.get(territory.pk, 0):
            what = f"{counted(n, 'lieu labellisé', 'lieux labellisés')} sous 50 % sans rendez-vous"
            yield Signal(Seriousness.HIGH, territory, what, n, "couverture_territoire", territory.pk)


def _without_dossier(by: Actor, grid: Grid, territories: Sequence[Territory]) -> Iterator[Signal]:
    """Territories without a label and without a dossier the reader may know of."""
    rows = LabelDossier.objects.visible_to(by).filter(state__in=OPEN_STATES)
    under_way = set(rows.values_list("territory_id", flat=True))
    for territory in territories:
        row = grid.by_territory[territory.pk]
        if row.total.existing and not row.total.labelled and territory.pk not in under_way:
            what = "Aucun label, et aucun dossier déposé"
            yield Signal(Seriousness.HIGH, territory, what, row.total.existing, "label_dossiers")


def _stale(by: Actor, territories: Sequence[Territory], day: datetime.date) -> Iterator[Signal]:
    """Places whose record was not confirmed for six months."""
    rows = (
        Site.objects.visible_to(by)
        .open_to_public()
        .filter(territory_id__in=[one.pk for one in territories])
        .filter(Q(confirmed_on__isnull=True) | Q(confirmed_on__lt=day - STALE))
        .order_by()
        .values_list("territory_id")
        .annotate(n=Count("pk"))
    )
    counts = dict(rows)
    for territory in territories:
        if n := counts.get(territory.pk, 0):
            stale = agree(n, "non confirmée", "non confirmées")
            what = f"{counted(n, 'fiche de lieu', 'fiches de lieux')} {stale} depuis six mois"
            yield Signal(Seriousness.LOW, territory, what, n, "lieux_suivi")
