"""The territory's page: what is published for each question, in few queries, whole or as a fragment."""

import datetime
import re
from typing import Any
from unittest import mock

import pytest
from django.test import Client
from django.utils import timezone

from dashboards.enums import Audience
from dashboards.models import Release
from tests.dashboards.releases import NEIGHBOUR, SMALL, make_release
from tests.factories import World, make_site, open_week, system

pytestmark = pytest.mark.django_db
YEAR = 2026
TODAY = datetime.date(2026, 11, 24)
QUERIES = 20


@pytest.fixture(autouse=True)
def _today() -> Any:
    with mock.patch("dashboards.views.questions.timezone.localdate", return_value=TODAY):
        yield


def months(count: int) -> dict[str, Any]:
    return {str(month): {"": count + month} for month in range(1, 12)}


def cells(world: World, sites: dict[int, int] | None = None) -> dict[str, Any]:
    """A release of 1 166 contacts with a hidden demande, a network, and the places given."""
    cio = str(world.reseaux["CIO"].pk)
    return {
        "y": {
            "contacts": {"": 1166},
            "issue": {"reoriente": 700, "sur_place": 466},
            "demande": {"1": 620, "2": 512, "7": SMALL, "6": NEIGHBOUR},
            "reponse": {"1": 300},
            "demande_reponse": {"1:1": 280, "2:1": 90},
            "demande_statut": {"1:1": 320},
            "demande_issue": {"1:reoriente": 400, "1:sur_place": 220},
            "statut": {"1": 777, "5": 389},
            "age": {"moins_26": 500, "plus_26": 666},
            "statut_age": {"1:moins_26": 400, "1:plus_26": 377},
            "suite": {"recue": 500, "jamais_venue": 60, "attendue": 140},
        },
        "m": {"contacts": months(100), "demande": {"10": {"1": 55}}},
        "r": {"contacts": {cio: {"": 431}}, "issue": {cio: {"reoriente": 321, "sur_place": 110}}},
        "mr": {"10": {cio: 41}},
        "s": {"contacts": {str(pk): {"": n} for pk, n in (sites or {}).items()}},
        "ms": {"10": {str(pk): 12 for pk in sites or {}}},
    }


@pytest.fixture
def client(world: World, login: Any) -> Client:
    return login(world.users["coordinateur"])


def address(world: World, query: str = "") -> str:
    return f"/tableau-de-bord/territoire/{world.lille.pk}/{query}"


def text_of(answer: Any) -> str:
    """What the page reads as, one space between words."""
    assert answer.status_code == 200
    bare = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"[\s\xa0\u202f]+", " ", bare)


def keys(answer: Any) -> list[str]:
    return [table.key for table in answer.context["page"].tables()]


def test_the_whole_page(world: World, client: Client) -> None:
    make_release(world.lille, cells=cells(world, {world.cio.pk: 431}))
    said = text_of(client.get(address(world)))
    for words in (
        "Territoire de Lille, année 2026", "Ce qui a changé", "1 166", "60 %", "Contacts par mois",
        "Ce qui a été demandé, ce qui a été répondu", "Heures sans porte ouverte", "CIO de Lille",
        "Pourquoi « masqué » ?", "Trait noir : seuil de 50 % sans rendez-vous",
    ):  # fmt: skip
        assert words in said, words


def test_few_queries_whatever_the_number_of_places(
    world: World, client: Client, django_assert_num_queries: Any
) -> None:
    release = make_release(world.lille, cells=cells(world, {world.cio.pk: 431}))
    client.get(address(world))
    with django_assert_num_queries(QUERIES):
        client.get(address(world))
    with system():
        made = [make_site(world.lille, f"Lieu {n}", world.reseaux["CIO"], f"L{n}") for n in range(58)]
        for site in made:
            open_week(site)
        Release.objects.for_system().filter(pk=release.pk).update(
            cells=cells(world, {site.pk: 7 + n for n, site in enumerate(made)})
        )
    with django_assert_num_queries(QUERIES):
        assert "60 lieux" in text_of(client.get(address(world)))


def test_a_network_shows_its_year_and_its_contacts_by_month(world: World, client: Client) -> None:
    make_release(world.lille, cells=cells(world))
    asked = client.get(address(world, f"?reseau={world.reseaux['CIO'].pk}&mois=10"))
    said = text_of(asked)
    assert "Territoire de Lille, année 2026" in said
    assert "Les chiffres sont ceux de l’année" in said
    assert "431" in said
    assert "41" in said
    assert "1 166" not in said
    assert "statuts" in keys(asked)
    assert not {"reseaux", "statut_age", "demande_reponse", "flux_reseaux"} & set(keys(asked))


def test_a_demande_shows_only_what_is_crossed_with_it(world: World, client: Client) -> None:
    make_release(world.lille, cells=cells(world))
    asked = client.get(address(world, "?demande=1"))
    assert keys(asked) == ["mois", "statuts", "reponses", "lieux"]
    assert "620" in text_of(asked)
    sliced = client.get(address(world, f"?demande=1&reseau={world.reseaux['CIO'].pk}"))
    assert "Pour une demande, seul" in text_of(sliced)
    assert keys(sliced) == ["lieux"]


def test_a_hidden_count_is_nowhere_and_sorts_as_zero(world: World, client: Client) -> None:
    make_release(world.lille, cells=cells(world))
    table = client.get(address(world)).context["page"].demandes
    shown = [(row.label, row.values[1].value) for row in table.rows]
    assert shown[:2] == [("Metier", 620), ("Formation", 512)]
    assert all(value in (None, 0) for _, value in shown[2:])


def test_a_fragment_moves_the_address_and_says_so(world: World, client: Client) -> None:
    make_release(world.lille, cells=cells(world))
    query = "?annee=2026&mois=10&reseau=&lieu=&demande=&comparer="
    answer = client.get(address(world, query), headers={"HX-Request": "true"})
    body = answer.content.decode()
    assert "<html" not in body
    assert answer.headers["HX-Push-Url"] == address(world, "?mois=10")
    assert 'data-title="Territoire de Lille, octobre 2026"' in body
    assert "Chiffres mis à jour. Période : octobre 2026" in re.sub("\xa0", " ", body)
    whole = client.get(address(world, "?mois=10")).content.decode()
    assert "Chiffres mis à jour" not in whole
    assert 'id="chiffres-annonce"' in whole


@pytest.mark.parametrize("sort", ["fiches", "-fiches", "lieu", "-lieu", "sans_rdv", "saisie", "absurde"])
def test_the_places_sort_by_address(world: World, client: Client, sort: str) -> None:
    make_release(world.lille, cells=cells(world, {world.cio.pk: 30, world.mission.pk: 20}))
    rows = client.get(address(world, f"?tri={sort}")).context["page"].places.rows
    expected = {"fiches": "Mission locale de Lille", "-lieu": "Mission locale de Lille"}
    assert rows[0].label == expected.get(sort, "CIO de Lille")


def test_nothing_yet_says_what_to_expect(world: World, client: Client) -> None:
    said = text_of(client.get(address(world)))
    assert "Pas encore de fiche à compter" in said
    assert "Chiffres pas encore calculés" in said
    assert "CIO de Lille" in said


def test_everything_masked_still_reads(world: World, client: Client) -> None:
    held = {"y": {"contacts": {"": SMALL}, "issue": {"reoriente": SMALL}, "demande": {"1": NEIGHBOUR}},
            "m": {"contacts": {"10": {"": SMALL}}}}  # fmt: skip
    make_release(world.lille, cells=held)
    for query in ("", "?mois=10", "?demande=1"):
        said = text_of(client.get(address(world, query)))
        assert "masqué" in said


def test_corrections_of_closed_months_are_told(world: World, client: Client) -> None:
    release = make_release(world.lille, cells=cells(world))
    told = {"first_month": 1, "corrections": [[9, 2, "2026-11-14T09:00:00+00:00"]]}
    with system():
        Release.objects.for_system().filter(pk=release.pk).update(measures=told)
    said = text_of(client.get(address(world)))
    assert "Septembre 2026, clos le 10 octobre 2026, corrigé le 14 novembre 2026 (2 changements)" in said


def test_the_region_is_not_compared_with_where_a_territory_hides(world: World, client: Client) -> None:
    make_release(world.lille, cells=cells(world))
    region = {"y": {"contacts": {"": 5000}, "demande": {"1": 2000, "7": 3}}, "m": {}, "r": {}}
    with system():
        Release.objects.create(
            region=world.region, year=YEAR, audience=Audience.OUTSIDE, cells=region, summary={},
            measures={"partial": [["y", "demande", "", ["7"]]]}, filled_at=timezone.now(),
        )  # fmt: skip
    table = client.get(address(world)).context["page"].demandes
    by_word = {row.label: row.values[-1] for row in table.rows}
    assert [column.title for column in table.columns][-1] == "Région"
    assert by_word["Metier"].value == pytest.approx(0.4)
    assert by_word["Autre"].masked


def test_growth_compares_the_same_months(world: World, client: Client) -> None:
    """The year in progress against all of last year would always shrink."""
    make_release(world.lille, cells=cells(world))
    before = cells(world)
    before["m"]["contacts"] = {str(month): {"": 200} for month in range(1, 13)}
    make_release(world.lille, year=YEAR - 1, cells=before)
    with system():
        Release.objects.for_system().update(measures={"first_month": 1})
    contacts = client.get(address(world)).context["page"].bigs[0]
    # January to October: 1 055 against 2 000.
    assert contacts.versus[0].replace("\u202f", " ").replace("\xa0", " ") == (
        "− 47 % en un an, de janvier à octobre"
    )
    november = client.get(address(world, "?mois=11")).context["page"].bigs[0]
    assert november.versus[0] == "mois en cours"


def test_no_agent_and_no_other_territory(world: World, client: Client, login: Any) -> None:
    make_release(world.douai, cells=cells(world))
    assert client.get(f"/tableau-de-bord/territoire/{world.douai.pk}/").status_code == 404
    assert login(world.users["conseiller"]).get(address(world)).status_code == 403
