"""The figures kept of each territory when they are those of now; counted again when they are not.

One statement reads the figures and the marks left by changes, hence at one instant: a change that is seen
has its mark seen. What is kept was counted from rows every reader of the region reads (``wide``): it is the
same for all of them, and row security keeps it to that region.
"""

import datetime
from collections.abc import Sequence

from django.db.models import Exists, F, OuterRef

from labelling.models import CoverageChange, CoverageFigures
from labelling.services.label_coverage.far import DOOR, FarCommune, distances
from labelling.services.label_coverage.figures import Figures, counted, of_json
from territories.access import Actor
from territories.models import Region


def read(
    *, by: Actor, region: Region, territories: Sequence[int], wanted: str, day: datetime.date
) -> tuple[dict[int, Figures], list[FarCommune]]:
    """Figures of each territory, and their communes beyond the smallest distance, as of now."""
    changes = CoverageChange.objects.visible_to(by).filter(region_id=OuterRef("region_id"))
    rows = (
        CoverageFigures.objects.visible_to(by)
        .filter(region=region, territory_id__in=list(territories), day=day)
        .annotate(
            far=F("far_door" if wanted == DOOR else "far_label"),
            behind=Exists(changes.filter(territory_id=OuterRef("territory_id"))),
            moved=Exists(changes.filter(reach=True)),
        )
        .values_list("territory_id", "own", "far", "behind", "moved")
    )
    figures: dict[int, Figures] = {}
    near: dict[int, list[FarCommune]] = {}
    for territory, own, far, behind, moved in rows:
        if not behind:
            figures[territory] = of_json(own)
        if not moved:
            near[territory] = [commune_of_json(territory, commune) for commune in far]
    if again := [one for one in territories if one not in figures]:
        figures |= counted(by=by, territories=again, day=day)
    communes = [commune for found in near.values() for commune in found]
    if again := [one for one in territories if one not in near]:
        communes += distances(by=by, region=region, territories=again, wanted=wanted, day=day)
    return figures, communes


def commune_as_json(commune: FarCommune) -> list[object]:
    return [
        commune.code,
        commune.name,
        commune.population,
        commune.latitude,
        commune.longitude,
        commune.site_id,
        commune.km,
    ]


def commune_of_json(territory: int, kept: Sequence) -> FarCommune:
    code, name, population, latitude, longitude, site, km = kept
    return FarCommune(code, name, population, territory, latitude, longitude, site, km)
