"""A file of places: read first, shown field by field, written with its trace, refused plainly."""

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from spo_portal.kernel.errors import Conflict, Refused
from territories.hours import parse_osm, write_osm
from territories.models import DirectoryImport, Organisation, ServiceItem, Site, SiteChange, SiteService
from territories.services.exchange import importing
from territories.services.hours import week_of
from tests.conftest import LoginAs
from tests.factories import World, make_site, system

pytestmark = pytest.mark.django_db
HEAD = "identifiant;territoire;nom;organisation;réseau;code insee;téléphone;horaires\n"


def send(client: Client, content: str | bytes, name: str = "lieux.csv") -> HttpResponse:
    data = content.encode() if isinstance(content, str) else content
    return client.post(reverse("annuaire_import"), {"fichier": SimpleUploadedFile(name, data)})


def waiting() -> DirectoryImport:
    with system():
        return DirectoryImport.objects.for_system().latest("pk")


def decide(client: Client, answer: HttpResponse, **more: str) -> HttpResponse:
    assert answer.status_code == 302, answer.content.decode()
    page = client.get(answer.headers["Location"])
    mark = page.context["plan"].mark
    return client.post(answer.headers["Location"], {"vu": mark, **more})


def place(pk: int) -> Site:
    with system():
        return Site.objects.for_system().select_related("organisation").get(pk=pk)


@pytest.fixture
def client(world: World, login: LoginAs) -> Client:
    with system():
        Site.objects.for_system().filter(pk__in=[world.cio.pk, world.mission.pk]).update(commune_id="59350")
    return login(world.users["coordinateur"])


def line(site: Site, **values: str) -> str:
    cells = {
        "identifiant": site.reference_id, "territoire": "LIL", "nom": site.name, "organisation": "",
        "réseau": site.reseau.code if site.reseau else "", "code insee": "59350", "téléphone": site.phone,
        "horaires": "",
    } | values  # fmt: skip
    target = io.StringIO()
    csv.writer(target, delimiter=";", lineterminator="\n").writerow(cells.values())
    return target.getvalue()


def test_the_downloaded_directory_deposited_again_changes_nothing(world: World, client: Client) -> None:
    with system():
        item = ServiceItem.objects.create(
            region=world.region,
            level="accueil",
            block="ACC",
            block_name="Accueil",
            code="ACC-1",
            name="Écouter",
        )
        SiteService.objects.create(
            region=world.region, site=world.cio, item=item, mode="sur_place", who="Accueil"
        )
        Site.objects.for_system().filter(pk=world.cio.pk).update(
            accessibility="Accessible en fauteuil", wheelchair="oui", staff_tenths=25, transport="-Bus 1",
            publics=["jeunes"], website="https://cio.exemple.example/",
        )  # fmt: skip
    for fmt in ("csv", "xlsx"):
        raw = b"".join(client.get(f"/annuaire/export/{fmt}/").streaming_content)  # type: ignore[attr-defined]
        answer = send(client, raw, f"lieux.{fmt}")
        plan = client.get(answer.headers["Location"]).context["plan"]
        told = [(row.name, row.errors, row.changes) for row in plan.lines if row.status != "identique"]
        assert told == []
        assert plan.same == 2


def test_changes_are_shown_then_written_with_their_trace(world: World, client: Client) -> None:
    osm = "Mo-Fr 08:00-12:00,13:00-18:00"
    answer = send(
        client, HEAD + line(world.cio, téléphone="03 20 99 99 99", horaires=osm, nom="CIO Lille Centre")
    )
    page = client.get(answer.headers["Location"]).content.decode()
    assert "<ins>03 20 99 99 99</ins>" in page
    assert "Enregistrer 1" in page
    assert place(world.cio.pk).phone == world.cio.phone
    assert decide(client, answer).status_code == 302
    site = place(world.cio.pk)
    assert (site.phone, site.name, site.version) == (
        "03 20 99 99 99",
        "CIO Lille Centre",
        world.cio.version + 1,
    )
    with system():
        # The line says nothing of bank holidays: the place stays closed on them.
        assert write_osm(week_of(site)) == write_osm(parse_osm(f"{osm}; PH off"))
        trace = SiteChange.objects.for_system().get(site=site)
    assert trace.kind == "import"
    assert trace.changes["phone"] == [world.cio.phone, "03 20 99 99 99"]
    assert "Horaires" in trace.changes
    file = waiting()
    assert (file.content, file.changed, file.created) == (None, 1, 0)


def test_a_new_place_and_its_new_organisation(world: World, client: Client) -> None:
    answer = send(
        client, HEAD + ";Lille;PIJ du Vieux-Lille;Ville de Lille;CIO;59350;03 20 11 11 11;Mo 09:00-12:00\n"
    )
    assert decide(client, answer).status_code == 302
    with system():
        made = Site.objects.for_system().get(name="PIJ du Vieux-Lille")
        assert made.organisation.name == "Ville de Lille"
        assert made.organisation.is_training_body is False
        assert made.city == "Lille"
        assert made.slots.count() == 1
        kinds = set(SiteChange.objects.for_system().filter(site=made).values_list("kind", flat=True))
    assert kinds == {"import"}


def test_a_partner_needs_its_direction(world: World, client: Client) -> None:
    head = "territoire;nom;organisation;sens du partenariat;nature du partenaire;code insee\n"
    bad = send(client, head + "LIL;Cap emploi;Cap;;cap_emploi;59350\n")
    plan = client.get(bad.headers["Location"]).context["plan"]
    assert "dans quel sens" in plan.lines[0].errors[0].message
    good = send(client, head + "LIL;Cap emploi;Cap;Destinataire;cap_emploi;59350\n")
    assert decide(client, good).status_code in {302, 422}


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("S-absent;LIL;X;;CIO;59350;;", "identifiant", "Aucun lieu"),
        (";NIO;X;Org;CIO;79191;;", "territoire", "n’est pas un territoire"),
        (";DOU;X;Org;CIO;59178;;", "territoire", "n’est pas un territoire"),
        (";LIL;;Org;CIO;59350;;", "nom", "manque"),
        (";LIL;X;Org;INCONNU;59350;;", "réseau", "n’est pas un réseau"),
        (";LIL;X;;CIO;59350;;", "organisation", "Écrivez l’organisation"),
        (";LIL;X;Org;CIO;99999;;", "code insee", "Aucune commune"),
        (";LIL;X;Org;CIO;59178;;", "code insee", "Douai"),
        (";LIL;X;Org;CIO;;;", "code insee", "commune"),
        (";LIL;X;Org;CIO;59350;appelez-nous;", "téléphone", "numéro"),
        (";LIL;X;Org;CIO;59350;;Mo 18:00-09:00", "horaires", "avant le début"),
        (";LIL;X;Org;CIO;59350;;Lu 9h-12h", "horaires", "Horaires"),
        (";LIL;=1+1;Org;CIO;59350;;", "nom", "formule"),
        (";LIL;Formateur;OF;CIO;59350;;", "organisation", "organisme de formation"),
    ],
)
def test_each_refusal_says_its_line_its_column_and_why(
    world: World, client: Client, row: str, column: str, words: str
) -> None:
    with system():
        Organisation.objects.create(region=world.region, name="OF", is_training_body=True)
    answer = send(client, HEAD + row + "\n")
    plan = client.get(answer.headers["Location"]).context["plan"]
    (refused,) = plan.of("refus")
    assert [(e.line, e.column) for e in refused.errors] == [(2, column)]
    assert words in refused.errors[0].message


def test_a_refused_line_does_not_hold_the_others_back(world: World, client: Client) -> None:
    answer = send(client, HEAD + line(world.cio, téléphone="03 20 88 88 88") + ";LIL;X;Org;CIO;99999;;\n")
    assert decide(client, answer).status_code == 302
    assert place(world.cio.pk).phone == "03 20 88 88 88"


def test_the_same_place_twice(world: World, client: Client) -> None:
    answer = send(client, HEAD + line(world.cio) + line(world.cio, téléphone="03 20 77 77 77"))
    (refused,) = client.get(answer.headers["Location"]).context["plan"].of("refus")
    assert "déjà à la ligne 2" in refused.errors[0].message


def test_network_direction_and_code_do_not_change_by_file(world: World, client: Client) -> None:
    for cells, column in (({"réseau": "MISSION_LOCALE"}, "réseau"), ({"territoire": "LIL"}, "")):
        answer = send(client, HEAD + line(world.cio, **cells))
        refused = client.get(answer.headers["Location"]).context["plan"].of("refus")
        assert [error.column for row in refused for error in row.errors] == ([column] if column else [])
    head = "identifiant;territoire;sigle;nom\n"
    answer = send(client, f"{head}{world.cio.reference_id};LIL;AUTRE;{world.cio.name}\n")
    (refused,) = client.get(answer.headers["Location"]).context["plan"].of("refus")
    assert "Le sigle" in refused.errors[0].message


def test_a_place_changed_since_the_download_is_refused(world: World, client: Client) -> None:
    head = "identifiant;territoire;nom;version\n"
    old = f"{head}{world.cio.reference_id};LIL;Autre nom;{world.cio.version}\n"
    with system():
        Site.objects.for_system().filter(pk=world.cio.pk).update(version=9)
    answer = send(client, old)
    (refused,) = client.get(answer.headers["Location"]).context["plan"].of("refus")
    assert (refused.errors[0].column, "numéro 9" in refused.errors[0].message) == ("version", True)


def test_a_directory_changed_between_the_page_and_the_decision(world: World, client: Client) -> None:
    answer = send(client, HEAD + line(world.cio, téléphone="03 20 66 66 66"))
    mark = client.get(answer.headers["Location"]).context["plan"].mark
    with system():
        Site.objects.for_system().filter(pk=world.cio.pk).update(phone="03 20 55 55 55")
    again = client.post(answer.headers["Location"], {"vu": mark})
    assert again.status_code == 409
    assert "a changé depuis votre lecture" in again.content.decode()
    assert place(world.cio.pk).phone == "03 20 55 55 55"


def test_hours_under_half_ask_why(world: World, client: Client) -> None:
    osm = 'Mo-Fr 09:00-10:00; Mo-Fr 09:00-10:00, Mo-Fr 10:00-17:00 "sur rendez-vous"'
    answer = send(client, HEAD + line(world.cio, horaires=osm))
    refused = decide(client, answer)
    assert refused.status_code == 422
    assert "écrivez pourquoi" in refused.content.decode()
    assert decide(client, answer, motif="Travaux jusqu’en mars.").status_code == 302
    with system():
        trace = SiteChange.objects.for_system().get(site=world.cio)
    assert "Travaux" in trace.reason


def test_a_file_is_imported_once(world: World, client: Client) -> None:
    answer = send(client, HEAD + line(world.cio, téléphone="03 20 44 44 44"))
    assert decide(client, answer).status_code == 302
    assert client.get(answer.headers["Location"]).status_code == 302
    by = world.actor("coordinateur")
    with pytest.raises(Conflict):
        importing.confirm(by=by, file=waiting(), seen="")


def test_giving_up_erases_the_file(world: World, client: Client) -> None:
    answer = send(client, HEAD + line(world.cio))
    client.post(answer.headers["Location"] + "abandonner/")
    with system():
        assert not DirectoryImport.objects.for_system().exists()


HOSTILE: list[tuple[str, Any]] = [
    ("vide", b""),
    ("titres seuls", HEAD.encode()),
    ("colonne inconnue", b"territoire;nom;mot de passe\nLIL;X;y\n"),
    ("colonne absente", b"identifiant;nom\nS-1;X\n"),
    ("dix mille colonnes", b";".join(b"c%d" % n for n in range(10_000)) + b"\n1\n"),
    ("binaire", b"\x7fELF" + bytes(range(256)) * 8),
    ("pdf", b"%PDF-1.4\n%%EOF"),
    ("page", b"<html><body>territoire;nom</body></html>"),
    ("zip", b"PK\x03\x04" + b"\x00" * 200),
    ("guillemet ouvert", b'territoire;nom\nLIL;"X\n' + b"a;b\n" * 5),
    ("utf-16 abim\xe9", b"\xff\xfet\x00e"),
    ("deux fois le titre", b"territoire;nom;Nom\nLIL;X;Y\n"),
    ("ancien xls", b"\xd0\xcf\x11\xe0" + b"\x00" * 600),
    ("ligne trop longue", b"territoire;nom\nLIL;" + b"x" * 5000 + b"\n"),
    ("trop de lignes", b"territoire;nom\n" + b"LIL;X\n" * 3000),
]


@pytest.mark.parametrize(("what", "content"), HOSTILE, ids=[name for name, _ in HOSTILE])
def test_hostile_files_are_refused_and_not_kept(
    world: World, client: Client, what: str, content: bytes
) -> None:
    answer = send(client, content)
    assert answer.status_code == 422
    assert "Ce fichier n’est pas lu" in answer.content.decode()
    with system():
        assert not DirectoryImport.objects.for_system().exists()


def test_a_windows_file_reads_as_well(world: World, client: Client) -> None:
    content = "territoire;nom;organisation;réseau;code insee\nLIL;Antenne d’été;Éole;CIO;59350\n"
    answer = send(client, content.encode("cp1252"))
    (made,) = client.get(answer.headers["Location"]).context["plan"].of("creation")
    assert made.name == "Antenne d’été"


def test_only_the_keepers_of_the_directory_import(world: World, login: LoginAs) -> None:
    for role in ("referent", "region", "prefecture", "charge_mission", "administrateur"):
        assert login(world.users[role]).get(reverse("annuaire_import")).status_code == 403
    with pytest.raises(Exception, match="ce droit"):
        importing.deposit(by=world.actor("referent"), name="x.csv", content=b"a")


def test_the_animation_imports_for_the_region(world: World, login: LoginAs) -> None:
    with system():
        Site.objects.for_system().filter(pk=world.douai_site.pk).update(commune_id="59178")
    client = login(world.users["animation"])
    head = "identifiant;territoire;nom;téléphone\n"
    answer = send(
        client, f"{head}{world.douai_site.reference_id};DOU;{world.douai_site.name};03 27 00 00 00\n"
    )
    assert decide(client, answer).status_code == 302
    assert place(world.douai_site.pk).phone == "03 27 00 00 00"
    file = waiting()
    assert file.territory_id is None
    assert (
        login(world.users["coordinateur"]).get(reverse("annuaire_import_essai", args=[file.pk])).status_code
        == 404
    )


def test_models_are_read_back(world: World, client: Client) -> None:
    for fmt in ("csv", "xlsx"):
        raw = client.get(reverse("annuaire_import_modele", args=[fmt])).content
        answer = send(client, raw, f"modele.{fmt}")
        plan = client.get(answer.headers["Location"]).context["plan"]
        assert len(plan.lines) == 1


def test_an_organisation_is_known_by_its_folded_name(world: World) -> None:
    from territories.services.organisations import add_organisation

    by = world.actor("coordinateur")
    first = add_organisation(by=by, name="Maison de l’emploi")
    assert add_organisation(by=by, name="MAISON DE L'EMPLOI").pk == first.pk
    with pytest.raises(Refused):
        add_organisation(by=by, name="  ")


def test_lines_are_read_in_a_constant_number_of_statements(world: World, client: Client) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with system():
        for n in range(30):
            make_site(world.lille, f"Lieu {n:02d}", world.reseaux["CIO"], commune_id="59350")
    raw = b"".join(client.get("/annuaire/export/csv/").streaming_content)  # type: ignore[attr-defined]
    few = raw.splitlines(keepends=True)[:3]
    by = world.actor("coordinateur")
    counts = []
    for content in (b"".join(few), raw):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            importing.make_plan(by, importing.read(content), world.lille)
        counts.append(len(seen))
    assert counts[0] == counts[1]
