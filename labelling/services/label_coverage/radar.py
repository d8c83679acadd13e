"""What deserves attention on the territories, the most serious first, each with the page where one acts.

Read by the coordinator for its territory, by the regional animation and the préfecture for the region.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from labelling.enums_label import OPEN_STATES
from labelling.models import LabelDossier
from labelling.services.label_coverage.cells import Grid
from labelling.services.label_coverage.figures import Figures
from labelling.services.label_coverage.gaps import USUAL_MINUTES
from spo_portal.kernel.typography import agree, counted, duration, join
from territories.access import Actor
from territories.models import Territory


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


def signals(*, by: Actor, grid: Grid, figures: Mapping[int, Figures]) -> list[Signal]:
    """Everything found on the territories of ``grid``; one query, for the dossiers the reader may know of."""
    territories = [row.territory for row in grid.rows if row.territory is not None]
    found = [*_without_door(figures, territories)]
    if grid.has_label:
        found += _without_label(grid)
        found += _ending(figures, territories)
        found += _under_half(figures, territories)
        found += _without_dossier(by, grid, territories)
    found += _stale(figures, territories)
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


def _without_door(figures: Mapping[int, Figures], territories: Sequence[Territory]) -> Iterator[Signal]:
    for territory in territories:
        found = figures[territory.pk].gaps
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


def _ending(figures: Mapping[int, Figures], territories: Sequence[Territory]) -> Iterator[Signal]:
    for territory in territories:
        n, soon = figures[territory.pk].ending, figures[territory.pk].soon
        if n:
            serious = Seriousness.HIGH if soon else Seriousness.MIDDLE
            when = "dans les trois mois" if soon else "d’ici un an"
            what = f"{counted(soon or n, 'label')} {agree(soon or n, 'finit', 'finissent')} {when}"
            yield Signal(serious, territory, what, soon or n, "label_dossiers")


def _under_half(figures: Mapping[int, Figures], territories: Sequence[Territory]) -> Iterator[Signal]:
    """Labelled places whose ordinary week is under 50 % without appointment (domain § 5)."""
    for territory in territories:
        if n := figures[territory.pk].under_half:
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


def _stale(figures: Mapping[int, Figures], territories: Sequence[Territory]) -> Iterator[Signal]:
    """Places whose record was not confirmed for six months."""
    for territory in territories:
        if n := figures[territory.pk].stale:
            stale = agree(n, "non confirmée", "non confirmées")
            what = f"{counted(n, 'fiche de lieu', 'fiches de lieux')} {stale} depuis six mois"
            yield Signal(Seriousness.LOW, territory, what, n, "lieux_suivi")
