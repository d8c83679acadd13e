"""The paper pile: a head once, then short lines; each recorded once, corrected or undone within 24 hours."""

import datetime
import uuid

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

import contacts.tasks  # noqa: F401 - what the worker loads: it subscribes the removal of undone lines
from contacts.models import FicheContact, FicheDestination
from spo_portal.kernel import outbox
from tests.conftest import LoginAs
from tests.factories import World, acting_as_role, make_fiche, system

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
HEAD = {"jour": TODAY.isoformat(), "canal": "sur_place"}


@pytest.fixture
def client(world: World, login: LoginAs) -> Client:
    return login(world.users["referent"])


def line(**fields: object) -> dict[str, object]:
    return HEAD | {"statut": "6", "demandes": "2 3", "cle_idempotence": str(uuid.uuid4())} | fields


def fiches(world: World) -> list[FicheContact]:
    with system():
        return list(FicheContact.objects.for_territory(world.lille).order_by("id"))


def test_the_head_comes_first_and_stays_in_the_address(client: Client) -> None:
    assert "Commencer la pile" in client.get("/fiches/pile/").content.decode()
    html = client.get("/fiches/pile/", HEAD).content.decode()
    assert "Ajouter la ligne" in html
    assert "Numéros des cases" in html


@pytest.mark.parametrize(
    "head", [{"jour": "x", "canal": "sur_place"}, {"jour": "", "canal": ""}, {"jour": "\x00"}]
)
def test_a_bad_head_is_told(client: Client, head: dict[str, str]) -> None:
    answer = client.get("/fiches/pile/", head)
    assert answer.status_code == 422
    assert 'id="erreurs"' in answer.content.decode()


@pytest.mark.parametrize("hx", [False, True])
def test_lines_follow_each_other(world: World, client: Client, hx: bool) -> None:
    headers = {"HX-Request": "true"} if hx else {}
    for _ in range(3):
        answer = client.post(
            "/fiches/pile/ligne/", line(sexe="femme", age="moins_26", reponses="23"), headers=headers
        )
        assert answer.status_code == (200 if hx else 302)
    if not hx:
        answer = client.get(answer.headers["Location"])
    html = answer.content.decode()
    assert html.count("LIL-CIO-") >= 3
    assert ">3\xa0lignes saisies<" in html or "3 lignes" in html or "3\u202flignes" in html
    assert {f.entry for f in fiches(world)} == {"papier"}
    assert fiches(world)[0].reponses == [2, 3]
    assert ("<html" in html) is not hx


def test_a_line_sent_twice_is_one_fiche(world: World, client: Client) -> None:
    same = line()
    client.post("/fiches/pile/ligne/", same)
    client.post("/fiches/pile/ligne/", same)
    assert len(fiches(world)) == 1


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [("2 3", [2, 3]), ("23", [2, 3]), ("3,2", [2, 3]), ("7", [7]), ("2/2", [2]), (" 1; 4 ", [1, 4])],
)
def test_boxes_are_typed_by_their_numbers(
    world: World, client: Client, typed: str, numbers: list[int]
) -> None:
    client.post("/fiches/pile/ligne/", line(demandes=typed))
    assert fiches(world)[0].demandes == numbers


@pytest.mark.parametrize(
    "bad",
    [
        {"statut": ""}, {"statut": "11"}, {"statut": "0"}, {"statut": "un"}, {"statut": "²"},
        {"statut": "\x00"},
        {"demandes": ""}, {"demandes": "9"}, {"demandes": "métier"}, {"demandes": "1" * 39},
        {"demandes": "x" * 500},
        {"demandes": "89"}, {"demandes": ","}, {"reponses": "8"}, {"reponses": "\ud800"}, {"sexe": "x"},
        {"age": "x"},
        {"vers1": "999999999999999999999"}, {"vers1": "x"}, {"precisions": "06 12 34 56 78"},
        {"precisions": "x" * 201},
        {"precisions": "a\x00b"}, {"statut": ["6", "x"]}, {"jour": "2099-01-01"}, {"jour": "x"},
        {"canal": "x"},
    ],
)  # fmt: skip
def test_a_bad_line_keeps_what_was_typed(world: World, client: Client, bad: dict[str, object]) -> None:
    sent = line(
        **{
            k: v.encode("utf-8", "surrogatepass").decode("latin-1") if k == "reponses" else v
            for k, v in bad.items()
        }
    )
    answer = client.post("/fiches/pile/ligne/", sent)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert 'id="erreurs"' in html
    assert not fiches(world)
    if "demandes" not in bad and "jour" not in bad and "canal" not in bad:
        assert 'value="2 3"' in html


def test_destinations_are_chosen_among_the_places_that_receive(world: World, client: Client) -> None:
    client.post("/fiches/pile/ligne/", line(vers1=str(world.mission.pk), vers2=str(world.douai_site.pk)))
    with system():
        assert list(FicheDestination.objects.order_by("position").values_list("site_id", flat=True)) == [
            world.mission.pk,
            world.douai_site.pk,
        ]
    for site in (world.cio, world.niort_site):
        assert client.post("/fiches/pile/ligne/", line(vers1=str(site.pk))).status_code == 422
    same = line(vers1=str(world.mission.pk), vers2=str(world.mission.pk))
    assert "deux fois" in client.post("/fiches/pile/ligne/", same).content.decode()


def test_a_line_is_corrected_in_place(world: World, client: Client) -> None:
    client.post("/fiches/pile/ligne/", line(vers1=str(world.mission.pk)))
    (fiche,) = fiches(world)
    html = client.get("/fiches/pile/", HEAD | {"ligne": str(fiche.uuid)}).content.decode()
    assert "Corriger la ligne" in html
    answer = client.post(
        "/fiches/pile/ligne/", line(statut="2", ligne=str(fiche.uuid), vers1=str(world.mission.pk))
    )
    assert answer.status_code == 302
    (fiche,) = fiches(world)
    assert (fiche.statut, fiche.entry, fiche.reoriented) == (2, "papier", True)
    stale = client.post("/fiches/pile/ligne/", line(statut="3", ligne=str(fiche.uuid), vu="2020-01-01"))
    assert stale.status_code == 422
    assert "quelqu’un d’autre" in stale.content.decode()


def test_an_undone_line_disappears_and_is_counted_no_more(world: World, client: Client) -> None:
    client.post("/fiches/pile/ligne/", line(vers1=str(world.mission.pk)))
    client.post("/fiches/pile/ligne/", line())
    first, second = fiches(world)
    answer = client.post(f"/fiches/pile/{first.uuid}/annuler/", follow=True)
    html = answer.content.decode()
    assert f"{first.reference}</th>" not in html
    assert f"{second.reference}</th>" in html
    for _ in range(3):
        with transaction.atomic(), acting_as_role("spo_worker"):
            outbox.drain()
    assert [f.pk for f in fiches(world)] == [second.pk]
    with system(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count FROM dashboards_rollup WHERE dimension = 'contacts' AND site_id = %s",
            [world.cio.pk],
        )
        assert cursor.fetchone()[0] == 1


def test_only_recent_paper_lines_of_the_site_are_undone(world: World, client: Client, login: LoginAs) -> None:
    with system():
        old = make_fiche(
            world.cio, world.lists, entry="papier", created_at=timezone.now() - datetime.timedelta(hours=25)
        )
        screen = make_fiche(world.cio, world.lists)
        foreign = make_fiche(world.mission, world.lists, entry="papier")
    assert "délai" in client.post(f"/fiches/pile/{old.uuid}/annuler/", follow=True).content.decode()
    assert client.post(f"/fiches/pile/{screen.uuid}/annuler/").status_code == 404
    assert client.post(f"/fiches/pile/{foreign.uuid}/annuler/").status_code == 404
    assert client.post(f"/fiches/pile/{uuid.uuid4()}/annuler/").status_code == 404
    assert client.get(f"/fiches/pile/{old.uuid}/annuler/").status_code == 405
    assert login(world.users["conseiller"]).get("/fiches/pile/").status_code == 403
    with transaction.atomic(), acting_as_role("spo_worker"):
        outbox.drain()
    assert len(fiches(world)) == 3


@pytest.mark.parametrize("count", [1, 50])
def test_the_number_of_queries_does_not_follow_the_rows(
    world: World, client: Client, count: int, django_assert_max_num_queries
) -> None:  # type: ignore[no-untyped-def]
    with system():
        for _ in range(count):
            make_fiche(world.cio, world.lists, entry="papier")
    client.get("/fiches/pile/", HEAD)
    with django_assert_max_num_queries(16):
        client.get("/fiches/pile/", HEAD)
