"""Outlines of territories: drawn once at the load, read by every map. Without them a map is schematic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from threading import Lock

from django.db.models.functions import Now

from spo_portal.kernel.maps import Frame, Ground, Shape, label_spot, outlined, path_of, schematic, simplify
from territories.access import Actor
from territories.models import Contour, Region, Territory
from territories.reference.outlines import OutlineRow
from territories.services.upsert import Summary, Tally

# In units of the map, a thousandth of its width: about 200 m. Finer is not seen.
TOLERANCE = 1.2
MOST_KEPT = 64

_Key = tuple[object, ...]
_grounds: dict[_Key, Ground] = {}
_lock = Lock()


def load_contours(
    outlines: Sequence[OutlineRow], territories: Mapping[str, Territory], summary: Summary
) -> None:
    """Draw the outlines of each region on one grid, and keep them. System code, in the caller's transaction.

    A region whose files hold no outline keeps those it has; a region drawn again is drawn whole, so that no
    border is half old.
    """
    by_region: dict[int, dict[str, OutlineRow]] = {}
    for row in outlines:
        territory = territories.get(row.territory)
        if territory is not None:
            by_region.setdefault(territory.region_id, {})[row.territory] = row
    if not by_region:
        return
    tally = summary.tallies.setdefault("contours", Tally())
    for region_id, rows in by_region.items():
        _load_region(region_id, rows, territories, tally)


def _load_region(
    region_id: int, rows: Mapping[str, OutlineRow], territories: Mapping[str, Territory], tally: Tally
) -> None:
    frame = _frame(rows.values())
    bounds = [frame.west, frame.south, frame.east, frame.north]
    projected = {
        key: [[frame.project(latitude, longitude) for longitude, latitude in ring] for ring in row.rings]
        for key, row in rows.items()
    }
    drawn = {key: rings for key, rings in simplify(projected, TOLERANCE).items() if rings}
    existing = {contour.territory_id: contour for contour in Contour.objects.for_region(region_id)}
    for key, rings in drawn.items():
        territory = territories[key]
        x, y, room = label_spot(rings)
        values = {
            "region_id": region_id,
            "path": path_of(rings),
            "frame": bounds,
            "label_x": x,
            "label_y": y,
            "room": room,
            "source": rows[key].source,
        }
        old = existing.pop(territory.pk, None)
        if old is None:
            Contour.objects.create(territory=territory, **values)
            tally.added += 1
        elif any(getattr(old, name) != value for name, value in values.items()):
            Contour.objects.for_region(region_id).filter(pk=old.pk).update(**values, loaded_at=Now())
            tally.changed += 1
        else:
            tally.same += 1
    Contour.objects.for_region(region_id).filter(pk__in=existing).delete()


def _frame(rows: Iterable[OutlineRow]) -> Frame:
    points = [point for row in rows for ring in row.rings for point in ring]
    longitudes, latitudes = [longitude for longitude, _ in points], [latitude for _, latitude in points]
    return Frame(min(longitudes), min(latitudes), max(longitudes), max(latitudes))


def ground_of(*, by: Actor, region: Region, territories: Sequence[Territory]) -> Ground:
    """What a map of these territories is drawn on, keyed by their ids: outlines if loaded, tiles otherwise.

    Kept in memory for each version of the reference: a second map costs no query.
    """
    places = tuple((t.pk, t.name, t.latitude, t.longitude) for t in territories)
    key = (region.pk, region.reference_version, places)
    found = _grounds.get(key)
    if found is None:
        found = _ground(by, region, territories)
        with _lock:
            while len(_grounds) >= MOST_KEPT:
                _grounds.pop(next(iter(_grounds)))
            _grounds[key] = found
    return found


def _ground(by: Actor, region: Region, territories: Sequence[Territory]) -> Ground:
    contours = {c.territory_id: c for c in Contour.objects.visible_to(by).filter(region=region)}
    if not contours:
        return schematic(
            [
                (t.pk, t.name, *(None if v is None else float(v) for v in (t.latitude, t.longitude)))
                for t in territories
            ]
        )
    frame = Frame(*next(iter(contours.values())).frame)
    shapes = []
    for territory in territories:
        contour = contours.get(territory.pk)
        if contour is not None:
            shapes.append(
                Shape(
                    territory.pk, territory.name, contour.path, contour.label_x, contour.label_y, contour.room
                )
            )
        elif territory.latitude is not None and territory.longitude is not None:
            x, y = frame.project(float(territory.latitude), float(territory.longitude))
            shapes.append(Shape(territory.pk, territory.name, None, x, y))
    return outlined(shapes, frame)


def forget_grounds() -> None:
    """Empty the memory: a load in this process changed the outlines."""
    with _lock:
        _grounds.clear()
