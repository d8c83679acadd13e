"""The directory: own region only, filters, constant queries; the page of a place."""

import datetime
import re

import pytest
import time_machine

from territories.models import Closure, OpeningSlot, Site
from tests.conftest import LoginAs
from tests.factories import World, make_site, open_week, system

pytestmark = pytest.mark.django_db
MONDAY_10 = datetime.datetime(2026, 11, 23, 9, 0, tzinfo=datetime.UTC)
LIST_QUERIES, PLACE_QUERIES = 14, 14


def names(text: str) -> set[str]:
    return {
        name
        for name in ("CIO de Lille", "Mission locale de Lille", "CIO de Douai", "CIO de Niort")
        if f"{name}</a>" in text
    }


def test_own_territory_first_then_the_region_never_another(world: World, login: LoginAs) -> None:
    client = login(world.users["conseiller"])
    assert names(client.get("/annuaire/").text) == {"CIO de Lille", "Mission locale de Lille"}
    assert names(client.get("/annuaire/?territoire=tous").text) == {
        "CIO de Lille",
        "Mission locale de Lille",
        "CIO de Douai",
    }
    assert names(client.get(f"/annuaire/?territoire={world.douai.pk}").text) == {"CIO de Douai"}
    assert names(client.get(f"/annuaire/?territoire={world.niort.pk}").text) == set()
    everywhere = login(world.users["animation"]).get("/annuaire/").text
    assert names(everywhere) == {"CIO de Lille", "Mission locale de Lille", "CIO de Douai"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("mission", {"Mission locale de Lille"}),
        ("MISSÏON", {"Mission locale de Lille"}),
        ("cio lille", {"CIO de Lille"}),
        ("59000", {"CIO de Lille", "Mission locale de Lille"}),
        ("%", set()),
        ("_", set()),
        ("zzzz", set()),
    ],
)
def test_search_by_name_or_town_ignores_accents(
    world: World, login: LoginAs, query: str, found: set[str]
) -> None:
    assert names(login(world.users["conseiller"]).get("/annuaire/", {"q": query}).text) == found


def test_accents_in_the_name_are_found_without(world: World, login: LoginAs) -> None:
    with system():
        make_site(world.lille, "Œuvre d’été à Hénin", world.reseaux["CIO"])
    assert "Œuvre d’été" in login(world.users["conseiller"]).get("/annuaire/?q=ete henin").text


def test_network_and_partner_filters(world: World, login: LoginAs) -> None:
    with system():
        make_site(world.lille, "Association partenaire", None, direction="destinataire")
    client = login(world.users["conseiller"])
    assert names(client.get(f"/annuaire/?reseau={world.reseaux['CIO'].pk}").text) == {"CIO de Lille"}
    partners = client.get("/annuaire/?reseau=partenaires").text
    assert names(partners) == set()
    assert "destinataire : les lieux lui envoient du public" in partners


def test_open_now_and_walk_in(world: World, login: LoginAs) -> None:
    with system():
        OpeningSlot.objects.filter(site=world.mission).update(walk_in=False)
    with time_machine.travel(MONDAY_10, tick=False):
        client = login(world.users["conseiller"])
        assert names(client.get("/annuaire/?ouvert=1").text) == {"CIO de Lille", "Mission locale de Lille"}
        assert names(client.get("/annuaire/?ouvert=1&sans_rdv=1").text) == {"CIO de Lille"}
        assert names(client.get("/annuaire/?sans_rdv=1").text) == {"CIO de Lille"}
        with system():
            Closure.objects.create(
                site=world.cio, region=world.region, first_day=MONDAY_10.date(), last_day=MONDAY_10.date()
            )
        assert names(client.get("/annuaire/?ouvert=1").text) == {"Mission locale de Lille"}
    with time_machine.travel(MONDAY_10 + datetime.timedelta(hours=9), tick=False):
        client = login(world.users["conseiller"])
        assert names(client.get("/annuaire/?ouvert=1").text) == set()


def test_closed_places_are_left_out(world: World, login: LoginAs) -> None:
    with system():
        Site.objects.filter(pk=world.mission.pk).update(active=False)
    assert names(login(world.users["conseiller"]).get("/annuaire/").text) == {"CIO de Lille"}


@pytest.mark.parametrize(
    "query",
    ["territoire=abc", "reseau=9999999999999999", "page=-1", "page=zzz", "q=%00", "q=%ED%A0%80", "ouvert=9"],
)
def test_odd_filters_never_break_the_page(world: World, login: LoginAs, query: str) -> None:
    assert login(world.users["conseiller"]).get(f"/annuaire/?{query}").status_code == 200


@pytest.mark.parametrize("many", [1, 50])
def test_the_list_takes_a_constant_number_of_queries(
    world: World, login: LoginAs, many: int, django_assert_num_queries: object
) -> None:
    with system():
        for number in range(many):
            open_week(make_site(world.lille, f"Lieu {number}", world.reseaux["CIO"]))
    client = login(world.users["conseiller"])
    with django_assert_num_queries(LIST_QUERIES):
        assert client.get("/annuaire/").status_code == 200


def test_pages_keep_the_filters(world: World, login: LoginAs) -> None:
    with system():
        for number in range(60):
            make_site(world.lille, f"Lieu {number:02}", world.reseaux["CIO"])
    text = login(world.users["conseiller"]).get("/annuaire/?q=lieu").text
    assert "60\u00a0lieux" in text
    assert "?q=lieu&amp;page=2" in text


def test_a_place_tells_everything(world: World, login: LoginAs, django_assert_num_queries: object) -> None:
    with system():
        OpeningSlot.objects.filter(site=world.cio, weekday__gte=2).update(walk_in=False)
        Closure.objects.create(
            site=world.cio,
            region=world.region,
            first_day=datetime.date(2026, 12, 24),
            last_day=datetime.date(2026, 12, 26),
            reason="Fêtes",
        )
    with time_machine.travel(MONDAY_10, tick=False):
        client = login(world.users["conseiller_mission"])
        with django_assert_num_queries(PLACE_QUERIES):
            text = client.get(f"/annuaire/{world.cio.pk}/").text.replace("\u00a0", " ").replace("\u202f", " ")
    for words in (
        "CIO de Lille",
        "Sans rendez-vous jusqu’à 17 h",
        "Le lundi et le mardi de 9 h à 17 h, sans rendez-vous",
        'share-num">40 %<',
        "Sous 50 %",
        "Fêtes",
        "jeudi 24 décembre 2026",
        "Aujourd’hui : sans rendez-vous de 9 h à 17 h",
    ):
        assert words in text, words
    assert "Changer les horaires" not in text
    assert "Changer les horaires" in login(world.users["referent"]).get(f"/annuaire/{world.cio.pk}/").text


def test_a_place_without_hours_says_so(world: World, login: LoginAs) -> None:
    with system():
        bare = make_site(
            world.lille, "Lieu nu", None, direction="prescripteur", phone="", email="", address="", city=""
        )
    text = login(world.users["conseiller"]).get(f"/annuaire/{bare.pk}/").text
    assert "pas encore donné ses horaires" in text
    assert "non renseigné" in text


def test_a_foreign_place_and_a_missing_one_are_the_same(world: World, login: LoginAs) -> None:
    client = login(world.users["conseiller"])
    pages = [client.get(f"/annuaire/{pk}/") for pk in (world.niort_site.pk, 999_999, 10**25)]
    assert {page.status_code for page in pages} == {404}
    # The menus of an error page hold a token drawn anew for each answer: the rest is the same to the letter.
    token = re.compile(rb'(name="csrfmiddlewaretoken" value="|"X-CSRFToken": ")[^"]*')
    assert len({token.sub(rb"\1", page.content) for page in pages}) == 1


def test_who_reads_the_directory(world: World, login: LoginAs) -> None:
    for key in ("prefecture", "region", "charge_mission"):
        assert login(world.users[key]).get("/annuaire/").status_code == 200
    for key in ("administrateur", "sans_mandat"):
        assert login(world.users[key]).get("/annuaire/").status_code == 403
