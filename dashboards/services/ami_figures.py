"""Figures of a place or a territory for the reports and dossiers: those their reader may see, in words."""

from dataclasses import replace

from dashboards.enums import REORIENTED, Dimension
from dashboards.services.release import Release, site_release, territory_release
from labelling.services.figures import Figures, Line
from spo_portal.kernel.privacy import Cell
from spo_portal.kernel.typography import number
from territories.access import Actor
from territories.models import Site, Territory

ASKED = (
    (Dimension.CONTACTS, "", "Personnes reçues"),
    (Dimension.ISSUE, REORIENTED, "Personnes réorientées vers une autre structure"),
)


def place_figures(by: Actor, site: Site, year: int) -> Figures:
    """Its own staff reads the place's figures; everybody else, what its territory shows of it."""
    release, key = _release(by, site, year)
    if release.filled_at is None:
        return Figures()
    lines = tuple(_line(label, release.cell(dimension, value, site=key)) for dimension, value, label in ASKED)
    return Figures(lines, release.filled_at)


def territory_figures(by: Actor, territory: Territory, year: int) -> Figures:
    """The territory's figures for its dossier of label: it goes to the préfet, so as everybody reads them."""
    reader = replace(by, scope=replace(by.scope, tenant=()))
    release = territory_release(by=reader, territory=territory, year=year)
    if release.filled_at is None:
        return Figures()
    lines = tuple(_line(label, release.cell(dimension, value)) for dimension, value, label in ASKED)
    return Figures(lines, release.filled_at)


def _release(by: Actor, site: Site, year: int) -> tuple[Release, int | None]:
    if site.pk in by.scope.unit:
        return site_release(by=by, site=site, year=year), None
    return territory_release(by=by, territory=site.territory, year=year), site.pk


def _line(label: str, cell: Cell) -> Line:
    if cell.masked:
        return Line(label, "masqué", cell.reason)
    return Line(label, number(cell.value or 0))
