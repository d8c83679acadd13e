"""The worker counts again the territories that a change has marked, and every territory once a day.

A region at a time, one process at a time. Marks are read first, figures counted after: a change committed in
between is counted and keeps its mark, it is only counted twice.
"""

import datetime
from collections import defaultdict

from django.db import connection, transaction
from django.utils import timezone

from labelling.models import CoverageChange, CoverageFigures
from labelling.services.label_coverage.far import DOOR, LABELLED, FarCommune, distances
from labelling.services.label_coverage.figures import counted
from labelling.services.label_coverage.kept import commune_as_json
from spo_portal.kernel.tenancy.scope import SYSTEM, Scope, apply
from territories.access import Actor
from territories.models import Region, Territory

_LOCK = 5_350_002


def run(*, today: datetime.date | None = None) -> int:
    """Count what is behind; how many territories were. System scope (worker); safe to run twice or late."""
    today = today or timezone.localdate()
    with transaction.atomic():
        apply(SYSTEM)
        marked = set(CoverageChange.objects.for_system().values_list("region_id", flat=True).distinct())
        counted_today = CoverageFigures.objects.for_system().filter(day=today).values("territory_id")
        missing = Territory.objects.for_system().exclude(pk__in=counted_today)
        behind = marked | set(missing.values_list("region_id", flat=True).distinct())
        regions = list(Region.objects.filter(pk__in=behind).order_by("pk"))
    return sum(_count(region, today) for region in regions)


def _count(region: Region, today: datetime.date) -> int:
    with transaction.atomic():
        # It reads what any account of the region reads.
        scope = Scope(wide=(region.pk,), system=True)
        apply(scope)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK, region.pk])
            if not cursor.fetchone()[0]:
                return 0
        return _keep(Actor(region=region, scope=scope), region, today)


def _keep(by: Actor, region: Region, today: datetime.date) -> int:
    """Figures of the territories behind; the distances of all when a place came, went or moved."""
    changes = CoverageChange.objects.for_region(region.pk)
    marks = list(changes.values_list("pk", "territory_id", "reach"))
    changed = {territory for _, territory, _ in marks}
    rows = {row.territory_id: row for row in CoverageFigures.objects.for_region(region.pk).filter(day=today)}
    territories = list(Territory.objects.for_region(region.pk).values_list("pk", flat=True))
    missing = {one for one in territories if one not in rows}
    again = [one for one in territories if one in changed or one in missing]
    far = territories if missing or any(reach for _, _, reach in marks) else []
    figures = counted(by=by, territories=again, day=today) if again else {}
    near = {wanted: _near(by, region, far, wanted, today) for wanted in (DOOR, LABELLED)} if far else {}
    for territory in {*again, *far}:
        row = rows.setdefault(
            territory, CoverageFigures(territory_id=territory, region_id=region.pk, day=today)
        )
        if territory in figures:
            row.own = figures[territory].as_json()
        if far:
            row.far_door, row.far_label = near[DOOR][territory], near[LABELLED][territory]
    CoverageFigures.objects.for_region(region.pk).bulk_create(
        [rows[one] for one in {*again, *far}],
        update_conflicts=True,
        unique_fields=["territory"],
        update_fields=["region", "day", "own", "far_door", "far_label"],
    )
    changes.filter(pk__in=[pk for pk, _, _ in marks]).delete()
    return len(again)


def _near(
    by: Actor, region: Region, territories: list[int], wanted: str, day: datetime.date
) -> dict[int, list[list[object]]]:
    kept: dict[int, list[list[object]]] = defaultdict(list)
    found: list[FarCommune] = distances(by=by, region=region, territories=territories, wanted=wanted, day=day)
    for commune in found:
        kept[commune.territory_id].append(commune_as_json(commune))
    return kept
