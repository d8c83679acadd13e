"""A place's page: its référent reads its own publication, its territory a line of another one."""

from typing import Any

import pytest

from tests.dashboards.releases import make_release
from tests.dashboards.test_territory_screen import _today, cells, text_of  # noqa: F401 - the day of the tests
from tests.factories import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_publications(world: World) -> World:
    """The place's own release says 9 321; the territory's says 431 of it."""
    own = {"y": {"contacts": {"": 9321}, "age": {"moins_26": 9321}}, "m": {"contacts": {"10": {"": 9321}}}}
    make_release(world.cio.territory, site=world.cio, cells=own)
    make_release(world.lille, cells=cells(world, {world.cio.pk: 431, world.mission.pk: 77}))
    return world


def address(world: World, query: str = "") -> str:
    return f"/tableau-de-bord/lieu/{world.cio.pk}/{query}"


def test_the_referent_reads_the_place_s_own(two_publications: World, login: Any) -> None:
    client = login(two_publications.users["referent"])
    said = text_of(client.get(address(two_publications)))
    assert "9 321" in said
    assert "431" not in said
    assert "jamais d’une personne" in said
    assert "Lieux du territoire" not in said


@pytest.mark.parametrize("who", ["coordinateur", "charge_mission", "animation", "region"])
@pytest.mark.parametrize("query", ["", "?mois=10", "?demande=1"])
def test_others_never_read_the_place_s_own(two_publications: World, login: Any, who: str, query: str) -> None:
    """Both are masked apart: their difference could give a hidden cell back."""
    client = login(two_publications.users[who])
    said = text_of(client.get(address(two_publications, query)))
    assert "9 321" not in said
    assert ("431" in said) is (query != "?demande=1")
    assert "CIO de Lille, année 2026" in said


@pytest.mark.parametrize(
    ("who", "status"),
    [("coordinateur_douai", 404), ("referent_mission", 404), ("conseiller", 403), ("animation_niort", 404)],
)
def test_everyone_else_is_kept_out(two_publications: World, login: Any, who: str, status: int) -> None:
    client = login(two_publications.users[who])
    assert client.get(address(two_publications)).status_code == status


def test_a_place_without_figures_says_so(world: World, login: Any) -> None:
    for who in ("referent", "coordinateur"):
        said = text_of(login(world.users[who]).get(address(world)))
        assert "Pas encore de fiche à compter" in said


def test_the_trail_leads_back_with_the_period(two_publications: World, login: Any) -> None:
    answer = login(two_publications.users["animation"]).get(address(two_publications, "?mois=10"))
    urls = [url for _, url in answer.context["trail"]]
    assert urls == [
        "/tableau-de-bord/region/?mois=10",
        f"/tableau-de-bord/territoire/{two_publications.lille.pk}/?mois=10",
        "",
    ]
