"""The directory as files: the same places in every format, standards kept, nothing a spreadsheet runs."""

import csv
import gc
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest
from data_inclusion.schema import v1
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from jsonschema import Draft202012Validator, FormatChecker

from labelling.models import Labellisation
from labelling.services.exchange import files, hsds
from labelling.services.exchange.reading import BLOCK, lines
from spo_portal.kernel.tenancy.scope import scoped
from territories.hours import parse_osm, shown_share, walk_in_share
from territories.models import Closure, OpeningSlot, Organisation, ServiceItem, Site, SiteService
from territories.services.exchange.columns import COLUMNS
from tests.conftest import LoginAs
from tests.factories import World, make_site, open_week, system
from tests.labelling.hsds_schema import DOCUMENT

pytestmark = pytest.mark.django_db
NASTY = "=cmd|' /C calc'!A0"


def furnish(world: World) -> None:
    """Services, label, access and awkward texts on the places of Lille."""
    today = timezone.localdate()
    with system():
        items = [
            ServiceItem.objects.create(
                region=world.region, level=level, block=block, block_name=name, code=f"{block}-{n}",
                name=f"Service {n} du bloc {block}", order=n,
            )
            for n, (level, block, name) in enumerate(
                (("accueil", "ACC", "Donner un premier niveau d’information."),
                 ("information", "INF_FC", "Informer sur la formation continue"),
                 ("information", "INF_FC", "Informer sur la formation continue"),
                 ("conseil", "CONS", "Contribuer à l’élaboration du projet " + "très long " * 14)), 1
            )
        ]  # fmt: skip
        for item, mode in zip(items, ("sur_place", "rendez_vous", "distance", "relais"), strict=True):
            SiteService.objects.create(region=world.region, site=world.cio, item=item, mode=mode)
        Site.objects.for_system().filter(pk=world.cio.pk).update(
            name="Le C.I.O. de Lille.", commune_id="59350", website="https://cio.exemple.example/a?b=1",
            wheelchair="oui", access_features=["ascenseur", "lsf"], publics=["jeunes", "createurs"],
            publics_note="Sur justificatif", transport="Métro 1", staff_tenths=25, phone="3949",
        )  # fmt: skip
        Labellisation.objects.create(
            region=world.region, territory=world.lille, site=world.cio, status="labellise",
            starts_on=today, ends_on=today.replace(year=today.year + 5), source="arrêté",
        )  # fmt: skip
        Closure.objects.create(
            site=world.cio,
            region=world.region,
            first_day="2020-01-01",
            last_day="2020-01-02",
            reason="Ancienne",
        )
        OpeningSlot.objects.create(
            site=world.cio, region=world.region, weekday=5, start=540, end=1440, walk_in=False
        )
        Site.objects.for_system().filter(pk=world.mission.pk).update(
            address=NASTY, latitude=None, longitude=None, city="", postcode="", email="", phone=""
        )
        partner = make_site(
            world.lille, "MD", None, direction="prescripteur", partner_kind="ccas", publics=["tous"]
        )
        make_site(world.lille, "Cap", None, direction="destinataire", organisation=partner.organisation)
        body = Organisation.objects.create(region=world.region, name="Formateur", is_training_body=True)
        make_site(world.lille, "Organisme de formation", None, direction="les_deux", organisation=body)


def content(client: Client, address: str) -> bytes:
    answer = client.get(address)
    assert answer.status_code == 200, answer
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def table(raw: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig")), delimiter=";"))


@pytest.fixture
def furnished(world: World) -> World:
    furnish(world)
    return world


def test_csv_says_all_of_a_place_and_nothing_runs(furnished: World, login: LoginAs) -> None:
    client = login(furnished.users["coordinateur"])
    rows = table(content(client, "/annuaire/export/csv/"))
    assert list(rows[0]) == [column.title for column in COLUMNS]
    found = {row["nom"]: row for row in rows}
    cio = found["Le C.I.O. de Lille."]
    assert cio["services"] == "ACC-1=sur_place, INF_FC-2=rendez_vous, INF_FC-3=distance, CONS-4=relais"
    assert (cio["label"], cio["code insee"], cio["agents"], cio["équipements"]) == (
        "Labellisé", "59350", "2,5", "ascenseur, lsf",
    )  # fmt: skip
    week = parse_osm(cio["horaires"])
    assert not week.closures
    share = walk_in_share(week)
    assert share is not None
    assert cio["part sans rendez-vous"] == f"{float(shown_share(share)):.10g}".replace(".", ",")
    assert found["Mission locale de Lille"]["adresse"] == f"'{NASTY}"


def test_own_territory_by_default_then_the_filters_of_the_screen(furnished: World, login: LoginAs) -> None:
    client = login(furnished.users["coordinateur"])
    own = {row["territoire"] for row in table(content(client, "/annuaire/export/csv/"))}
    assert own == {"LIL"}
    region = {row["territoire"] for row in table(content(client, "/annuaire/export/csv/?territoire=tous"))}
    assert region == {"LIL", "DOU"}
    partners = table(content(client, "/annuaire/export/csv/?reseau=partenaires&q=cap"))
    assert [row["nom"] for row in partners] == ["Cap"]
    assert table(content(client, f"/annuaire/export/csv/?territoire={furnished.niort.pk}")) == []


def test_xlsx_and_ods_hold_the_same_rows(furnished: World, login: LoginAs) -> None:
    client = login(furnished.users["animation"])
    expected = [row["nom"] for row in table(content(client, "/annuaire/export/csv/"))]
    book = openpyxl.load_workbook(io.BytesIO(content(client, "/annuaire/export/xlsx/")))
    sheet = book["lieux"]
    assert [row[3].value for row in sheet.iter_rows(min_row=2)] == expected
    assert "Lisez-moi" in book.sheetnames
    package = zipfile.ZipFile(io.BytesIO(content(client, "/annuaire/export/ods/")))
    text = package.read("content.xml").decode()
    assert all(name.replace("’", "’") in text for name in expected)


def test_data_inclusion_validates_row_by_row(furnished: World, login: LoginAs) -> None:
    client = login(furnished.users["coordinateur"])
    document = json.loads(content(client, "/annuaire/export/data-inclusion/"))
    strict = {"ignore_warnings": False}
    structures = [v1.Structure.model_validate(row, context=strict) for row in document["structures"]]
    services = [v1.Service.model_validate(row, context=strict) for row in document["services"]]
    known = {row.id for row in structures}
    assert len(known) == len(structures) == 5
    assert len({row.id for row in services}) == len(services) == 3
    assert {row.structure_id for row in services} <= known
    cio = next(row for row in structures if row.nom.startswith("Le C.I.O"))
    assert cio.telephone == "3949"
    assert cio.horaires_accueil is not None
    assert walk_in_share(parse_osm(cio.horaires_accueil)) is not None
    accueil, continuing, advice = services
    assert (accueil.type, advice.type) == ("information", "accompagnement")
    assert "se-presenter" in (accueil.modes_mobilisation or ())
    assert continuing.modes_accueil == {"a-distance", "en-presentiel"}
    assert accueil.publics == {"jeunes"}
    unknown = set(document["structures"][0]) - set(v1.Structure.model_fields)
    unknown |= set(document["services"][0]) - set(v1.Service.model_fields)
    assert unknown == set()


def test_hsds_validates_and_its_references_hold(furnished: World, login: LoginAs) -> None:
    client = login(furnished.users["coordinateur"])
    document: dict[str, Any] = json.loads(content(client, "/annuaire/export/hsds/?territoire=tous"))
    errors = list(Draft202012Validator(DOCUMENT, format_checker=FormatChecker()).iter_errors(document))
    assert errors == []
    places = {one["id"] for org in document["organizations"] for one in org["locations"]}
    held = {org["id"] for org in document["organizations"]}
    for service in document["services"]:
        assert service["organization_id"] in held
        assert {link["location_id"] for link in service["service_at_locations"]} <= places
        assert {link["service_id"] for link in service["service_at_locations"]} == {service["id"]}
    everything = list(identifiers(document))
    assert len(everything) == len(set(everything))
    shared = [org for org in document["organizations"] if len(org["locations"]) == 2]
    assert [sorted(one["name"] for one in org["locations"]) for org in shared] == [["Cap", "MD"]]


def identifiers(node: object) -> Iterator[str]:
    """Every identifier of the document: each is of one thing only."""
    if isinstance(node, dict):
        if "id" in node:
            yield node["id"]
        for child in node.values():
            yield from identifiers(child)
    elif isinstance(node, list):
        for child in node:
            yield from identifiers(child)


def test_hsds_keeps_its_identifiers(furnished: World) -> None:
    assert hsds.key("location", "S-1") == hsds.key("location", "S-1") != hsds.key("address", "S-1")


@pytest.mark.parametrize("fmt", sorted(files.CODES))
def test_open_data_has_what_the_public_reads_and_nothing_else(furnished: World, fmt: str) -> None:
    answer = Client().get(f"/donnees-ouvertes/annuaire/{furnished.region.slug}/{fmt}/")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    raw = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert raw
    if fmt == "csv":
        names = {row["nom"] for row in table(raw)}
        assert {"Le C.I.O. de Lille.", "CIO de Douai", "Cap"} <= names
        # A prescripteur, a training body and another region are not places to be sent to.
        assert not names & {"MD", "Organisme de formation", "CIO de Niort"}
        assert not {"agents", "version"} & set(table(raw)[0])


def test_open_data_refuses_what_does_not_exist(world: World) -> None:
    client = Client()
    assert client.get(f"/donnees-ouvertes/annuaire/{world.region.slug}/xml/").status_code == 404
    assert client.get("/donnees-ouvertes/annuaire/ailleurs/csv/").status_code == 404
    assert client.post(f"/donnees-ouvertes/annuaire/{world.region.slug}/csv/").status_code == 405


def test_open_data_is_throttled(world: World, settings: Any) -> None:
    settings.OPEN_DATA_PER_HOUR = 1
    client = Client()
    assert client.get(f"/donnees-ouvertes/annuaire/{world.region.slug}/csv/").status_code == 200
    assert client.get(f"/donnees-ouvertes/annuaire/{world.region.slug}/csv/").status_code == 429


def test_blocks_cost_the_same_queries_and_hold_the_same_rows(world: World) -> None:
    """A block is a constant number of statements; memory does not follow the number of places."""
    with system():
        organisation = world.cio.organisation
        Site.objects.bulk_create(
            Site(
                region=world.region, territory=world.douai, organisation=organisation,
                reseau=world.reseaux["CIO"], reference_id=f"B-{n}", code=f"B{n}", name=f"Lieu {n:05d}",
            )
            for n in range(3 * BLOCK)
        )  # fmt: skip
        open_week(Site.objects.for_system().get(reference_id="B-0"))
    reader = files.public_actor(world.region)
    most = 0
    with scoped(reader.scope), CaptureQueriesContext(connection) as seen:
        count = 0
        for count, _ in enumerate(lines(reader, files.public_places(reader)), 1):
            if count % BLOCK == BLOCK // 2:
                gc.collect()
                most = max(most, sum(isinstance(thing, Site) for thing in gc.get_objects()))
    assert count == 3 * BLOCK + 3
    blocks = -(-count // BLOCK)
    assert (len(seen) - 1) % blocks == 0
    assert (len(seen) - 1) // blocks <= 8
    # Never the rows of more than two blocks: the one being read and the one before.
    assert most <= 2 * BLOCK + 20
