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
from python_calamine import CalamineWorkbook

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


def content(client: Client, address: str) -> bytes:
    return b"".join(client.get(address).streaming_content)  # type: ignore[attr-defined]


def table(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/fiches/export.csv?{query}")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:]), delimiter=";"))


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
    sheet = openpyxl.load_workbook(io.BytesIO(content(client, f"/fiches/export.xlsx?{query}")))["Fiches"]
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == expected
    lines = CalamineWorkbook.from_filelike(io.BytesIO(content(client, f"/fiches/export.ods?{query}")))
    assert [row[0] for row in lines.get_sheet_by_name("Fiches").to_python()[1:]] == expected
    html = client.get(f"/fiches/?{query}").content.decode()
    assert [name for name in ("F-1", "F-2") if f">{name}<" in html] == expected


def test_the_workbook_is_typed_and_explains_itself(client: Client, some: None) -> None:
    book = openpyxl.load_workbook(io.BytesIO(content(client, "/fiches/export.xlsx?canal=telephone")))
    row = next(book["Fiches"].iter_rows(min_row=2))
    assert (row[1].value.date(), row[1].data_type) == (TODAY, "d")
    notes = " ".join(str(c.value) for r in book["Lisez-moi"].iter_rows() for c in r)
    for said in ("Canal : Téléphone", "CIO de Lille", "24 mois", "précisions"):
        assert said in notes
    for sheet in book:
        assert not [c for r in sheet.iter_rows() for c in r if c.data_type == "f" or "CANARI" in str(c.value)]
    ods = CalamineWorkbook.from_filelike(io.BytesIO(content(client, "/fiches/export.ods?canal=telephone")))
    assert ods.sheet_names == book.sheetnames == ["Fiches", "Lisez-moi"]
    assert ods.get_sheet_by_name("Fiches").to_python()[1][1] == TODAY
    assert "CANARI" not in str([ods.get_sheet_by_name(name).to_python() for name in ods.sheet_names])


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\u00a0 =", "\ufeff+", "\uff1d"])
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
    book = openpyxl.load_workbook(io.BytesIO(content(client, "/fiches/export.xlsx")))
    cells = [c for r in book["Fiches"].iter_rows(min_row=2) for c in r]
    assert cells[0].value == f"{start}F" or start in "\t\r"
    assert cells[0].quotePrefix
    assert not [c for c in cells if c.data_type == "f"]


def test_each_export_is_in_the_trail_with_its_filters(world: World, client: Client, some: None) -> None:
    table(client, "canal=telephone")
    content(client, "/fiches/export.xlsx")
    content(client, "/fiches/export.ods")
    with system(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT data->>'format', data->'filters'->>'canal', acting_role, unit_id FROM kernel_auditevent"
            " WHERE action = 'contacts.fiches_exported' ORDER BY id"
        )
        trail = cursor.fetchall()
    assert trail == [
        ("csv", "telephone", "referent", world.cio.pk),
        ("xlsx", None, "referent", world.cio.pk),
        ("ods", None, "referent", world.cio.pk),
    ]


def test_the_file_is_never_shared_nor_kept(client: Client, some: None) -> None:
    for kind in ("csv", "xlsx", "ods"):
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


def test_boxes_out_of_the_ordinary_are_written_too(world: World, client: Client) -> None:
    """Numbers in another order, all the boxes, one that the list no longer has, labels of two versions."""
    with system():
        later = make_lists(world.region, 2, TODAY)
        later.items["demande"][0]["label"] = "Autre nom"
        later.save()
        for index, (lists, boxes) in enumerate(
            [
                (world.lists, [4, 1]),
                (world.lists, [1, 2, 3, 4, 5, 6, 7]),
                (world.lists, [1, 99]),
                (later, [1, 2]),
                (later, [7, 6, 5, 2, 1]),
            ]
        ):
            make_fiche(world.cio, lists, reference=f"F-{index}", demandes=boxes, jour=TODAY)
    said = {row["Référence"]: (row["Demande initiale"], row["Réponse apportée"]) for row in table(client)}
    assert said == {
        "F-0": ("Metier, Vae", ""),
        "F-1": ("Metier, Formation, Emploi, Vae, Financement, Creation reprise, Autre", ""),
        "F-2": ("Metier", ""),
        "F-3": ("Autre nom, Formation", ""),
        "F-4": ("Autre nom, Formation, Financement, Creation reprise, Autre", ""),
    }


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
        (c if isinstance(c, bytes) else c.encode()).count(b"\n")
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
    client = login(world.users["referent"])
    for kind in ("csv", "xlsx", "ods"):
        sent = content(client, f"/fiches/export.{kind}")
        if kind != "csv":
            sent = str(
                CalamineWorkbook.from_filelike(io.BytesIO(sent)).get_sheet_by_name("Fiches").to_python()
            ).encode()
        assert b"F-1" in sent
        assert b"F-AILLEURS" not in sent
