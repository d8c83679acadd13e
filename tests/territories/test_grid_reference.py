"""The grid of services is read from the reference: complete, by Region, kept when it changes."""

import json
from pathlib import Path

import pytest

from territories.models import ServiceItem, Site
from territories.reference import read_reference
from territories.reference.grid import read_grids, read_guide_grid
from tests.factories import system
from tests.territories.test_load_reference import load

GUIDE = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "guide.json"
pytestmark = pytest.mark.django_db


def test_the_builtin_grid_has_the_three_levels_for_each_region() -> None:
    rows = read_reference().grid
    for region in ("A31", "A54"):
        mine = [row for row in rows if row.region == region]
        assert [row.level for row in mine] == sorted(
            (row.level for row in mine), key=["accueil", "information", "conseil"].index
        )
        assert len({row.code for row in mine}) == len(mine) == 34
        assert [row.order for row in mine] == list(range(1, 35))


@pytest.mark.skipif(not GUIDE.is_file(), reason="real data (../shared/data) is not beside the project")
def test_the_guide_and_the_builtin_grid_bear_the_same_codes() -> None:
    guide = read_guide_grid(GUIDE, ["A31"])
    assert guide.refusals == []
    assert [row.code for row in guide.rows] == [r.code for r in read_reference().grid if r.region == "A31"]
    assert "’" in " ".join(row.name for row in guide.rows)


def one_level(**level: object) -> dict[str, object]:
    return {"A31": {"lignes": [{"code": "ACCUEIL", **level}]}}


BLOCK = {"code": "ACC", "nom": "Accueillir", "items": ["Écouter"]}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"A31": {"lignes": []}}, "la grille est vide"),
        (one_level(code="AUTRE"), "code"),
        (one_level(blocs=[BLOCK | {"code": "acc"}]), "code"),
        (one_level(blocs=[BLOCK | {"items": [4]}]), "item"),
        (one_level(blocs=[BLOCK, BLOCK]), "deux fois"),
        ([1], "régions"),
    ],
)
def test_a_bad_grid_is_refused_with_its_reason(tmp_path: Path, document: object, reason: str) -> None:
    path = tmp_path / "grille.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    read = read_grids(path)
    assert not read.rows
    assert reason in str(read.refusals[0])


def test_a_load_writes_the_grid_once_and_retires_what_left(tmp_path: Path) -> None:
    load()
    with system():
        assert ServiceItem.objects.for_system().filter(region__code="A31", active=True).count() == 34
    grid = {"lignes": [{"code": "CONSEIL", "blocs": [{"code": "CONS", "nom": "Projet", "items": ["Bilan"]}]}]}
    (tmp_path / "grille.json").write_text(json.dumps({"A31": grid}), encoding="utf-8")
    load(str(tmp_path))
    with system():
        items = ServiceItem.objects.for_system().filter(region__code="A31")
        assert [item.name for item in items.filter(active=True)] == ["Bilan"]
        assert items.count() == 34
        assert ServiceItem.objects.for_system().filter(region__code="A54", active=True).count() == 34


def test_a_record_kept_in_the_portal_is_the_portals() -> None:
    load()
    with system():
        first, second = Site.objects.for_system().filter(territory__region__code="A31")[:2]
        assert first.wheelchair in {"", "oui", "non", "sur_demande"}
        for site, version in ((first, 2), (second, 1)):
            rows = Site.objects.for_system().filter(pk=site.pk)
            rows.update(phone="03 53 01 99 99", active=False, version=version)
    load()
    with system():
        kept, loaded = Site.objects.get(pk=first.pk), Site.objects.get(pk=second.pk)
    assert (kept.phone, kept.active) == ("03 53 01 99 99", False)
    assert (loaded.phone, loaded.active) == (second.phone, True)
