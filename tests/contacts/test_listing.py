"""The list of the site's fiches: filters in the address, pages, constant queries, never a foreign row, never
a 5xx.
"""

import datetime
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts.models import FicheDestination
from tests.conftest import LoginAs
from tests.factories import World, make_fiche, system

pytestmark = pytest.mark.django_db
URL = "/fiches/"
TODAY = timezone.localdate()


@pytest.fixture
def client(world: World, login: LoginAs) -> Client:
    return login(world.users["referent"])


@pytest.fixture
def some(world: World) -> None:
    """Four fiches, each met by its own filters, and one of another site."""
    with system():
        now = timezone.now()
        make_fiche(world.cio, world.lists, reference="F-1", statut=1, demandes=[1], canal="sur_place")
        make_fiche(
            world.cio,
            world.lists,
            reference="F-2",
            statut=2,
            demandes=[2, 3],
            canal="telephone",
            reoriented=True,
        )
        make_fiche(
            world.cio, world.lists, reference="F-3", statut=3, demandes=[3], reoriented=True, suite="recue",
            suite_at=now,
            suite_source="personne", entry="papier", jour=TODAY - datetime.timedelta(days=40),
        )  # fmt: skip
        make_fiche(
            world.cio, world.lists, reference="F-4", entry="import", jour=TODAY - datetime.timedelta(days=400)
        )
        make_fiche(world.mission, world.lists, reference="F-AILLEURS")


def shown(client: Client, **filters: object) -> set[str]:
    html = client.get(f"{URL}?{urlencode(filters)}").content.decode()
    return {name for name in ("F-1", "F-2", "F-3", "F-4", "F-AILLEURS") if f">{name}<" in html}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, {"F-1", "F-2", "F-3", "F-4"}),
        ({"du": TODAY.isoformat()}, {"F-1", "F-2"}),
        ({"au": (TODAY - datetime.timedelta(days=40)).isoformat()}, {"F-3", "F-4"}),
        ({"du": TODAY.isoformat(), "au": "2020-01-01"}, {"F-1", "F-2", "F-3", "F-4"}),
        ({"statut": 2}, {"F-2"}),
        ({"demande": 3}, {"F-2", "F-3"}),
        ({"canal": "telephone"}, {"F-2"}),
        ({"issue": "reorientee"}, {"F-2", "F-3"}),
        ({"issue": "sur_place"}, {"F-1", "F-4"}),
        ({"suite": "attendue"}, {"F-2"}),
        ({"suite": "recue"}, {"F-3"}),
        ({"saisie": "papier"}, {"F-3"}),
        ({"saisie": "import", "canal": "sur_place"}, {"F-4"}),
        ({"statut": 2, "canal": "sur_place"}, set()),
    ],
)
def test_each_filter_keeps_its_rows(
    client: Client, some: None, filters: dict[str, object], expected: set[str]
) -> None:
    assert shown(client, **filters) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("statut", "99"), ("statut", "-1"), ("statut", "1;DROP"), ("statut", "9" * 400), ("statut", "²"),
        ("demande", "x"),
        ("canal", "pigeon"), ("issue", "0"), ("suite", "<script>"), ("saisie", "\x00"), ("du", "hier"),
        ("du", "0001-01-01"),
        ("au", "9999-12-31"), ("au", "2026-02-31"), ("page", "zéro"), ("page", "-4"), ("page", "9" * 300),
        ("page", "\ud800"),
        ("inconnu", "1"), ("statut", "\u0000"), ("du", "20260101T000000"),
    ],
)  # fmt: skip
def test_a_bad_address_is_explained_never_an_error(client: Client, some: None, name: str, value: str) -> None:
    for headers in ({}, {"HX-Request": "true"}):
        query = urlencode({name: value}, errors="surrogatepass")
        answer = client.get(f"{URL}?{query}", headers=headers)
        assert answer.status_code == 200
        assert b"F-1" in answer.content
        assert b"<script>" not in answer.content.replace(b"<script src", b"")
    assert client.get(f"/fiches/export.xlsx?{query}").status_code == 200


def test_an_ignored_filter_is_said(client: Client, some: None) -> None:
    assert "n’a pas été compris" in client.get(f"{URL}?statut=99").content.decode()
    assert "n’a pas été compris" not in client.get(URL).content.decode()


@pytest.mark.parametrize("count", [1, 50])
def test_the_number_of_queries_does_not_follow_the_rows(
    world: World, client: Client, count: int, django_assert_num_queries
) -> None:  # type: ignore[no-untyped-def]
    with system():
        for _ in range(count):
            fiche = make_fiche(world.cio, world.lists, reoriented=True)
            FicheDestination.objects.create(
                fiche=fiche, region=world.region, origin=world.cio, site=world.mission, position=1
            )
    client.get(URL)
    with django_assert_num_queries(11):
        client.get(URL)


def test_pages_of_fifty_keep_the_filters_and_a_stable_order(world: World, client: Client) -> None:
    with system():
        for n in range(120):
            make_fiche(world.cio, world.lists, reference=f"N-{n:03d}", canal="courriel")
    seen: list[str] = []
    for page in (1, 2, 3):
        html = client.get(f"{URL}?canal=courriel&page={page}").content.decode()
        seen += [f"N-{n:03d}" for n in reversed(range(120)) if f">N-{n:03d}<" in html]
        assert "canal=courriel&amp;page=" in html
    assert seen == [f"N-{n:03d}" for n in reversed(range(120))]
    assert client.get(f"{URL}?page=99").status_code == 200


def test_htmx_gets_the_list_only_and_a_clean_address(client: Client, some: None) -> None:
    answer = client.get(f"{URL}?statut=2&canal=&du=", headers={"HX-Request": "true"})
    html = answer.content.decode()
    assert html.lstrip().startswith("<div")
    assert "<html" not in html
    assert answer.headers["HX-Push-Url"] == "/fiches/?statut=2"
    assert "HX-Request" in answer.headers["Vary"]


def test_the_export_links_carry_the_filters_and_belong_to_the_referent(
    world: World, client: Client, some: None, login: LoginAs
) -> None:
    html = client.get(f"{URL}?statut=2&canal=telephone").content.decode()
    assert "/fiches/export.csv?statut=2&amp;canal=telephone" in html
    assert "/fiches/export.xlsx?statut=2&amp;canal=telephone" in html
    desk = login(world.users["conseiller"])
    assert "export.csv" not in desk.get(URL).content.decode()
    assert desk.get("/fiches/export.csv").status_code == 403


def test_nobody_but_the_site_reads_its_list(world: World, some: None, login: LoginAs) -> None:
    assert shown(login(world.users["conseiller_mission"])) == {"F-AILLEURS"}
    assert shown(login(world.users["conseiller_niort"])) == set()
    for role in ("coordinateur", "animation", "region", "prefecture", "administrateur"):
        assert login(world.users[role]).get(URL).status_code == 403
    assert Client().get(URL).headers["Location"].startswith("/connexion/")


def test_an_empty_list_says_what_to_do(client: Client) -> None:
    html = client.get(URL).content.decode()
    assert "Aucune fiche encore" in html
    assert reverse("fiche_nouvelle") in html
    assert "Aucune fiche avec ces filtres" in client.get(f"{URL}?statut=1").content.decode()
