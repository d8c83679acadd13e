"""The places of a territory as its dossier sees them: rows read once, eligibility and grid of each.

The number of statements is the same for one place and for sixty.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Prefetch, Q
from django.utils import timezone

from labelling.enums_label import DossierState, PlaceOutcome, PlaceProposal
from labelling.models import LabelDossier, Labellisation, LabelPlace
from labelling.services.label.eligibility import (
    CLOSED,
    Eligibility,
    Grid,
    Minutes,
    from_stored,
    judge,
    minutes_of,
    percent_of,
)
from territories import hours
from territories.access import Actor
from territories.enums import PartnerDirection
from territories.models import ServiceItem, Site, SiteService, Territory
from territories.services.hours import WITH_HOURS, week_of


@dataclass(frozen=True)
class Line:
    """One place of the territory: its row in the dossier (none: not decided yet) and what was found of it."""

    site: Site
    eligibility: Eligibility
    row: LabelPlace | None = None
    # What it is today: « labellise », « associe » or nothing.
    standing: str = ""
    frozen: bool = False

    @property
    def proposal(self) -> str:
        return self.row.proposal if self.row else ""

    @property
    def version(self) -> int:
        return self.row.version if self.row else 0

    @property
    def proposed(self) -> bool:
        return self.proposal == PlaceProposal.LABEL

    @property
    def warned(self) -> bool:
        """Proposed for the label though it does not meet every condition: a person's decision."""
        return self.proposed and not self.eligibility.eligible

    @property
    def may_be_labelled(self) -> bool:
        """A training body never is (independence of prescription); a closed place neither."""
        return self.site.active and not self.site.organisation.is_training_body

    @property
    def direction(self) -> str:
        """The direction to propose: the directory's, else « destinataire »."""
        kept = self.row.direction if self.row else ""
        return kept or self.site.direction or str(PartnerDirection.DESTINATAIRE)


@dataclass(frozen=True)
class Network:
    """Places of one network on the territory: existing, labelled today, proposed."""

    code: str
    name: str
    existing: int
    labelled: int
    proposed: int
    minutes: Minutes = (0, 0)

    @property
    def share(self) -> str:
        """Walk-in share of the network on the territory; empty without hours."""
        return percent_of(self.minutes)


@dataclass(frozen=True)
class Ground:
    """Every place of the territory, in the order of the networks."""

    lines: tuple[Line, ...] = ()
    grid: Grid = field(default_factory=Grid)

    @cached_property
    def networks(self) -> list[Network]:
        """Totals per network, then the places of none."""
        groups: dict[tuple[str, str], list[Line]] = {}
        for line in self.lines:
            reseau = line.site.reseau
            key = (reseau.code, reseau.short_name) if reseau else ("", "Hors réseau")
            groups.setdefault(key, []).append(line)
        return [
            Network(
                code,
                name,
                existing=sum(not one.eligibility.has(CLOSED) for one in lines),
                labelled=sum(one.standing == "labellise" for one in lines),
                proposed=sum(one.proposed for one in lines),
                minutes=lines[0].eligibility.network if code else (0, 0),
            )
            for (code, name), lines in groups.items()
        ]

    @property
    def proposed(self) -> list[Line]:
        return [one for one in self.lines if one.proposed]

    @property
    def associated(self) -> list[Line]:
        return [one for one in self.lines if one.proposal == PlaceProposal.ASSOCIE]

    @property
    def undecided(self) -> list[Line]:
        return [one for one in self.lines if one.row is None]


def ground_of(
    by: Actor, territory: Territory, dossier: LabelDossier | None = None, *, live: bool | None = None
) -> Ground:
    """Read the places and judge each.

    A submitted dossier shows its own places, as they were frozen; ``live`` judges every place of the
    territory again, while complements open that part.
    """
    rows = _rows(by, dossier)
    if live is None:
        live = dossier is None or dossier.state == DossierState.BROUILLON
    wanted = Q(active=True) | Q(pk__in=list(rows)) if live else Q(pk__in=list(rows))
    sites = list(
        Site.objects.visible_to(by)
        .filter(wanted, territory=territory)
        .select_related("reseau", "organisation")
        .prefetch_related(
            *WITH_HOURS,
            Prefetch("services", SiteService.objects.visible_to(by)),
        )
    )
    sites.sort(
        key=lambda one: (one.reseau.order if one.reseau else 999, one.reseau_id or 0, one.name, one.pk)
    )
    grid = Grid.of(
        ServiceItem.objects.visible_to(by)
        .filter(region_id=territory.region_id, active=True)
        .order_by("order")
    )
    weeks = {site.pk: week_of(site) for site in sites}
    shares = _shares(sites, weeks)
    today = Labellisation.objects.visible_to(by).filter(territory=territory).in_force(timezone.localdate())
    standing = dict(today.values_list("site_id", "status"))
    lines = []
    for site in sites:
        row = rows.get(site.pk)
        kept = from_stored(row.eligibility) if row is not None and not live else None
        found = kept or judge(
            site,
            weeks[site.pk],
            shares.get(site.reseau_id or 0, (0, 0)),
            grid,
            [one.item_id for one in site.services.all()],
        )
        lines.append(Line(site, found, row, standing.get(site.pk, ""), kept is not None))
    return Ground(tuple(lines), grid)


def _rows(by: Actor, dossier: LabelDossier | None) -> dict[int, LabelPlace]:
    if dossier is None:
        return {}
    return {row.site_id: row for row in LabelPlace.objects.visible_to(by).filter(dossier=dossier)}


def _shares(sites: Iterable[Site], weeks: dict[int, hours.Week]) -> dict[int, Minutes]:
    """Walk-in and opening minutes of each network over its open places of the territory."""
    groups: dict[int, list[hours.Week]] = {}
    for site in sites:
        if site.reseau_id is not None and site.active:
            groups.setdefault(site.reseau_id, []).append(weeks[site.pk])
    return {reseau: minutes_of(found) for reseau, found in groups.items()}


def grid_of(line: Line, grid: Grid) -> list[list[str]]:
    """The services of a place as they are frozen: [item code, mode, who], in the order of the grid."""
    given = {one.item_id: one for one in line.site.services.all()}
    return [[item.code, str(given[pk].mode), given[pk].who] for pk, item in grid.items.items() if pk in given]


# Words of the badge of each proposal and outcome.
PROPOSAL_TONES = {PlaceProposal.LABEL: "ok", PlaceProposal.ASSOCIE: "info", PlaceProposal.ECARTE: ""}
OUTCOME_TONES = {
    PlaceOutcome.LABELLISE: "ok",
    PlaceOutcome.ASSOCIE: "info",
    PlaceOutcome.REFUSE: "error",
    PlaceOutcome.FIN: "warn",
}
