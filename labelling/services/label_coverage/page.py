"""The coverage of a region or of one territory, put together once for the screen and for its files."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.http import Http404

from labelling.services.label_coverage.cells import Grid, Row, grid_of
from labelling.services.label_coverage.far import (
    DEFAULT_RADIUS,
    DOOR,
    LABELLED,
    RADII,
    WANTED,
    Far,
    FarCommune,
    beyond,
)
from labelling.services.label_coverage.gaps import Gaps
from labelling.services.label_coverage.kept import read
from labelling.services.label_coverage.radar import Seriousness, Signal, signals
from spo_portal.kernel.maps import Drawn, Status, states_map
from territories.access import Actor, get_visible_or_404
from territories.models import Region, Site, Territory
from territories.services.contours import ground_of

# Shares of labelled places, by quarters: the last one is every place.
_STEPS = (
    Status("Aucun lieu labellisé", "none"),
    Status("Moins de la moitié des lieux labellisés", "q0"),
    Status("La moitié au moins", "q1"),
    Status("Tous les lieux labellisés", "q3"),
)
_PLACES = (Status("Aucun lieu", "none"), Status("Un lieu au moins", "q2"))


@dataclass(frozen=True)
class Asked:
    """What the reader asked for: a radius in kilometres, from which places."""

    radius: int = DEFAULT_RADIUS
    wanted: str = DOOR

    @property
    def query(self) -> str:
        return f"?rayon={self.radius}&depuis={self.wanted}"


@dataclass(frozen=True)
class CoveragePage:
    """Everything the page shows; ``territory`` is None for the whole region."""

    region: Region
    territory: Territory | None
    asked: Asked
    grid: Grid
    gaps: Mapping[int, Gaps]
    far: Far
    far_lines: tuple[tuple[FarCommune, Territory, Site | None], ...]
    signals: Sequence[Signal]
    day: datetime.date

    @property
    def rows(self) -> list[tuple[Row, Gaps]]:
        return [(row, self.gaps[row.territory.pk]) for row in self.grid.rows if row.territory is not None]

    @property
    def first_signals(self) -> list[Signal]:
        """What the page shows at once: of a whole region, what is only good to know is folded."""
        return [one for one in self.signals if self.territory or one.seriousness != Seriousness.LOW]

    @property
    def folded_signals(self) -> list[Signal]:
        return [] if self.territory else [o for o in self.signals if o.seriousness == Seriousness.LOW]

    @property
    def own_gaps(self) -> Gaps:
        """Of the one territory shown."""
        return next(iter(self.gaps.values()))


def read_asked(data: Mapping[str, str], region: Region) -> Asked:
    """Radius and kind of place of a query string: what is not offered is the default."""
    radius = data.get("rayon", "")
    known = {str(value): value for value in RADII}
    wanted = data.get("depuis", "")
    if wanted not in WANTED or (wanted == LABELLED and region.regime != "spo"):
        wanted = DOOR
    return Asked(known.get(radius, DEFAULT_RADIUS), wanted)


def coverage_page(
    *, by: Actor, region: Region, asked: Asked, day: datetime.date, territory: Territory | None = None
) -> CoveragePage:
    """Queries do not grow with places or territories."""
    territories = [territory] if territory is not None else _territories(by, region)
    keys = [one.pk for one in territories]
    figures, communes = read(by=by, region=region, territories=keys, wanted=asked.wanted, day=day)
    grid = grid_of(by=by, region=region, day=day, territories=territories, figures=figures)
    gaps = {pk: found.gaps for pk, found in figures.items()}
    far = beyond(communes, radius=asked.radius, wanted=asked.wanted)
    found = signals(by=by, grid=grid, figures=figures)
    return CoveragePage(
        region, territory, asked, grid, gaps, far, _far_lines(by, far, territories), found, day
    )


def _territories(by: Actor, region: Region) -> list[Territory]:
    return list(Territory.objects.visible_to(by).filter(region=region).order_by("order", "name"))


def own_region(by: Actor) -> Region:
    """The region of the acting mandate; an account of the platform has none."""
    if by.region is None:
        raise Http404("Cette page est celle d’une région.")
    return by.region


def one_territory(by: Actor, pk: int) -> Territory:
    return get_visible_or_404(Territory.objects.select_related("region"), by, pk=pk)


def _far_lines(
    by: Actor, far: Far, territories: Sequence[Territory]
) -> tuple[tuple[FarCommune, Territory, Site | None], ...]:
    named = {one.pk: one for one in territories}
    wanted = {commune.site_id for commune in far.communes if commune.site_id is not None}
    sites = {site.pk: site for site in Site.objects.visible_to(by).filter(pk__in=wanted)} if wanted else {}
    return tuple(
        (commune, named[commune.territory_id], sites.get(commune.site_id or 0)) for commune in far.communes
    )


def coverage_map(by: Actor, page: CoveragePage, ident: str) -> Drawn:
    """Each territory by the part of its places that is labelled; its table stands beside."""
    territories = [row.territory for row in page.grid.rows if row.territory is not None]
    ground = ground_of(by=by, region=page.region, territories=territories)
    states = {row.territory.pk: _step(row, page.grid) for row in page.grid.rows if row.territory is not None}
    key = _STEPS if page.grid.has_label else _PLACES
    title = "Part des lieux labellisés" if page.grid.has_label else "Lieux d’accueil"
    return states_map(ground, states, ident=ident, title=f"{title}, par territoire", key=key)


def _step(row: Row, grid: Grid) -> Status:
    if not grid.has_label:
        return _PLACES[min(1, row.total.existing)]
    share = row.total.share
    if not share:
        return _STEPS[0]
    if share == 1:
        return _STEPS[3]
    return _STEPS[2] if share >= Fraction(1, 2) else _STEPS[1]
