"""Communes by name, postcode or old name; places by name, town or network; never across regions."""

import pytest
from django.test import Client

from territories.models import Commune
from territories.services.search import find_commune, fold, search_communes, search_places
from tests.conftest import LoginAs
from tests.factories import World, make_site, system

pytestmark = pytest.mark.django_db


@pytest.fixture
def communes(world: World) -> World:
    """Homonyms in two départements, a postcode over two territories, an old name."""
    rows = [
        ("59578", "Sainte-Marie-Cappel", ["59670"], [], world.lille, 900),
        ("62764", "Saint-Omer", ["62500"], [], world.douai, 14000),
        ("59001", "Beaumont", ["59540"], [], world.lille, 400),
        ("62096", "Beaumont", ["62170", "59540"], [], world.douai, 900),
        ("59545", "Saint-Souplet", ["59360"], ["Escaufourt"], world.douai, 1200),
        (
            "59009",
            "Villeneuve-d’Ascq",
            ["59491", "59493", "59650", "59658"],
            ["Annappes", "Flers"],
            world.lille,
            62000,
        ),
    ]
    with system():
        for code, name, postcodes, former, territory, population in rows:
            Commune.objects.create(
                code_insee=code,
                region=world.region,
                territory=territory,
                name=name,
                search_name=fold(name),
                postcodes=postcodes,
                former_names=former,
                former_search=" | ".join(fold(n) for n in former),
                population=population,
                latitude=50.5,
                longitude=3.0,
            )
    return world


def names(world: World, text: str) -> list[str]:
    return [found.name for found in search_communes(by=world.actor("conseiller"), text=text)]


def test_by_name_without_accents_case_or_dashes(communes: World) -> None:
    assert names(communes, "ST OMER") == ["Saint-Omer"]
    assert names(communes, "villeneuve d'ascq") == ["Villeneuve-d’Ascq"]
    assert names(communes, "omer") == ["Saint-Omer"]
    assert names(communes, "sainte") == ["Sainte-Marie-Cappel"]
    assert names(communes, "l") == []
    assert names(communes, "%") == names(communes, "__") == names(communes, "\x00") == []


def test_homonyms_are_told_apart(communes: World) -> None:
    found = search_communes(by=communes.actor("conseiller"), text="beaumont")
    assert [(f.departement, f.postcodes, f.territory) for f in found] == [
        ("62", "62170, 59540", "Douai"),
        ("59", "59540", "Lille"),
    ]


def test_a_postcode_gives_communes_to_choose_from_never_a_territory(communes: World) -> None:
    found = search_communes(by=communes.actor("conseiller"), text="59540")
    assert {f.territory for f in found} == {"Lille", "Douai"}
    assert all(f.postcodes.startswith("59540") for f in found)
    assert names(communes, "5949") == ["Villeneuve-d’Ascq"]
    assert find_commune(by=communes.actor("conseiller"), code="59540") is None


def test_an_old_name_leads_to_the_commune(communes: World) -> None:
    (found,) = search_communes(by=communes.actor("conseiller"), text="escaufourt")
    assert (found.name, found.former) == ("Saint-Souplet", "Escaufourt")
    assert names(communes, "flers") == ["Villeneuve-d’Ascq"]


def test_the_region_is_a_border(communes: World) -> None:
    assert names(communes, "niort") == []
    actor = communes.actor("conseiller")
    assert find_commune(by=actor, code="79191") is None
    assert find_commune(by=actor, code="59350") is not None
    for hostile in ("", "\x00", "5935", "593500", "59'50", "٥٩٣٥٠"):
        assert find_commune(by=actor, code=hostile) is None


def test_places_by_every_word_typed(communes: World) -> None:
    with system():
        make_site(communes.lille, "Organisme de formation de Lille", communes.reseaux["CIO"], training=True)
        make_site(
            communes.niort, "Mission locale de Niort", None, direction="destinataire", partner_kind="CCI"
        )
    actor = communes.actor("conseiller")
    assert search_places(by=actor, text="mission de LILLE") == [communes.mission.pk]
    assert search_places(by=actor, text="cio douai") == [communes.douai_site.pk]
    assert search_places(by=actor, text="organisme") == []
    assert search_places(by=actor, text="niort") == []
    assert search_places(by=actor, text="de la") == search_places(by=actor, text="\x00") == []
    assert len(search_places(by=actor, text="li" * 5000)) == 0


def test_the_page_and_its_fragment(communes: World, login: LoginAs) -> None:
    client = login(communes.users["conseiller"])
    page = client.get("/communes/?lieu_q=beaumont")
    assert page.status_code == 200
    assert "<html" in page.content.decode()
    fragment = client.get("/communes/?lieu_q=beaumont", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert fragment.count('name="commune"') == 3, "one's own place is always among the choices"
    kept = client.get("/communes/?lieu_q=omer&commune=59350", headers={"HX-Request": "true"}).content.decode()
    assert 'value="59350" id="commune-59350" checked' in kept
    assert "territoire de Douai" in fragment
    assert (
        "Aucune commune"
        in client.get("/communes/?lieu_q=%00zz", headers={"HX-Request": "true"}).content.decode()
    )
    assert client.get("/communes/").status_code == 200
    assert client.post("/communes/").status_code == 405
    assert Client().get("/communes/").status_code == 302


def test_a_list_that_goes_on_says_so(communes: World) -> None:
    with system():
        for n in range(20):
            Commune.objects.create(
                code_insee=f"62{n:03d}",
                region=communes.region,
                territory=communes.douai,
                name=f"Longueville {n}",
                search_name=f"longueville {n}",
                postcodes=[],
                population=n,
            )
    assert len(names(communes, "longueville")) == 13
