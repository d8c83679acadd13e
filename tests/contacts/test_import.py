"""Past fiches from a file: read first, all or none, never twice, and nothing nominative kept on the way."""

import io
import uuid

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from contacts.models import FicheContact, FicheDestination, ImportFile
from contacts.resources import dry_run
from contacts.services.fiches import DestinationData, FicheData
from contacts.services.past import PastFiche, PastRefused, record_past_fiches
from contacts.services.purge import first_countable_month
from spo_portal.kernel.errors import Refused
from territories.access import SYSTEM_ACTOR
from territories.models import Site
from tests.conftest import LoginAs
from tests.factories import World, system

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate().strftime("%d/%m/%Y")
HEAD = "date;canal;sexe;age;statut;demandes;reponses;vers;precisions;numero\n"
GOOD = (
    f"{HEAD}{TODAY};sur place;F;-26;6;2,3;2;LIL-ML;CAP cuisine;A1\n"
    f"{TODAY};téléphone;;+26;Étudiant;métier;;;;A2\n"
)


def send(client: Client, content: str | bytes, name: str = "fiches.csv") -> HttpResponse:
    data = content.encode() if isinstance(content, str) else content
    return client.post(reverse("fiches_import"), {"fichier": SimpleUploadedFile(name, data)})


def confirm(client: Client, answer: HttpResponse) -> HttpResponse:
    assert answer.status_code == 302, answer.content.decode()
    return client.post(answer.headers["Location"])


def fiches(world: World) -> list[FicheContact]:
    with system():
        return list(FicheContact.objects.for_territory(world.lille).order_by("id"))


@pytest.fixture
def client(world: World, login: LoginAs) -> Client:
    return login(world.users["referent"])


def test_a_file_is_read_then_imported_then_changes_nothing(world: World, client: Client) -> None:
    answer = send(client, GOOD)
    page = client.get(answer.headers["Location"]).content.decode()
    assert "Importer 2" in page
    assert not fiches(world)
    assert confirm(client, answer).status_code == 302
    first, second = fiches(world)
    assert (first.statut, first.demandes, first.reponses, first.age, first.entry) == (
        6,
        [2, 3],
        [2],
        "moins_26",
        "import",
    )
    assert first.reoriented
    assert not second.reoriented
    assert (second.canal, second.statut, second.demandes) == ("telephone", 2, [1])
    assert first.reference.endswith("000001")
    again = send(client, GOOD)
    assert "tout est déjà là" in client.get(again.headers["Location"]).content.decode()
    confirm(client, again)
    assert len(fiches(world)) == 2


def test_one_bad_line_and_nothing_is_kept(world: World, client: Client) -> None:
    answer = send(client, GOOD + f"{TODAY};pigeon;X;;99;;;ABC-1;tel 06 12 34 56 78;A3\n")
    html = answer.content.decode()
    assert answer.status_code == 422
    assert html.count("Ligne 4") >= 5
    assert "pigeon" in html
    with system():
        assert not ImportFile.objects.count()
    assert not fiches(world)


def test_only_the_columns_of_the_model_are_kept_until_the_decision(world: World, client: Client) -> None:
    book = openpyxl.Workbook()
    book.properties.creator = "CANARI"
    book.active.title = "Fiches"
    for line in (["date", "canal", "statut", "demandes"], [timezone.localdate(), "sur place", 6, "2,3"]):
        book.active.append(line)
    book.create_sheet("Brouillon").append(["CANARI 0612345678"])
    target = io.BytesIO()
    book.save(target)
    answer = send(client, target.getvalue(), "fiches.xlsx")
    with system():
        kept = bytes(ImportFile.objects.get().content)
    assert b"CANARI" not in kept
    confirm(client, answer)
    with system():
        file = ImportFile.objects.get()
    assert file.content is None
    assert file.imported_at
    assert len(fiches(world)) == 1
    assert client.get(answer.headers["Location"]).status_code == 302


def test_giving_up_erases_the_file(world: World, client: Client) -> None:
    answer = send(client, GOOD)
    address = answer.headers["Location"]
    assert client.post(f"{address}abandonner/").status_code == 302
    assert client.get(address).status_code == 404


def test_the_file_of_another_site_does_not_exist(world: World, client: Client, login: LoginAs) -> None:
    address = send(client, GOOD).headers["Location"]
    other = login(world.users["referent_mission"])
    assert other.get(address).status_code == 404
    assert other.post(address).status_code == 404
    assert other.post(f"{address}abandonner/").status_code == 404
    assert login(world.users["conseiller"]).get(reverse("fiches_import")).status_code == 403


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (";sur place;;;1;1;;;;", "date"),
        ("31/02/2026;sur place;;;1;1;;;;", "date"),
        ("01/01/2001;sur place;;;1;1;;;;", "date"),
        ("01/01/2099;sur place;;;1;1;;;;", "date"),
        (f"{TODAY};;;;1;1;;;;", "canal"),
        (f"{TODAY};sur place;femelle;;1;1;;;;", "sexe"),
        (f"{TODAY};sur place;;25;1;1;;;;", "age"),
        (f"{TODAY};sur place;;;;1;;;;", "statut"),
        (f"{TODAY};sur place;;;1,2;1;;;;", "statut"),
        (f"{TODAY};sur place;;;1;;;;;", "demandes"),
        (f"{TODAY};sur place;;;1;12;;;;", "demandes"),
        (f"{TODAY};sur place;;;1;2026-02-01;;;;", "demandes"),
        (f"{TODAY};sur place;;;1;1;8;;;", "reponses"),
        (f"{TODAY};sur place;;;1;1;;LIL-CIO;;", "vers"),
        (f"{TODAY};sur place;;;1;1;;LIL-ML,LIL-ML;;", "vers"),
        (f"{TODAY};sur place;;;1;1;;;{'x' * 201};", "precisions"),
        (f"{TODAY};sur place;;;1;1;;;ecrire a nom@exemple.fr;", "precisions"),
        (f"{TODAY};sur place;;;1;1;;;=1+1;", "precisions"),
        (f"{TODAY};sur place;;;1;1;;;;a b c", "numero"),
    ],
)
def test_each_cell_has_its_error(world: World, line: str, column: str) -> None:
    actor = world.actor("referent")
    run, kept = dry_run(by=actor, site=world.cio, content=(HEAD + line + "\n").encode())
    assert [(error.line, error.column) for error in run.errors] == [(2, column)]
    assert kept == b""


@pytest.mark.parametrize("age", ["-26", "\u221226", "moins de 26 ans", "Moins 26"])
def test_an_age_is_read_whatever_its_minus_sign(world: World, age: str) -> None:
    run, _ = dry_run(
        by=world.actor("referent"), site=world.cio, content=f"{HEAD}{TODAY};place;;{age};1;1;;;;\n".encode()
    )
    assert [line.fiche.data.age for line in run.lines] == ["moins_26"]


def test_two_alike_contacts_are_two_fiches_and_order_does_not_matter(world: World) -> None:
    actor, site = world.actor("referent"), world.cio
    a, b = f"{TODAY};sur place;;;1;1;;;;\n", f"{TODAY};sur place;;;2;1;;;;\n"
    first, _ = dry_run(by=actor, site=site, content=(HEAD + a + a + b).encode())
    second, _ = dry_run(by=actor, site=site, content=(HEAD + b + a + a).encode())
    keys = {line.fiche.cle_idempotence for line in first.lines}
    assert len(keys) == 3
    assert keys == {line.fiche.cle_idempotence for line in second.lines}


def test_the_kept_file_reads_back_to_the_same_contacts(world: World) -> None:
    actor = world.actor("referent")
    text = GOOD + f'{TODAY};courriel;H;;1;1;;;"- reprise ; ""vite""";\n'
    run, kept = dry_run(by=actor, site=world.cio, content=text.encode())
    again, kept_again = dry_run(by=actor, site=world.cio, content=kept)
    assert kept == kept_again
    assert [line.fiche for line in run.lines] == [line.fiche for line in again.lines]


def test_the_models_are_good_files(world: World, client: Client) -> None:
    actor = world.actor("referent")
    for format in ("csv", "xlsx"):
        answer = client.get(reverse("fiches_import_modele", args=[format]))
        assert answer.status_code == 200
        world.actor("referent")
        run, _ = dry_run(by=actor, site=world.cio, content=answer.content)
        assert not run.errors, run.errors
        assert run.total == 2


def test_the_largest_file_is_taken_whole(world: World, client: Client) -> None:
    body = "".join(f"{TODAY};sur place;F;-26;{n % 10 + 1};2,3;2;LIL-ML;;N{n}\n" for n in range(2000))
    answer = send(client, HEAD + body)
    confirm(client, answer)
    assert len(fiches(world)) == 2000


def rows(count: int, **fields: object) -> list[PastFiche]:
    data = {"jour": timezone.localdate(), "canal": "sur_place", "statut": 1, "demandes": (1,)} | fields
    return [PastFiche(FicheData(**data), uuid.uuid4()) for _ in range(count)]  # type: ignore[arg-type]


def test_the_bulk_service_writes_one_event_per_month_and_counts_once(world: World) -> None:
    day = first_countable_month(timezone.localdate())
    made = rows(3) + rows(2, jour=day, destinations=(DestinationData(world.mission.pk),))
    with system():
        site = Site.objects.select_related("territory").get(pk=world.cio.pk)
        result = record_past_fiches(by=SYSTEM_ACTOR, site=site, rows=made, with_codes=True)
        again = record_past_fiches(by=SYSTEM_ACTOR, site=site, rows=made)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM kernel_outboxevent WHERE kind = 'contacts.fiche_changed'")
            events = cursor.fetchone()[0]
            cursor.execute("SELECT count(*) FROM kernel_auditevent WHERE action = 'contacts.fiches_imported'")
            audits = cursor.fetchone()[0]
        sent = FicheDestination.objects.count()
    assert (result.created, result.known) == (5, 0)
    assert (again.created, again.known) == (0, 5)
    assert (events, audits, sent) == (2, 1, 2)


def test_one_refused_row_writes_nothing_and_is_named(world: World) -> None:
    actor = world.actor("referent")
    with pytest.raises(PastRefused) as refused:
        record_past_fiches(by=actor, site=world.cio, rows=[*rows(4), *rows(1, statut=99)])
    assert refused.value.index == 4
    assert refused.value.field == "statut"
    assert not FicheContact.objects.visible_to(actor).count()


def test_nobody_imports_for_another_site(world: World) -> None:
    actor = world.actor("referent")
    with pytest.raises(Exception, match="autre lieu"):
        record_past_fiches(by=actor, site=world.mission, rows=rows(1))
    with pytest.raises(Exception, match="Importer"):
        record_past_fiches(by=world.actor("conseiller"), site=world.cio, rows=rows(1))


def test_a_month_partly_erased_is_closed(world: World) -> None:
    day = first_countable_month(timezone.localdate())
    actor = world.actor("referent")
    import datetime

    with pytest.raises(Refused, match="24 mois"):
        record_past_fiches(by=actor, site=world.cio, rows=rows(1, jour=day - datetime.timedelta(days=1)))


def test_demonstration_data_comes_in_few_statements(world: World) -> None:
    """Thousands of contacts cost batches, not a statement each."""
    made = rows(3000, destinations=(DestinationData(world.mission.pk),))
    with system():
        site = Site.objects.select_related("territory").get(pk=world.cio.pk)
        with CaptureQueriesContext(connection) as queries:
            record_past_fiches(by=SYSTEM_ACTOR, site=site, rows=made, with_codes=True)
    assert len(queries) <= 60
