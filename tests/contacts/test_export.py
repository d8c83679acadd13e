"""Exports: exactly the rows of the list, labels in French, no précisions, nothing a spreadsheet runs."""

import csv
import datetime
import io
import resource

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from contacts.models import FicheDestination
from contacts.services import exports
from contacts.services.listing import Filters, fiches_of, versions_of
from spo_portal.kernel.bulk import insert_rows
from tests.conftest import LoginAs
from tests.factories import World, make_fiche, make_lists, system

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def client(world: World, login: LoginAs, monkeypatch: pytest.MonkeyPatch) -> Client:
    # A streamed answer gives its connection back; here it is the test's own.
    monkeypatch.setattr(connection, "close", lambda: None)
    return login(world.users["referent"])


@pytest.fixture
def some(world: World) -> None:
    with system():
        first = make_fiche(
            world.cio, world.lists, reference="F-1", statut=2, demandes=[1, 4], reponses=[2],
            canal="telephone", sexe="femme",
            age="moins_26", reoriented=True, suite="recue", suite_at=timezone.now(), suite_source="personne",
            precisions="CANARI", jour=TODAY,
        )  # fmt: skip
        FicheDestination.objects.create(
            fiche=first, region=world.region, origin=world.cio, site=world.mission, position=1
        )
        make_fiche(world.cio, world.lists, reference="F-2", jour=TODAY - datetime.timedelta(days=3))
        make_fiche(world.mission, world.lists, reference="F-AILLEURS")


def table(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/fiches/export.csv?{query}")
    content = b"".join(answer.streaming_content).decode()
    assert content.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(content[1:]), delimiter=";"))


def test_the_csv_says_everything_but_the_precisions(client: Client, some: None) -> None:
    first, second = table(client)
    assert first == {
        "Référence": "F-1", "Date": TODAY.isoformat(), "Canal": "Téléphone", "Sexe": "Femme",
        "Âge": "Moins de 26 ans",
        "Statut": "Etudiant", "Demande initiale": "Metier, Vae", "Réponse apportée": "Formation",
        "Issue": "Réorientée",
        "Orientée vers": "Mission locale de Lille", "Suite connue": "Reçue",
        "Suite connue le": TODAY.isoformat(),
        "Suite dite par": "la personne", "Saisie": "à l’écran",
    }  # fmt: skip
    assert second["Issue"] == "Résolue sur place"
    assert second["Sexe"] == second["Orientée vers"] == ""


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["F-1", "F-2"]),
        ("canal=telephone", ["F-1"]),
        ("issue=sur_place", ["F-2"]),
        ("statut=5", []),
        ("statut=99", ["F-1", "F-2"]),
    ],
)
def test_the_rows_are_those_of_the_list(client: Client, some: None, query: str, expected: list[str]) -> None:
    assert [row["Référence"] for row in table(client, query)] == expected
    answer = client.get(f"/fiches/export.xlsx?{query}")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content))["Fiches"]
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == expected
    html = client.get(f"/fiches/?{query}").content.decode()
    assert [name for name in ("F-1", "F-2") if f">{name}<" in html] == expected


def test_the_workbook_is_typed_and_explains_itself(client: Client, some: None) -> None:
    answer = client.get("/fiches/export.xlsx?canal=telephone")
    assert b"CANARI" not in answer.content
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    row = next(book["Fiches"].iter_rows(min_row=2))
    assert (row[1].value.date(), row[1].data_type) == (TODAY, "d")
    notes = " ".join(str(c.value) for r in book["Lisez-moi"].iter_rows() for c in r)
    assert "Téléphone" in notes
    assert "CIO de Lille" in notes
    for sheet in book:
        assert not [c for r in sheet.iter_rows() for c in r if c.data_type == "f"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_run(world: World, client: Client, start: str) -> None:
    with system():
        lists = make_lists(world.region, 2, TODAY)
        lists.items["statut"][0]["label"] = f"{start}cmd|' /C calc'!A0"
        lists.save()
        world.mission.name = f"{start}HYPERLINK(1)"
        world.mission.save()
        fiche = make_fiche(world.cio, lists, reference=f"{start}F", statut=1, reoriented=True)
        FicheDestination.objects.create(
            fiche=fiche, region=world.region, origin=world.cio, site=world.mission, position=1
        )
    (row,) = table(client)
    for name in ("Référence", "Statut", "Orientée vers"):
        assert row[name].startswith(f"'{start}"), name
    book = openpyxl.load_workbook(io.BytesIO(client.get("/fiches/export.xlsx").content))
    cells = [c for r in book["Fiches"].iter_rows(min_row=2) for c in r]
    assert cells[0].value == f"{start}F" or start in "\t\r"
    assert not [c for c in cells if c.data_type == "f"]


def test_each_export_is_in_the_trail_with_its_filters(world: World, client: Client, some: None) -> None:
    table(client, "canal=telephone")
    client.get("/fiches/export.xlsx")
    with system(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT data->>'format', data->'filters'->>'canal', acting_role, unit_id FROM kernel_auditevent"
            " WHERE action = 'contacts.fiches_exported' ORDER BY id"
        )
        trail = cursor.fetchall()
    assert trail == [("csv", "telephone", "referent", world.cio.pk), ("xlsx", None, "referent", world.cio.pk)]


def test_the_file_is_never_shared_nor_kept(client: Client, some: None) -> None:
    for kind in ("csv", "xlsx"):
        answer = client.get(f"/fiches/export.{kind}")
        assert "attachment" in answer.headers["Content-Disposition"]
        assert "no-store" in answer.headers["Cache-Control"]


def test_past_a_size_the_workbook_gives_way_to_the_csv(
    client: Client, some: None, settings: Settings
) -> None:
    settings.XLSX_MAX_ROWS = 1
    answer = client.get("/fiches/export.xlsx?issue=sur_place", follow=True)
    assert answer.status_code == 200
    answer = client.get("/fiches/export.xlsx?saisie=ecran", follow=True)
    assert answer.redirect_chain[0][0] == "/fiches/?saisie=ecran"
    assert "choisissez le CSV" in answer.content.decode()


def test_a_large_csv_keeps_its_memory(world: World) -> None:
    import uuid

    columns = {
        "uuid": "uuid", "cle_idempotence": "uuid", "reference": "text", "territory_id": "bigint",
        "site_id": "bigint",
        "list_version_id": "bigint", "entry": "text", "jour": "date", "canal": "text", "sexe": "text",
        "age": "text",
        "statut": "smallint", "demandes": "smallint[]", "reponses": "smallint[]", "precisions": "text",
        "reoriented": "boolean", "suite": "text", "suite_source": "text",
    }  # fmt: skip
    site = world.cio
    rows = [
        (uuid.uuid4(), uuid.uuid4(), f"R-{n}", site.territory_id, site.pk, world.lists.pk, "ecran", TODAY,
        "sur_place", "femme",
         "moins_26", n % 10 + 1, "{1,2,3}", "{2}", "", False, "", "")
        for n in range(20_000)
    ]  # fmt: skip
    with system():
        insert_rows("contacts_fichecontact", columns, rows)
    actor = world.actor("referent")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    lines = sum(
        bytes(c if isinstance(c, bytes) else c.encode()).count(b"\n")
        for c in exports.csv_chunks(Filters().apply(fiches_of(actor)), versions_of(actor))
    )
    assert lines == 20_001
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000


@pytest.mark.django_db(transaction=True)
def test_the_stream_opens_its_own_scope(world: World, login: LoginAs) -> None:
    """The body is sent after the request's transaction has ended: without a scope of its own it would be
    empty.
    """
    with system():
        make_fiche(world.cio, world.lists, reference="F-1")
        make_fiche(world.mission, world.lists, reference="F-AILLEURS")
    content = b"".join(login(world.users["referent"]).get("/fiches/export.csv").streaming_content).decode()
    assert "F-1" in content
    assert "F-AILLEURS" not in content
