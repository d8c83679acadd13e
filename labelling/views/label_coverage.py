"""The coverage of a region and of one territory: table, map, hours without a door, communes, radar."""

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from labelling.permissions import Perm
from labelling.services.label_coverage.drawing import week_of_gaps
from labelling.services.label_coverage.far import RADII, WANTED
from labelling.services.label_coverage.page import (
    CoveragePage,
    coverage_map,
    coverage_page,
    one_territory,
    own_region,
    read_asked,
)
from labelling.services.label_coverage.tables import coverage_tables, file_name, notes_of
from labelling.services.tables import label_table
from spo_portal.kernel.tables import FORMATS, download
from territories.access import Actor, guarded

SHOWN_AT_FIRST = 25


@guarded(Perm.READ_LABEL_COVERAGE)
@require_safe
def region(request: HttpRequest) -> HttpResponse:
    """Territories × networks, the GUIDE's table beside 2013, the map, and the radar."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    page = _page(request)
    table = label_table(by=actor, region=page.region, day=page.day, counts=page.grid.counts)
    more = {
        "carte": coverage_map(actor, page, "carte-labels"),
        "tableau": table,
        "lignes": [(row, [row.history.get(day) for day in table.dates]) for row in table.rows],
        "totaux": [table.total.history.get(day) for day in table.dates],
    }
    return render(request, "labelling/label/couverture.html", _common(page) | more)


@guarded(Perm.READ_LABEL_COVERAGE)
@require_safe
def territory(request: HttpRequest, pk: int) -> HttpResponse:
    """One territory: its networks, its week without a door, its communes out of reach."""
    page = _page(request, pk)
    dessin = week_of_gaps(page.own_gaps, ident="semaine-portes", title="Heures sans porte ouverte")
    more = {
        "semaine": dessin,
        "reseaux": list(zip(page.grid.reseaux, page.grid.rows[0].cells, strict=True)),
    }
    return render(request, "labelling/label/couverture_territoire.html", _common(page) | more)


@guarded(Perm.READ_LABEL_COVERAGE)
@require_safe
def region_file(request: HttpRequest, fmt: str) -> HttpResponseBase:
    return _file(request, _page(request), fmt)


@guarded(Perm.READ_LABEL_COVERAGE)
@require_safe
def territory_file(request: HttpRequest, pk: int, fmt: str) -> HttpResponseBase:
    return _file(request, _page(request, pk), fmt)


def _page(request: HttpRequest, pk: int | None = None) -> CoveragePage:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    chosen = one_territory(actor, pk) if pk is not None else None
    found = chosen.region if chosen else own_region(actor)
    return coverage_page(
        by=actor,
        region=found,
        asked=read_asked(request.GET, found),
        day=timezone.localdate(),
        territory=chosen,
    )


def _common(page: CoveragePage) -> dict[str, object]:
    return {
        "page": page,
        "rayons": RADII,
        "depuis": WANTED if page.grid.has_label else {},
        "formats": FORMATS,
        "premieres": page.far_lines[:SHOWN_AT_FIRST],
        "suivantes": page.far_lines[SHOWN_AT_FIRST:],
    }


def _file(request: HttpRequest, page: CoveragePage, fmt: str) -> HttpResponseBase:
    if fmt not in FORMATS:
        raise Http404("Ce format n’existe pas.")
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return download(
        actor.scope,
        fmt,  # type: ignore[arg-type]
        coverage_tables(page),
        notes_of(page),
        file_name(page.region, page),
    )
