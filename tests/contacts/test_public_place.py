"""« Où s’adresser ? », the page of a place: what it says, its addresses, its linked data, its QR code."""

import datetime
import json
import re

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from territories.models import Closure, Region, ServiceItem, Site, SiteService
from tests.factories import World, make_site, open_week, system

pytestmark = pytest.mark.django_db
OPEN = datetime.datetime(2026, 11, 24, 9, 30, tzinfo=datetime.UTC)
PLACE_QUERIES = 16
LD = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


def address(site: Site, slug: str = "cio-de-lille") -> str:
    return f"/ou-s-adresser/region-a31/lieu/{site.pk}/{slug}/"


def get(path: str) -> str:
    with time_machine.travel(OPEN, tick=False):
        response = Client().get(path)
    assert response.status_code == 200
    return str(response.text)


def linked(text: str) -> dict[str, object]:
    found = LD.findall(text)
    assert len(found) == 1
    return dict(json.loads(found[0]))


@pytest.fixture
def told(world: World) -> World:
    """The CIO with everything a record can say."""
    with system():
        Site.objects.for_system().filter(pk=world.cio.pk).update(
            transport="Métro ligne 1, station Rihour", wheelchair="oui", access_features=["lsf", "boucle"],
            publics=["scolaires", "etudiants"], publics_note="et leurs parents", website="https://cio.example/",
        )  # fmt: skip
        item = ServiceItem.objects.create(
            region=world.region, level="accueil", block="ACC", block_name="Accueil", code="ACC-1",
            name="Être reçu sans condition",
        )  # fmt: skip
        SiteService.objects.create(region=world.region, site=world.cio, item=item, mode="sur_place")
        Closure.objects.create(
            site=world.cio,
            region=world.region,
            first_day="2026-11-26",
            last_day="2026-11-27",
            reason="Inventaire",
        )
    return world


def test_the_page_says_all_that_one_must_know_to_come(told: World) -> None:
    text = get(address(told.cio)).replace("\xa0", " ").replace("\u202f", " ")
    for words in (
        "Sans rendez-vous jusqu’à 17 h", "1 rue de l’Exemple", "Métro ligne 1, station Rihour", "cio.example",
        "Accessible en fauteuil", "Accueil en langue des signes", "Scolaires et leurs parents",
        "Être reçu sans condition", "Sur place, sans rendez-vous", "Inventaire", "Noël", "geo:50.6",
        "Itinéraire", 'href="tel:', "Imprimer", "Copier l’adresse", "mailto:?subject=",
    ):  # fmt: skip
        assert words.lower() in text.lower(), words
    # What the inside keeps: share of walk-in hours, staff, who keeps the record.
    assert "50 %" not in text


def test_a_wrong_name_leads_to_the_right_address_for_ever(world: World) -> None:
    response = Client().get(address(world.cio, "ancien-nom"))
    assert response.status_code == 301
    assert response.headers["Location"] == address(world.cio)
    assert Client().get(f"/ou-s-adresser/region-a54/lieu/{world.cio.pk}/cio-de-lille/").status_code == 404
    assert Client().get(f"/ou-s-adresser/region-a31/lieu/{10**24}/x/").status_code == 404


def test_a_place_that_is_not_shown_is_missing(world: World) -> None:
    with system():
        hidden = [
            make_site(world.lille, "Prescripteur", None, direction="prescripteur"),
            make_site(world.lille, "Formation", None, direction="les_deux", training=True),
            make_site(world.lille, "Fermé", world.reseaux["CIO"], active=False),
        ]
    for site in [*hidden, world.niort_site]:
        assert Client().get(address(site, "x")).status_code == 404
        assert Client().get(f"/ou-s-adresser/region-a31/lieu/{site.pk}/qr.svg").status_code == 404


def test_linked_data_say_what_the_page_says(told: World) -> None:
    data = linked(get(address(told.cio)))
    assert data["@type"] == "GovernmentOffice"
    assert data["name"] == "CIO de Lille"
    assert data["url"] == settings.BASE_URL + address(told.cio)
    hours = data["openingHoursSpecification"]
    assert isinstance(hours, list)
    assert hours[0] == {
        "@type": "OpeningHoursSpecification",
        "dayOfWeek": "https://schema.org/Monday",
        "opens": "09:00",
        "closes": "17:00",
    }
    assert len(hours) == 5
    assert data["specialOpeningHoursSpecification"] == [
        {
            "@type": "OpeningHoursSpecification",
            "validFrom": "2026-11-26",
            "validThrough": "2026-11-27",
            "opens": "00:00",
            "closes": "00:00",
        }
    ]


def test_no_name_breaks_out_of_the_linked_data(world: World) -> None:
    evil = "</script><script>alert(1)</script><!--\u2028 & \" '"
    with system():
        Site.objects.for_system().filter(pk=world.cio.pk).update(name=evil, publics_note=evil)
    path = address(world.cio, "x")
    text = get(Client().get(path).headers["Location"])
    assert "<script>alert" not in text
    assert linked(text)["name"] == evil
    assert text.count("<script") == text.count("</script>")


def test_the_policy_needs_no_exception_for_linked_data(world: World) -> None:
    policy = Client().get(address(world.cio)).headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("form", "kind", "sign"), [("svg", "image/svg+xml", b"<svg"), ("png", "image/png", b"\x89PNG")]
)
def test_the_qr_code_is_the_address_of_the_page(world: World, form: str, kind: str, sign: bytes) -> None:
    response = Client().get(f"/ou-s-adresser/region-a31/lieu/{world.cio.pk}/qr.{form}")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == kind
    assert response.content.startswith(sign)
    assert "max-age=3600" in response.headers["Cache-Control"]


def test_a_place_without_hours_nor_point_still_has_its_page(world: World) -> None:
    with system():
        bare = make_site(
            world.lille, "!!!", world.reseaux["CIO"], address="", city="", postcode="", phone="", email="",
            latitude=None, longitude=None,
        )  # fmt: skip
    text = get(address(bare, "lieu"))
    assert "téléphonez avant de vous déplacer" in text
    assert "geo:" not in text
    assert linked(text)["address"]


def test_a_place_costs_the_same_with_few_rows_and_many(told: World) -> None:
    path = address(told.cio)
    Client().get(path)
    counts = []
    for turn in range(2):
        with CaptureQueriesContext(connection) as few:
            Client().get(path)
        counts.append(len(few))
        with system():
            region = Region.objects.get(pk=told.region.pk)
            for n in range(2, 20):
                item = ServiceItem.objects.create(
                    region=region, level="conseil", block="C", block_name="C", code=f"C-{turn}-{n}", name="S"
                )
                SiteService.objects.create(region=region, site=told.cio, item=item, mode="distance")
            open_week(told.cio, start=1080 + 60 * turn, end=1110 + 60 * turn)
    assert counts[0] == counts[1] <= PLACE_QUERIES
