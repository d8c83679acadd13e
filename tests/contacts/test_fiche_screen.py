"""The four steps on one page: without JavaScript, by fragments, at one place and at forty, for whom it
exists."""

from collections.abc import Iterator

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from contacts.models import OrientationRule
from territories.models import Organisation
from tests.conftest import LoginAs
from tests.contacts.posts import NEW, TYPED, count_fiches, plain, post, reoriented, sent
from tests.factories import World, make_site, open_week, system

pytestmark = pytest.mark.django_db

PORTES, APERCU = f"{NEW}portes/", f"{NEW}apercu/"
HTMX = {"HX-Request": "true"}
# Queries of a warm page; what every request pays: session, account, scope (twice) and mandates.
EVERY_REQUEST = 5
GET_QUERIES = EVERY_REQUEST + 2
PORTES_QUERIES = EVERY_REQUEST + 8
APERCU_QUERIES = EVERY_REQUEST + 3


@pytest.fixture(autouse=True)
def _tuesday_morning() -> Iterator[None]:
    with time_machine.travel("2026-11-24 10:42:00+01:00", tick=True):
        yield


@pytest.fixture
def desk(world: World, login: LoginAs) -> Client:
    return login(world.users["conseiller"])


def many_places(world: World) -> None:
    with system():
        body = Organisation.objects.create(region=world.region, name="Grand organisme")
        for n in range(40):
            reseau = world.reseaux["MISSION_LOCALE"] if n % 2 else world.reseaux["CIO"]
            open_week(make_site(world.lille, f"Lieu {n}", reseau, organisation=body))


def queries(client: Client, method: str, path: str, data: dict | None = None) -> int:
    with CaptureQueriesContext(connection) as captured:
        response = getattr(client, method)(path, data or {})
    assert response.status_code in {200, 303}
    return len([q for q in captured if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))])


def test_the_empty_page(desk: Client) -> None:
    response = desk.get(NEW)
    text = plain(response.content)
    assert response.status_code == 200
    for words in ("Accueillir", "Écouter", "La bonne porte, ouverte maintenant", "Organiser le rendez-vous"):
        assert words in text
    assert "Mardi 24 novembre 2026, 10 h 42" in text
    assert "Choisissez un statut ou une demande" in text
    assert 'name="cle_idempotence" value="' in text
    assert "200 caractères restants" in text
    assert desk.get(NEW).context["cle"] != response.context["cle"]


def test_without_javascript_a_button_shows_the_structures(world: World, desk: Client) -> None:
    data = reoriented(world, etape="voir", fin=None, jour="2026-11-20", rdv="oui", rdv_avec="Accueil jeunes")
    response = desk.post(NEW, data)
    text = plain(response.content)
    assert response.status_code == 200
    assert count_fiches() == 0
    assert "Mission locale de Lille" in text
    assert "Sans rendez-vous jusqu’à 17 h" in text
    assert "Moins de 26 ans : ce réseau accompagne emploi et formation ensemble." in text
    assert f'id="vers-{world.mission.pk}" checked' in text
    assert TYPED in text
    assert 'value="Accueil jeunes"' in text
    assert 'value="2026-11-20"' in text
    assert data["cle_idempotence"] in text, "the same fiche goes on"
    assert "Erreur" not in text
    assert "Rendez-vous … à …" in text


def test_an_unfinished_form_is_never_an_error(desk: Client) -> None:
    for data in (
        {},
        {"statut": "x"},
        {"vers": ["\x00", "9" * 40]},
        {"jour": "\x00", "rdv": "oui", "rdv_heure": "99"},
    ):
        for path in (PORTES, APERCU):
            assert desk.post(path, data, headers=HTMX).status_code == 200
        assert desk.post(NEW, {**data, "etape": "voir"}).status_code == 200


def test_the_doors_fragment(world: World, desk: Client) -> None:
    response = desk.post(PORTES, sent(demandes=["3"]), headers=HTMX)
    text = plain(response.content)
    assert "<html" not in text
    assert "Pour : de inscrit, moins de 26 ans, emploi." in text
    assert "1,7 km" in text or "km" in text or " m<" in text
    assert 'id="portes-annonce" role="status" hx-swap-oob="innerHTML">2 structures proposées.' in text
    assert 'id="apercu" hx-swap-oob="innerHTML"' in text
    assert "HX-Request" in response.headers["Vary"]


def test_a_chosen_structure_stays_when_it_is_no_longer_suggested(world: World, desk: Client) -> None:
    data = reoriented(world, age="plus_26")
    text = plain(desk.post(PORTES, data, headers=HTMX).content)
    assert "Déjà choisies" in text
    assert f'id="vers-{world.mission.pk}" checked' in text
    assert text.count(f'value="{world.mission.pk}"') == 1


def test_another_structure_is_found_by_name_and_town_in_the_region_only(world: World, desk: Client) -> None:
    text = plain(desk.post(PORTES, {"structure_q": "cio douai"}, headers=HTMX).content)
    assert "Résultats pour « cio douai »" in text
    assert f'id="vers-{world.douai_site.pk}"' in text
    elsewhere = plain(desk.post(PORTES, {"structure_q": "niort"}, headers=HTMX).content)
    assert f'value="{world.niort_site.pk}"' not in elsewhere
    assert "Aucune autre structure" in elsewhere
    assert desk.post(PORTES, {"structure_q": "\x00%_'\"<script>"}, headers=HTMX).status_code == 200


def test_the_preview_says_what_will_be_handed_over(world: World, desk: Client) -> None:
    data = reoriented(world, rdv="oui", rdv_jour="2026-11-26", rdv_heure="10:00", rdv_avec="Accueil jeunes")
    text = plain(desk.post(APERCU, data, headers=HTMX).content)
    assert "<b>metier et formation</b>" in text or "<b>métier et formation</b>" in text
    assert "Rendez-vous jeudi 26 novembre à 10 h" in text
    assert "Prête. Une réorientation, un rendez-vous." in text
    assert 'id="rdv-avec-qui"' in text
    from_rdv = desk.post(APERCU, data, headers=HTMX | {"HX-Trigger": "etape-rdv"})
    assert 'id="rdv-avec-qui"' not in plain(from_rdv.content), "never redrawn under the hands of who fills it"


def test_no_rule_and_no_match_say_what_to_do(world: World, desk: Client) -> None:
    with system():
        OrientationRule.objects.all().update(statuts=[9])
    assert "Aucune structure à proposer" in plain(desk.post(PORTES, sent(), headers=HTMX).content)
    with system():
        OrientationRule.objects.all().delete()
    assert "Pas encore de règles dans votre région" in plain(desk.post(PORTES, sent(), headers=HTMX).content)


def test_another_place_changes_the_distances(world: World, desk: Client) -> None:
    near = plain(desk.post(PORTES, sent(), headers=HTMX).content)
    assert "Autour de Lille (59000)" in near
    away = plain(desk.post(PORTES, sent(commune="59178"), headers=HTMX).content)
    assert "Autour de Douai" in away
    foreign = plain(desk.post(PORTES, sent(commune="79191"), headers=HTMX).content)
    assert "Niort" not in foreign


def test_query_counts_at_few_and_many_places(world: World, desk: Client) -> None:
    desk.get(NEW)
    few = [
        queries(desk, "get", NEW),
        queries(desk, "post", PORTES, sent()),
        queries(desk, "post", APERCU, reoriented(world)),
    ]
    many_places(world)
    many = [
        queries(desk, "get", NEW),
        queries(desk, "post", PORTES, sent()),
        queries(desk, "post", APERCU, reoriented(world)),
    ]
    assert few == many == [GET_QUERIES, PORTES_QUERIES, APERCU_QUERIES]


def test_the_save_counts_its_queries(world: World, desk: Client) -> None:
    desk.get(NEW)
    # Lists, and one statement for number, fiche, destinations, code, audit and outbox.
    assert queries(desk, "post", NEW, sent()) == EVERY_REQUEST + 2
    # And the structures checked.
    assert queries(desk, "post", NEW, reoriented(world)) == EVERY_REQUEST + 3


def test_errors_keep_focusable_targets(world: World, desk: Client) -> None:
    response = post(desk, sent(statut=None, precisions="06 39 98 00 12", vers=["abc"]))
    text = plain(response.content)
    assert "Erreur : 3 points à revoir, Nouvelle fiche" in text
    for target in ("id_statut_0", "id_precisions", "id_vers"):
        assert f'href="#{target}"' in text
        assert f'id="{target}"' in text


def test_communes_to_choose_from_without_javascript(world: World, desk: Client) -> None:
    text = plain(desk.post(NEW, {"etape": "voir", "lieu_q": "doua"}).content)
    assert 'name="commune" value="59178"' in text
    assert "territoire de Douai" in text
