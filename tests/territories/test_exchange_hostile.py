"""Hostile cells in a file of places: told line by line, never a fault of the page."""

import contextlib
import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from spo_portal.kernel.sheets import looks_like_formula
from territories.models import Commune, DirectoryImport, Site
from territories.services.exchange.cells import degrees, staff
from territories.services.exchange.lines import Plan
from tests.conftest import LoginAs
from tests.factories import World, make_site, system

pytestmark = pytest.mark.django_db
HEAD = "identifiant;territoire;nom;organisation;réseau;code insee;latitude;longitude;agents\n"
NUMBERS = ("NaN", "-nan", "sNaN", "Infinity", "1e9999999", "9e999999", "1e999999", "-1e-999999999", "1" * 500)


@pytest.mark.parametrize("typed", NUMBERS)
def test_a_number_that_no_comparison_takes_is_one_sentence(typed: str) -> None:
    for read in (degrees(90), staff):
        with contextlib.suppress(ValueError):
            assert abs(read(typed) or 0) <= 5000


def test_a_file_of_hostile_numbers_is_shown_line_by_line(world: World, login: LoginAs) -> None:
    client: Client = login(world.users["coordinateur"])
    with system():
        world.cio.commune_id = "59350"
        world.cio.save(update_fields=["commune"])
    lines = "".join(
        f"{world.cio.reference_id};LIL;{world.cio.name};;;59350;{one};{one};{one}\n" for one in NUMBERS
    )
    answer = client.post(
        reverse("annuaire_import"), {"fichier": SimpleUploadedFile("lieux.csv", (HEAD + lines).encode())}
    )
    assert answer.status_code == 302
    page = client.get(answer.headers["Location"])
    assert page.status_code == 200
    assert page.context["plan"].created + page.context["plan"].changed == 0


TREE = "identifiant;territoire;nom;nature;rattaché à;code insee\n"


def sent(client: Client, text: str) -> HttpResponse:
    return client.post(
        reverse("annuaire_import"), {"fichier": SimpleUploadedFile("lieux.csv", text.encode())}
    )


def plan_of(client: Client, text: str) -> Plan:
    answer = sent(client, text)
    assert answer.status_code == 302, answer.text
    page = client.get(answer.headers["Location"])
    assert page.status_code == 200
    return page.context["plan"]


@pytest.fixture
def client(world: World, login: LoginAs) -> Client:
    with system():
        Site.objects.for_system().filter(pk__in=[world.cio.pk, world.mission.pk]).update(
            commune_id="59350", organisation=world.cio.organisation
        )
    return login(world.users["coordinateur"])


def branch(site: Site, parent: str, kind: str = "antenne") -> str:
    return f"{site.reference_id};LIL;{site.name};{kind};{parent};59350\n"


def test_two_places_hung_on_each_other_are_told(world: World, client: Client) -> None:
    one, other = world.cio, world.mission
    circle = TREE + branch(one, other.reference_id) + branch(other, one.reference_id)
    answer = sent(client, circle)
    page = client.get(answer.headers["Location"])
    plan = page.context["plan"]
    assert sorted(line.status for line in plan.lines) == ["modification", "refus"]
    assert "autre chose qu’un siège" in next(line for line in plan.lines if line.errors).errors[0].message
    done = client.post(answer.headers["Location"], {"vu": plan.mark})
    assert done.status_code == 302
    with system():
        parents = set(
            Site.objects.for_system().filter(territory=world.lille).values_list("parent_id", flat=True)
        )
    assert None in parents
    assert len(parents) == 2
    # Alone, each may; on itself, none.
    assert plan_of(client, TREE + branch(one, one.reference_id)).refused == 1


def test_a_chain_of_three_is_told(world: World, client: Client) -> None:
    with system():
        third = make_site(
            world.lille,
            "Siège",
            world.reseaux["CIO"],
            organisation=world.cio.organisation,
            commune_id="59350",
        )
    chain = TREE + branch(world.cio, world.mission.reference_id) + branch(world.mission, third.reference_id)
    plan = plan_of(client, chain)
    assert plan.changed == 1
    assert plan.refused == 1


def test_what_is_shown_alike_is_checked_all_the_same(world: World, client: Client) -> None:
    """A commune of another territory that bears the name of ours, brought in beside another change."""
    with system():
        Commune.objects.create(
            code_insee="59351", region=world.region, territory=world.douai, name="Lille", search_name="lille",
            postcodes=["59000"], latitude=50.63, longitude=3.06,
        )  # fmt: skip
    head = "identifiant;territoire;nom;code insee;transports\n"
    plan = plan_of(client, f"{head}{world.cio.reference_id};LIL;{world.cio.name};59351;Métro\n")
    assert plan.refused == 1
    assert "territoire" in plan.lines[0].errors[0].message


def test_the_places_of_others_are_out_of_reach(world: World, client: Client) -> None:
    """Of another territory, of another region: neither changed, nor hung on, nor told apart from none."""
    head = "identifiant;territoire;nom;code insee\n"
    told = set()
    for reference in (world.douai_site.reference_id, world.niort_site.reference_id, "S-inconnu"):
        plan = plan_of(client, f"{head}{reference};LIL;Pris;59350\n")
        assert (plan.changed, plan.created, plan.refused) == (0, 0, 1)
        told.add(plan.lines[0].errors[0].message)
    assert len(told) == 1
    plan = plan_of(client, f"{head};DOU;Pris;59350\n;NIO;Pris;59350\n")
    assert plan.refused == 2
    plan = plan_of(client, TREE + branch(world.cio, world.niort_site.reference_id))
    assert plan.refused == 1


@pytest.mark.parametrize("key", ["coordinateur_douai", "animation_niort", "conseiller", "prefecture"])
def test_nobody_confirms_or_drops_the_file_of_another(
    world: World, client: Client, login: LoginAs, key: str
) -> None:
    where = sent(client, TREE + branch(world.cio, "", "siege")).headers["Location"]
    mark = client.get(where).context["plan"].mark
    other = login(world.users[key])
    for answer in (
        other.get(where),
        other.post(where, {"vu": mark}),
        other.post(where.replace("essai", "abandonner")),
    ):
        assert answer.status_code in {403, 404}
    with system():
        assert DirectoryImport.objects.for_system().get().content is not None


CELLS = ("=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "\t=1+1")


@pytest.mark.parametrize("cell", CELLS)
def test_a_formula_enters_no_column_and_leaves_in_none(world: World, client: Client, cell: str) -> None:
    head = "identifiant;territoire;nom;code insee;transports\n"
    text = f'{head}{world.cio.reference_id};LIL;{world.cio.name};59350;"{cell}"\n'
    answer = sent(client, text)
    if answer.status_code == 302:
        plan = client.get(answer.headers["Location"]).context["plan"]
        changed = [values[1] for line in plan.lines for values in line.changes.values()]
        assert plan.refused == 1 or not any(looks_like_formula(one) for one in changed)
    with system():
        Site.objects.for_system().filter(pk=world.cio.pk).update(transport=cell, name=cell)
    raw = b"".join(client.get("/annuaire/export/csv/").streaming_content)  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig")), delimiter=";"))
    assert not [one for row in rows for one in row if one[:1] in {"=", "@", "\t", "\r"}]
    assert not [one for row in rows for one in row if one[:1] in {"+", "-"} and "|" in one]
    assert sum("calc" in one or "1+1" in one or "SUM" in one for row in rows for one in row) == 2


CONTENTS = {
    "nul bytes": b"territoire;nom\nLIL;a\x00b\n",
    "nothing but nul": b"\x00" * 5000,
    "utf-16 cut": b"\xff\xfet\x00e",
    "utf-32": "territoire;nom\nLIL;x\n".encode("utf-32"),
    "a quote never closed": b'territoire;nom\nLIL;"' + b"x" * 500_000,
    "one line of a megabyte": b"territoire;nom\n" + b"x" * 1_000_000,
    "a million separators": b"territoire;nom\n" + b";" * 1_000_000,
    "too many lines": b"territoire;nom\n" + b"LIL;x\n" * 200_000,
    "a page": b"<html><script>alert(1)</script>",
    "a pdf": b"%PDF-1.7 territoire;nom\n",
    "an old workbook": b"\xd0\xcf\x11\xe0" + b"\x00" * 600,
    "a zip of nothing": b"PK\x05\x06" + b"\x00" * 18,
    "a title that is a formula": b"territoire;nom;=1+1\nLIL;x;y\n",
    "twice a title": b"territoire;nom;nom\nLIL;x;y\n",
}


@pytest.mark.parametrize("name", CONTENTS)
def test_what_is_no_table_of_places_is_one_sentence(client: Client, name: str) -> None:
    answer = client.post(
        reverse("annuaire_import"), {"fichier": SimpleUploadedFile("lieux.csv", CONTENTS[name])}
    )
    assert answer.status_code == 422
    with system():
        assert not DirectoryImport.objects.for_system().exists()


@pytest.mark.parametrize(
    "name", ["../../etc/x.csv", "a\r\nX: y.csv", "<script>.csv", "\u202e.csv", "é" * 119]
)
def test_the_name_of_a_file_is_only_a_name(world: World, client: Client, name: str) -> None:
    text = (TREE + branch(world.cio, "", "siege")).encode()
    answer = client.post(reverse("annuaire_import"), {"fichier": SimpleUploadedFile(name, text)})
    assert answer.status_code == 302
    page = client.get(answer.headers["Location"])
    assert page.status_code == 200
    assert "<script>.csv" not in page.text
    with system():
        kept = DirectoryImport.objects.for_system().get().name
    assert not {"\r", "\n", "\u202e", "/"} & set(kept)
