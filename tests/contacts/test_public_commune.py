"""« Où s’adresser ? », the commune a visitor means: found when it is named, offered when it is only near."""

import re

import pytest
from django.test import Client

from contacts.services.public.asking import Asked
from contacts.services.public.whereabouts import Whereabouts, locate
from labelling.services.call_page import public_reader
from territories.models import Commune
from territories.services.search import fold
from tests.factories import World, system

pytestmark = pytest.mark.django_db
HOME = "/ou-s-adresser/region-a31/"
TOWNS = {
    "62826": ("Le Touquet-Paris-Plage", ["62520"], []),
    "80001": ("Lyons-la-Forêt", ["80480"], []),
    "59009": ("Villeneuve-d’Ascq", ["59491", "59493"], ["Annappes"]),
    "62002": ("Villeneuve-sur-Lys", ["62120"], []),
    "59183": ("Dunkerque", ["59140"], []),
}


@pytest.fixture
def towns(world: World) -> World:
    with system():
        for insee, (name, postcodes, former) in TOWNS.items():
            Commune.objects.create(
                code_insee=insee,
                region_id=world.lille.region_id,
                territory=world.lille,
                name=name,
                search_name=fold(name),
                former_names=former,
                former_search=" | ".join(fold(one) for one in former),
                postcodes=postcodes,
                latitude=50.63,
                longitude=3.06,
            )
    return world


def found(world: World, typed: str) -> Whereabouts:
    with public_reader(world.lille.region) as by:
        return locate(by, Asked(where=typed))


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("lille", "59350"),
        ("Lille (59)", "59350"),
        ("Le Touquet", "62826"),
        ("touquet", "62826"),
        ("le touquet paris plage", "62826"),
        ("Villeneuve d'Ascq", "59009"),
        ("Annappes", "59009"),
        ("59140", "59183"),
    ],
)
def test_a_commune_that_is_named_is_found(towns: World, typed: str, code: str) -> None:
    commune = found(towns, typed).commune
    assert commune is not None
    assert commune.pk == code


@pytest.mark.parametrize(
    ("typed", "first"),
    [("Paris", "62826"), ("Lyon", "80001"), ("Plage", "62826"), ("Ascq", "59009"), ("Lille (62)", "59350")],
)
def test_a_commune_that_is_only_near_is_offered_and_never_taken_for_it(
    towns: World, typed: str, first: str
) -> None:
    where = found(towns, typed)
    assert where.commune is None
    assert where.close
    assert where.choices[0].code == first


def test_a_word_that_several_communes_begin_with_asks_which(towns: World) -> None:
    where = found(towns, "Villeneuve")
    assert where.commune is None
    assert not where.close
    assert {one.code for one in where.choices} == {"59009", "62002"}


def test_nothing_near_is_said_to_be_lost(towns: World) -> None:
    assert found(towns, "Zzyzx").lost
    assert found(towns, "99999").lost


def test_the_page_says_so_and_offers_links_and_no_place(towns: World) -> None:
    text = Client().get(HOME, {"ou": "Paris", "ouvert": "1"}).text
    assert "Aucune commune « Paris » dans cette région" in text
    assert "?commune=62826&amp;ouvert=1" in text
    assert "Le Touquet-Paris-Plage (62)" in text
    assert not re.findall(r'<li class="place"', text)
    assert "En voici une au nom proche." in text
    assert 'value="Paris"' in text, "what was typed stays in the field"
    lost = Client().get(HOME, {"ou": "Zzyzx"}).text
    assert "Aucune commune « Zzyzx » dans cette région" in lost
    assert "Cette commune n’est pas dans la région" in Client().get(HOME, {"commune": "79191"}).text


def test_a_way_to_the_map_stands_before_the_list_and_waits_for_the_script(world: World) -> None:
    text = Client().get(HOME).text
    assert '<p class="vers-carte" id="vers-carte" hidden><a class="btn" href="#zone-carte">' in text
    assert text.index('id="vers-carte"') < text.index('id="resultats"') < text.index('id="zone-carte"')
    assert 'id="vers-carte"' not in Client().get(HOME, headers={"HX-Request": "true"}).text, "stays as it is"
