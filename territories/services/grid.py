"""The grid of services of each Region, from its reference. System code (worker or owner)."""

from collections.abc import Mapping

from territories.models import Region, ServiceItem
from territories.reference.grid import GridItemRow
from territories.services.upsert import Summary, Tally, upsert


def load_grid(rows: list[GridItemRow], regions: Mapping[str, Region], summary: Summary) -> None:
    """Write the items; one that left the grid is no longer in force, what places said of it stays.

    A Region whose reference holds no grid keeps the one it has.
    """
    wanted = {
        (regions[row.region].pk, row.code): {
            "region": regions[row.region],
            "level": row.level,
            "block": row.block,
            "block_name": row.block_name,
            "block_note": row.block_note,
            "code": row.code,
            "name": row.name,
            "order": row.order,
            "active": True,
        }
        for row in rows
        if row.region in regions
    }
    tally = summary.tallies.setdefault("services de la grille", Tally())
    existing = {(item.region_id, item.code): item for item in ServiceItem.objects.for_system()}
    upsert(ServiceItem, wanted, existing, tally)
    given = {region for region, _ in wanted}
    gone = [
        item.pk
        for key, item in existing.items()
        if key not in wanted and item.active and item.region_id in given
    ]
    if gone:
        tally.changed += ServiceItem.objects.for_system().filter(pk__in=gone).update(active=False)
