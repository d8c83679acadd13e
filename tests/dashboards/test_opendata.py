"""Open data: closed years only, masked for all, to anyone, at addresses that stay."""

import csv
import io
import json
import re

import pytest
from django.db import connection
from django.test import Client, override_settings

from dashboards.enums import Audience
from dashboards.exports import opendata
from dashboards.models import Release
from spo_portal.kernel.tenancy.scope import NOBODY, apply
from tests.dashboards.releases import make_release
from tests.factories import World, system

pytestmark = pytest.mark.django_db


@pytest.fixture
def published(world: World) -> World:
    make_release(world.lille, year=2025, audience=Audience.OUTSIDE, public=True, reseau=world.reseaux["CIO"])
    make_release(world.douai, year=2025, audience=Audience.OUTSIDE, public=True)
    make_release(world.lille, year=2025)
    make_release(world.lille, year=2026, audience=Audience.OUTSIDE)
    apply(NOBODY)
    return world


def address(world: World, ending: str, year: int = 2025) -> str:
    return f"/donnees-ouvertes/{world.region.slug}/{year}/contacts.{ending}"


def body(answer: object) -> str:
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def rows(world: World, client: Client) -> list[dict[str, str]]:
    text = body(client.get(address(world, "csv")))
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def test_anyone_reads_closed_years_without_a_cookie(published: World, client: Client) -> None:
    page = client.get("/donnees-ouvertes/")
    text = page.content.decode()
    assert page.status_code == 200
    assert address(published, "csv") in text and address(published, "json") in text  # noqa: PT018
    assert "Licence Ouverte" in text
    assert "/2026/" not in text
    answer = client.get(address(published, "csv"))
    body(answer)
    assert not answer.cookies
    assert client.get(address(published, "csv", 2026)).status_code == 404
    assert client.get("/donnees-ouvertes/ailleurs/2025/contacts.csv").status_code == 404
    assert client.get(f"/donnees-ouvertes/{published.region.slug}/99999/contacts.csv").status_code == 404


def test_twin_the_lock_alone_keeps_what_is_not_public(published: World) -> None:
    """The door forgotten, row-level security still shows public releases only."""
    apply(NOBODY)
    assert set(Release.objects.for_system().values_list("year", "audience", "public")) == {
        (2025, "outside", True)
    }


def test_lines_are_the_cells_of_the_releases(published: World, client: Client) -> None:
    found = rows(published, client)
    lille = [row for row in found if row["territoire"] == "Lille"]
    year = {(row["dimension"], row["valeur"]): row for row in lille if row["decoupage"] == "annee"}
    assert year[("contacts", "")]["nombre"] == "120"
    assert year[("demande", "1")]["nombre"] == "90"
    assert year[("demande", "3")]["nombre"] == ""
    assert year[("demande", "3")]["masque"] == "true"
    assert year[("age", "moins_26")]["libelle"] == "Moins de 26 ans"
    months = [r for r in lille if r["decoupage"] == "mois" and r["dimension"] == "contacts"]
    assert [(row["mois"], row["nombre"]) for row in months] == [
        ("2025-10", "60"), ("2025-11", "60"), ("2025-12", "0"),
    ]  # fmt: skip
    cio = [r for r in lille if r["decoupage"] == "reseau" and r["dimension"] == "contacts"]
    assert [(row["reseau"], row["nombre"]) for row in cio] == [("CIO", "120")]
    assert all((row["nombre"] == "") == (row["masque"] == "true") for row in found)
    assert not any(int(row["nombre"] or 0) < 0 for row in found)


def test_json_and_csv_say_the_same(published: World, client: Client) -> None:
    answer = client.get(address(published, "json"))
    document = json.loads(body(answer))
    assert document["seuil"] == 10
    assert document["licence"].startswith("Licence Ouverte")
    as_text = [
        {
            name: "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in row.items()
        }
        for row in document["donnees"]
    ]
    assert as_text == rows(published, client)


def test_files_fit_their_schema(published: World, client: Client) -> None:
    schema = client.get("/donnees-ouvertes/schema.json").json()
    found = rows(published, client)
    assert [field["name"] for field in schema["fields"]] == list(found[0])
    keys = set()
    patterns = {
        "year": r"\d{4}", "yearmonth": r"\d{4}-\d\d", "integer": r"\d+", "boolean": "true|false",
        "string": ".*",
    }  # fmt: skip
    for row in found:
        for field in schema["fields"]:
            rules, value = field.get("constraints", {}), row[field["name"]]
            assert value or not rules.get("required"), field["name"]
            assert not value or re.fullmatch(patterns[field["type"]], value), (field["name"], value)
            assert value in rules.get("enum", [value])
        key = tuple(row[name] for name in schema["primaryKey"])
        assert key not in keys
        keys.add(key)
    dictionary = client.get("/donnees-ouvertes/dictionnaire.csv").content.decode("utf-8-sig")
    named = [line.split(";")[0] for line in dictionary.splitlines()[1:]]
    assert named[: len(found[0])] == list(found[0])
    assert {row["dimension"] for row in found} <= {n.removeprefix("dimension=") for n in named}


def test_who_has_it_already_downloads_nothing(published: World, client: Client) -> None:
    first = client.get(address(published, "csv"))
    body(first)
    assert first.headers["Cache-Control"] == "public, max-age=3600"
    mark, date = first.headers["ETag"], first.headers["Last-Modified"]
    assert client.get(address(published, "csv"), headers={"If-None-Match": mark}).status_code == 304
    assert client.get(address(published, "csv"), headers={"If-Modified-Since": date}).status_code == 304
    assert client.get(address(published, "json"), headers={"If-None-Match": mark}).status_code == 200
    with system():
        row = Release.objects.for_system().get(territory=published.douai, public=True)
        row.filled_at = row.filled_at.replace(year=2027)
        row.save()
    apply(NOBODY)
    again = client.get(address(published, "csv"), headers={"If-None-Match": mark})
    assert again.status_code == 200
    assert again.headers["ETag"] != mark
    body(again)


def test_one_address_does_not_drain_the_portal(published: World, client: Client) -> None:
    with override_settings(OPEN_DATA_PER_HOUR=2):
        answers = [client.get(address(published, "csv")) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


def test_nothing_smaller_than_a_territory_is_opened(published: World, client: Client) -> None:
    assert "destination_site" not in opendata.DIMENSIONS
    text = body(client.get(address(published, "csv")))
    for site in (published.cio, published.mission, published.douai_site):
        assert site.name not in text


def test_reading_writes_no_trace_of_who_reads(published: World, client: Client) -> None:
    body(client.get(address(published, "csv"), REMOTE_ADDR="203.0.113.9"))
    with system(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kernel_throttle WHERE bucket LIKE '%%203.0.113%%'")
        assert cursor.fetchone() == (0,)


def test_the_footer_leads_there(published: World, client: Client) -> None:
    assert 'href="/donnees-ouvertes/"' in client.get("/aide/").content.decode()
