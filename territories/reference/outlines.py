"""Reads outlines of territories (GeoJSON, WGS 84) nobody vouched for: a bad one costs that one only.

Each feature names a territory by ``properties.id`` and its region by ``properties.cle_region``. Rings of
points in degrees are kept; nothing else of the file is.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import dataclass
from pathlib import Path

from territories.reference import fields as f
from territories.reference.csvfile import read_bytes
from territories.reference.rows import Read, Refusal

PATTERN = "territoires_*.geojson"
MAX_FILES = 20
MAX_BYTES = 4_000_000
MAX_FEATURES = 400
MAX_RINGS = 200
MAX_POINTS = 6_000
MAX_FILE_POINTS = 200_000
CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class OutlineRow:
    """Outline of a territory: closed rings of (longitude, latitude), holes and islands among them."""

    territory: str
    region: str
    rings: tuple[Ring, ...]
    source: str


def outline_files(directory: Path) -> list[Path]:
    """Files of outlines of a delivery, in the order of their names."""
    return sorted(path for path in directory.glob(PATTERN) if path.is_file())[:MAX_FILES]


def fingerprint(path: Path) -> str:
    """What tells two deliveries of outlines apart; a file too big to be read counts for its size."""
    size = path.stat().st_size
    return hashlib.sha256(path.read_bytes() if size <= MAX_BYTES else str(size).encode()).hexdigest()


def read_outlines(path: Path) -> Read[OutlineRow]:
    """Outlines of one file; the line of a refusal is the rank of the feature."""
    read: Read[OutlineRow] = Read()
    document = _document(path)
    if isinstance(document, Refusal):
        read.refusals.append(document)
        return read
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(features, list):
        read.refuse(path.name, 0, "une collection GeoJSON (FeatureCollection) est attendue")
        return read
    if len(features) > MAX_FEATURES:
        read.refuse(path.name, 0, f"{len(features)} contours : {MAX_FEATURES} au plus")
        return read
    source = _source(document, path)
    seen: set[str] = set()
    total = 0
    for rank, feature in enumerate(features, start=1):
        try:
            row = _outline(feature, source)
            total += sum(map(len, row.rings))
            if row.territory in seen:
                raise f.BadField(f"le contour de {row.territory} est déjà donné")
            if total > MAX_FILE_POINTS:
                raise f.BadField(f"le fichier dépasse {MAX_FILE_POINTS} points")
        except f.BadField as bad:
            read.refuse(path.name, rank, str(bad))
            continue
        seen.add(row.territory)
        read.take(rank, row)
    return read


def _document(path: Path) -> object:
    try:
        if path.stat().st_size > MAX_BYTES:
            return Refusal(path.name, 0, f"le fichier dépasse {MAX_BYTES // 1_000_000} Mo")
    except OSError:
        return Refusal(path.name, 0, "le fichier ne peut pas être lu")
    content = read_bytes(path)
    if isinstance(content, Refusal):
        return content
    try:
        return json.loads(content.decode("utf-8-sig"))
    except RecursionError:
        return Refusal(path.name, 0, "le document est trop imbriqué")
    except ValueError:
        # Also a text that is not UTF-8, and a whole number of thousands of digits.
        return Refusal(path.name, 0, "le document n’est pas un JSON lisible")


def _source(document: dict[str, object], path: Path) -> str:
    for key in ("source", "name"):
        value = document.get(key)
        if isinstance(value, str) and value.strip() and not CONTROL.search(value):
            return f.APOSTROPHE.sub("’", value.strip())[:200]
    return path.name[:200]


def _outline(feature: object, source: str) -> OutlineRow:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if not isinstance(properties, dict) or not isinstance(geometry, dict):
        raise f.BadField("un contour a des propriétés et une géométrie")
    named = {key: properties.get(key) for key in ("id", "cle_region")}
    if not all(isinstance(value, str) for value in named.values()):
        raise f.BadField("id et cle_region doivent être des textes")
    cells = {key: str(value) for key, value in named.items()}
    return OutlineRow(
        territory=f.matching(cells, "id", f.KEY, 24),
        region=f.matching(cells, "cle_region", f.KEY, 8),
        rings=_rings(geometry),
        source=source,
    )


def _rings(geometry: dict[str, object]) -> tuple[Ring, ...]:
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind == "Polygon":
        polygons = [coordinates]
    elif kind == "MultiPolygon" and isinstance(coordinates, list):
        polygons = coordinates
    else:
        raise f.BadField("un contour est un Polygon ou un MultiPolygon")
    rings = []
    for polygon in polygons:
        if not isinstance(polygon, list) or not polygon:
            raise f.BadField("un polygone est une liste d’anneaux")
        rings += polygon
        if len(rings) > MAX_RINGS:
            raise f.BadField(f"plus de {MAX_RINGS} anneaux")
    points = sum(len(ring) if isinstance(ring, list) else 0 for ring in rings)
    if points > MAX_POINTS:
        raise f.BadField(f"{points} points : {MAX_POINTS} au plus")
    return tuple(map(_ring, rings))


def _ring(ring: object) -> Ring:
    if not isinstance(ring, list) or len(ring) < 4:
        raise f.BadField("un anneau a quatre points au moins")
    points = tuple(map(_point, ring))
    if points[0] != points[-1]:
        raise f.BadField("un anneau n’est pas fermé")
    if len(set(points)) < 3:
        raise f.BadField("un anneau est plat")
    return points


def _point(point: object) -> tuple[float, float]:
    """Longitude and latitude, in this order (RFC 7946), in France."""
    if not isinstance(point, list) or not 2 <= len(point) <= 3:
        raise f.BadField("un point est une longitude et une latitude")
    longitude, latitude = point[:2]
    if any(type(value) not in {int, float} for value in (longitude, latitude)):
        raise f.BadField("un point est fait de deux nombres")
    inside = any(s <= latitude <= n and w <= longitude <= e for s, n, w, e in f.FRANCE)
    if not inside or not (math.isfinite(longitude) and math.isfinite(latitude)):
        raise f.BadField("un point est hors de France (longitude et latitude inversées ?)")
    return float(longitude), float(latitude)
