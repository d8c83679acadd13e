"""Outlines of territories: a hostile file costs its own outlines, a good one is drawn once and shared."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from spo_portal.kernel.maps import rings_of
from spo_portal.kernel.tenancy.scope import apply
from territories.models import Contour, Region, Territory
from territories.reference import read_reference
from territories.reference.outlines import MAX_BYTES, MAX_POINTS, OutlineRow, read_outlines
from territories.services.contours import ground_of, load_contours
from territories.services.upsert import Summary
from tests.factories import World, acting_as_role, make_territory, system

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
SQUARE = [[2.0, 50.0], [2.5, 50.0], [2.5, 50.4], [2.0, 50.4], [2.0, 50.0]]


def feature(
    name: object = "T-1", rings: object = None, kind: str = "Polygon", region: object = "A31"
) -> dict:
    coordinates = [SQUARE] if rings is None else rings
    return {
        "type": "Feature",
        "properties": {"id": name, "cle_region": region, "nom": "Sans importance"},
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def write(tmp_path: Path, content: object, name: str = "territoires_essai.geojson") -> Path:
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def collection(*features: object, **more: object) -> dict:
    return {"type": "FeatureCollection", "features": list(features), **more}


def test_a_good_file(tmp_path: Path) -> None:
    many = feature("T-2", [[SQUARE], [[[1.0, 49.5], [1.2, 49.5], [1.2, 49.7], [1.0, 49.5]]]], "MultiPolygon")
    read = read_outlines(write(tmp_path, collection(feature(), many, name="L'essai")))
    assert read.refusals == []
    assert [(row.territory, row.region, len(row.rings)) for row in read.rows] == [
        ("T-1", "A31", 1),
        ("T-2", "A31", 2),
    ]
    assert read.rows[0].source == "L’essai"


BAD = {
    "un contour a des propriétés et une géométrie": {"properties": None, "geometry": None},
    "id et cle_region doivent être des textes": feature(3),
    "id n’a pas la forme attendue": feature("<script>"),
    "un contour est un Polygon ou un MultiPolygon": feature(kind="GeometryCollection"),
    "un polygone est une liste d’anneaux": feature(rings=["x"], kind="MultiPolygon"),
    "un anneau a quatre points au moins": feature(rings=[[[2, 50], [3, 50]]]),
    "un anneau n’est pas fermé": feature(rings=[[*SQUARE[:4], [2.1, 50.1]]]),
    "un anneau est plat": feature(rings=[[[2, 50], [3, 50], [2, 50], [3, 50], [2, 50]]]),
    "un point est une longitude et une latitude": feature(rings=[[[2], [3], [4], [2]]]),
    "un point est fait de deux nombres": feature(rings=[[["2", "50"]] * 4]),
    "longitude et latitude inversées": feature(rings=[[p[::-1] for p in SQUARE]]),
    "points : 6000 au plus": feature(rings=[[[2.0, 50.0]] * (MAX_POINTS + 1)]),
    "plus de 200 anneaux": feature(rings=[SQUARE] * 201),
}  # fmt: skip


@pytest.mark.parametrize("reason", BAD)
def test_a_bad_outline_costs_that_one_only(tmp_path: Path, reason: str) -> None:
    read = read_outlines(write(tmp_path, collection(BAD[reason], feature("T-9"))))
    assert [row.territory for row in read.rows] == ["T-9"]
    (refusal,) = read.refusals
    assert reason in refusal.reason
    assert refusal.line == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "n’est pas un JSON lisible"),
        ("[" * 100_000, "trop imbriqué"),
        ("null", "FeatureCollection"),
        ('{"features": {}}', "FeatureCollection"),
        (json.dumps(collection(*[{}] * 401)), "400 au plus"),
        ('{"features": [' + "9" * 5000 + "]}", "n’est pas un JSON lisible"),
        (" " * (MAX_BYTES + 1), "dépasse 4 Mo"),
    ],
)
def test_a_bad_file_is_refused_whole(tmp_path: Path, content: str, reason: str) -> None:
    read = read_outlines(write(tmp_path, content))
    assert read.rows == []
    assert reason in read.refusals[0].reason


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999", "true"])
def test_a_coordinate_is_a_plain_number(tmp_path: Path, value: str) -> None:
    text = json.dumps(collection(feature())).replace("2.5", value)
    read = read_outlines(write(tmp_path, text))
    assert read.rows == []
    assert len(read.refusals) == 1


def test_bytes_that_are_not_text(tmp_path: Path) -> None:
    path = tmp_path / "territoires_essai.geojson"
    path.write_bytes(b"\xff\xfe\x00")
    assert "JSON lisible" in read_outlines(path).refusals[0].reason


def test_the_reference_keeps_outlines_of_its_own_territories(tmp_path: Path) -> None:
    built_in = read_reference()
    known = built_in.territories[0]
    write(
        tmp_path,
        collection(feature(known.reference_id, region=known.region), feature("X-1")),
        "territoires_a.geojson",
    )
    write(tmp_path, collection(feature(known.reference_id, region=known.region)), "territoires_b.geojson")
    found = read_reference(tmp_path)
    assert [row.territory for row in found.outlines] == [known.reference_id]
    reasons = [refusal.reason for refusal in found.refusals if refusal.file.endswith("geojson")]
    assert reasons == [
        "territoire inconnu dans la région A31 : X-1",
        f"le contour de {known.reference_id} est déjà donné par un autre fichier",
    ]
    assert built_in.outlines == []
    before = found.version
    write(
        tmp_path,
        collection(feature(known.reference_id, region=known.region), name="autre"),
        "territoires_a.geojson",
    )
    assert read_reference(tmp_path).version != before


def outline(territory: Territory, west: float) -> OutlineRow:
    ring = ((west, 50.0), (west + 0.5, 50.0), (west + 0.5, 50.4), (west, 50.4), (west, 50.0))
    return OutlineRow(territory.reference_id, "A31", (ring,), "Essai")


def load(*rows: OutlineRow) -> Summary:
    summary = Summary("v1")
    with system():
        load_contours(rows, {t.reference_id: t for t in Territory.objects.for_system()}, summary)
    return summary


@pytest.mark.django_db
def test_outlines_are_drawn_once_and_kept(world: World) -> None:
    rows = (outline(world.lille, 2.0), outline(world.douai, 2.5))
    first = load(*rows).tallies["contours"]
    assert (first.added, first.changed, first.same) == (2, 0, 0)
    again = load(*rows).tallies["contours"]
    assert (again.added, again.changed, again.same) == (0, 0, 2)
    assert load().tallies == {}
    with system():
        lille, douai = (Contour.objects.for_system().get(territory=t) for t in (world.lille, world.douai))
    assert lille.frame == douai.frame == [2.0, 50.0, 3.0, 50.4]
    assert {x for x, _ in rings_of(lille.path)[0]} == {0, 500}
    assert {x for x, _ in rings_of(douai.path)[0]} == {500, 1000}
    moved = load(outline(world.lille, 2.0), outline(world.douai, 2.6)).tallies["contours"]
    assert moved.changed == 2
    load(outline(world.lille, 2.0))
    with system():
        assert [c.territory_id for c in Contour.objects.for_system()] == [world.lille.pk]


@pytest.mark.django_db
def test_a_map_is_drawn_on_outlines_or_on_tiles(world: World, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    actor = world.actor("animation")
    places = [world.lille, world.douai]
    assert ground_of(by=actor, region=world.region, territories=places).schematic
    load(outline(world.lille, 2.0))
    world.region.reference_version = "autre"
    apply(actor.scope)
    with django_assert_num_queries(1):
        ground = ground_of(by=actor, region=world.region, territories=places)
        assert ground_of(by=actor, region=world.region, territories=places) is ground
    assert not ground.schematic
    assert [bool(shape.path) for shape in ground] == [True, False]
    with system():
        third = make_territory(world.region, "Un troisième")
    apply(actor.scope)
    assert len(ground_of(by=actor, region=world.region, territories=[*places, third])) == 3


@pytest.mark.django_db
def test_outlines_are_read_in_the_region_only_and_written_by_a_load_only(world: World) -> None:
    load(outline(world.lille, 2.0))
    with acting_as_role("spo_web"):
        apply(world.actor("conseiller").scope)
        assert Contour.objects.count() == 1
        apply(world.actor("animation_niort").scope)
        assert Contour.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.skipif(not SHARED.exists(), reason="les données de référence ne sont pas à côté du projet")
def test_the_real_outlines_are_small_and_whole() -> None:
    with acting_as_role("spo_owner"):
        call_command("load_reference", str(SHARED), quiet=True)
    with system():
        sizes = {}
        for region in Region.objects.all():
            territories = list(Territory.objects.for_region(region.pk))
            contours = Contour.objects.for_region(region.pk)
            assert contours.count() == len(territories)
            sizes[region.code] = sum(len(contour.path) for contour in contours)
    assert all(5_000 < size < 60_000 for size in sizes.values()), sizes
