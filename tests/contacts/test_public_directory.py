"""« Où s’adresser ? », the search: who is shown, what filters keep, how it answers to strangers."""

import datetime
import gzip
import re
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from contacts.models import OrientationRule
from contacts.services.public.asking import Asked, read
from contacts.services.public.kept import forget
from contacts.services.public.listing import listing
from contacts.services.public.places import PER_PAGE, Moment, search
from labelling.models import Labellisation
from labelling.services.call_page import public_reader
from territories import hours
from territories.access import Actor
from territories.models import Closure, Commune, OpeningSlot, Region, Season, SeasonSlot, Site
from territories.services.hours import weeks_of_sites
from tests.factories import World, make_site, open_week, system

pytestmark = pytest.mark.django_db
# A Tuesday, 10 h 30 in Paris.
OPEN = datetime.datetime(2026, 11, 24, 9, 30, tzinfo=datetime.UTC)
HOME = "/ou-s-adresser/region-a31/"
LIST_QUERIES = 22
KILOBYTES = 50


def names(text: str) -> list[str]:
    """Names of the places listed, in order."""
    return re.findall(r'<h3>\d+\. <a href="[^"]+"(?: target="_top")?>([^<]+)</a></h3>', text)


def get(query: dict[str, object] | None = None, **headers: str) -> str:
    with time_machine.travel(OPEN, tick=False):
        response = Client().get(HOME, query or {}, headers=headers)
    assert response.status_code == 200
    return str(response.text)


@pytest.fixture
def partners(world: World) -> World:
    with system():
        make_site(
            world.lille, "Partenaire destinataire", None, direction="destinataire", partner_kind="mission"
        )
        make_site(world.lille, "Partenaire prescripteur", None, direction="prescripteur")
        make_site(world.lille, "Organisme de formation", None, direction="destinataire", training=True)
        make_site(world.lille, "Lieu fermé pour toujours", world.reseaux["CIO"], active=False)
    return world


def test_one_region_is_gone_to_at_once_several_are_chosen(world: World) -> None:
    text = Client().get("/ou-s-adresser/").text
    assert "/ou-s-adresser/region-a31/" in text
    assert "/ou-s-adresser/region-a54/" in text
    assert Client().get("/ou-s-adresser/ailleurs/").status_code == 404


def test_the_public_sees_places_that_may_be_suggested_and_nothing_else(partners: World) -> None:
    found = set(names(get()))
    assert found == {"CIO de Lille", "Mission locale de Lille", "CIO de Douai", "Partenaire destinataire"}
    text = get()
    assert "CIO de Niort" not in text
    with system():
        hidden = Site.objects.for_system().exclude(name__in=found)
        addresses = [(s.pk, s.region.slug) for s in hidden.select_related("region")]
    for pk, slug in addresses:
        if slug == "region-a31":
            assert Client().get(f"{HOME}lieu/{pk}/x/").status_code == 404


def test_who_is_logged_in_changes_nothing(world: World, login) -> None:  # type: ignore[no-untyped-def]
    with time_machine.travel(OPEN, tick=False):
        inside = login(world.users["conseiller"]).get(HOME)
        outside = Client().get(HOME)
    assert inside.text == outside.text
    assert inside.headers["Vary"] == "HX-Request, Accept-Encoding"
    assert not inside.cookies


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "misson local"}, {"Mission locale de Lille"}),
        ({"q": "cio lile"}, {"CIO de Lille"}),
        ({"q": "mission douai"}, {"Mission locale de Lille", "CIO de Douai"}),
        ({"q": "%"}, set()),
        ({"ou": "Douai"}, {"CIO de Lille", "Mission locale de Lille", "CIO de Douai"}),
        ({"ou": "59000"}, set()),
        ({"commune": "59350", "rayon": "5"}, {"CIO de Lille", "Mission locale de Lille", "CIO de Douai"}),
        ({"commune": "79191"}, set()),
        ({"ou": "Atlantide"}, set()),
        ({"question": "3", "age": "moins_26"}, {"Mission locale de Lille", "CIO de Lille", "CIO de Douai"}),
        ({"question": "3"}, {"CIO de Lille", "CIO de Douai"}),
    ],
)
def test_what_each_question_finds(world: World, query: dict[str, str], expected: set[str]) -> None:
    assert set(names(get(query))) == expected


def test_a_postcode_of_two_communes_asks_which_and_a_misspelt_commune_is_offered(world: World) -> None:
    text = get({"ou": "59000"})
    assert "commune=59350" in text
    assert "commune=59178" in text
    text = get({"ou": "Lile", "ouvert": "1"})
    assert "commune=59350&amp;ouvert=1" in text
    assert "Aucune commune « Niort » dans cette région" in get({"ou": "Niort"})


def test_the_reason_and_the_order_are_those_of_the_rules(world: World) -> None:
    text = get({"question": "3", "age": "moins_26"})
    assert names(text)[0] == "Mission locale de Lille"
    assert "Moins de 26 ans : ce réseau accompagne emploi et formation ensemble." in text


@pytest.mark.parametrize("box", ["ouvert", "sans_rdv", "samedi", "fauteuil"])
def test_boxes_keep_what_they_say(world: World, box: str) -> None:
    with system():
        bare = make_site(world.lille, "Lieu sans rien", world.reseaux["CIO"])
        good = make_site(world.lille, "Lieu complet", world.reseaux["CIO"], wheelchair="oui")
        OpeningSlot.objects.bulk_create(
            OpeningSlot(site=good, region_id=good.region_id, weekday=day, start=480, end=1200, walk_in=True)
            for day in range(7)
        )
        OpeningSlot.objects.create(
            site=bare, region_id=bare.region_id, weekday=0, start=480, end=500, walk_in=False
        )
    found = names(get({box: "1"}))
    assert "Lieu complet" in found
    assert "Lieu sans rien" not in found


def test_labels_and_partners(partners: World) -> None:
    with system():
        Labellisation.objects.create(
            region=partners.region, territory=partners.lille, site=partners.cio, status="labellise",
            starts_on=datetime.date(2026, 1, 1), ends_on=datetime.date(2030, 12, 31), source="essai",
        )  # fmt: skip
    text = get({"label": "labellise"})
    assert names(text) == ["CIO de Lille"]
    assert "Lieu labellisé par l’État" in text
    assert names(get({"label": "associe"})) == ["Partenaire destinataire"]


def test_far_places_come_with_the_radius_and_an_empty_list_offers_the_nearest(world: World) -> None:
    with system():
        Commune.objects.for_system().filter(pk="59178").update(latitude=50.37, longitude=3.08)
        for site in Site.objects.for_system().filter(region=world.region):
            Site.objects.for_system().filter(pk=site.pk).update(latitude=50.63, longitude=3.06)
    text = get({"commune": "59178"})
    assert "Aucun lieu ne correspond" in text
    assert "Chercher à moins de 20 km" in text
    assert "Les plus proches, ouverts d’abord" in text
    assert len(names(text)) == 3
    assert len(names(get({"commune": "59178", "rayon": "50"}))) == 3
    assert "à 29 km" in get({"commune": "59178", "rayon": "50"}).replace("\xa0", " ")


MOMENTS = [
    datetime.datetime(2026, 11, 24, 9, 30, tzinfo=datetime.UTC),
    datetime.datetime(2026, 11, 24, 16, 0, tzinfo=datetime.UTC),
    datetime.datetime(2026, 12, 25, 9, 30, tzinfo=datetime.UTC),
    datetime.datetime(2026, 7, 14, 9, 30, tzinfo=datetime.UTC),
    datetime.datetime(2026, 7, 20, 9, 30, tzinfo=datetime.UTC),
    datetime.datetime(2027, 1, 4, 9, 30, tzinfo=datetime.UTC),
    datetime.datetime(2026, 3, 29, 0, 59, tzinfo=datetime.UTC),
]


def found_open(by: Actor, at: datetime.datetime, *, walk_in: bool) -> set[int]:
    """Every place that the public search finds open, page after page."""
    found: set[int] = set()
    for page in range(1, 100):
        asked = Asked(open_now=True, walk_in=walk_in, page=page)
        answer = search(by, asked, rules={}, origin=None, at=Moment(at))
        found |= set(answer.ids)
        if page * PER_PAGE >= answer.total:
            break
    return found


@pytest.mark.parametrize("at", MOMENTS)
@pytest.mark.parametrize("walk_in", [False, True])
def test_open_now_in_sql_is_open_now_of_the_hours(world: World, at: datetime.datetime, walk_in: bool) -> None:
    with system():
        made = [make_site(world.lille, f"Lieu {n}", world.reseaux["CIO"]) for n in range(6)]
        for n, site in enumerate(made):
            open_week(site, walk_in=n % 2 == 0)
        Site.objects.for_system().filter(pk__in=[made[0].pk, made[3].pk]).update(closed_on_holidays=False)
        given = {"site": made[1], "region": world.region}
        Closure.objects.create(**given, first_day="2026-11-23", last_day="2026-11-25")
        for place, dates in (
            (made[2], {"first_md": 701, "last_md": 831}),
            (made[4], {"first_md": 1220, "last_md": 110}),
        ):
            season = Season.objects.create(site=place, region=world.region, **dates)
            SeasonSlot.objects.create(
                season=season, site=place, region=world.region, weekday=0, start=600, end=720, walk_in=False
            )
        dated = Season.objects.create(
            site=made[5], region=world.region, first_day="2026-11-01", last_day="2026-11-30"
        )
        SeasonSlot.objects.create(
            season=dated, site=made[5], region=world.region, weekday=1, start=960, end=1100
        )
    with public_reader(world.region) as by:
        found = found_open(by, at, walk_in=walk_in)
        places = Site.objects.visible_to(by).can_be_suggested()
        weeks = weeks_of_sites(by, list(places.values_list("pk", flat=True)), at.date())
    assert found == {pk for pk, week in weeks.items() if hours.is_open_at(week, at, walk_in_only=walk_in)}


def test_a_page_costs_the_same_at_one_place_and_at_many(world: World) -> None:
    Client().get(HOME)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as few, time_machine.travel(OPEN, tick=False):
            Client().get(HOME, {"commune": "59350", "q": "cio", "question": "1", "ouvert": "1"})
        counts.append(len(few))
        with system():
            for n in range(30):
                open_week(make_site(world.lille, f"CIO {n}", world.reseaux["CIO"]))
    assert counts[0] == counts[1] <= LIST_QUERIES


@override_settings(DIRECTORY_CACHE=8)
def test_a_search_kept_for_a_minute_never_shows_a_place_closed_since(world: World) -> None:
    forget()
    assert "CIO de Lille" in names(get())
    with system():
        Site.objects.for_system().filter(pk=world.cio.pk).update(active=False)
    with CaptureQueriesContext(connection) as again:
        assert "CIO de Lille" not in names(get())
    assert not any("territories_searchplace" in query["sql"] for query in again)
    for page in range(1, 12):
        get({"q": "lille", "page": page})
    forget()


def test_pages_hold_twenty_places_once_each(world: World) -> None:
    with system():
        for n in range(45):
            make_site(world.lille, f"Lieu {n:02d}", world.reseaux["CIO"])
    pages = [names(get({"q": "lieu", "page": n})) for n in (1, 2, 3)]
    assert [len(page) for page in pages] == [20, 20, 5]
    assert len({name for page in pages for name in page}) == 45
    assert names(get({"q": "lieu", "page": 99})) == pages[2]


def test_htmx_takes_the_list_alone_and_caches_keep_them_apart(world: World) -> None:
    with time_machine.travel(OPEN, tick=False):
        page, part = Client().get(HOME), Client().get(HOME, headers={"HX-Request": "true"})
    assert "<html" in page.text
    assert "<html" not in part.text
    assert 'id="resultats"' in part.text
    for response in (page, part):
        assert response.headers["Cache-Control"] == "public, max-age=60"
        assert response.headers["Vary"] == "HX-Request, Accept-Encoding"
    assert page.headers["ETag"] != part.headers["ETag"]


def test_a_page_already_known_is_not_sent_again(world: World) -> None:
    with time_machine.travel(OPEN, tick=False):
        first = Client().get(HOME)
        again = Client().get(HOME, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.content == b""


HOSTILE = [
    {"q": "\x00"}, {"q": "é" * 10_000}, {"ou": "\x00'\"<script>"}, {"ou": "(" * 5000},
    {"commune": "59350'--"}, {"page": "-1"}, {"page": "²"}, {"page": "9" * 400}, {"rayon": "nan"},
    {"rayon": "1e9"}, {"question": "9" * 30}, {"statut": "%00"}, {"age": "vieux"}, {"label": "x"},
    {"q": "a & b | !c:* <-> ''"}, {"q": "''; DROP TABLE"}, {"ou": "𝔏𝔦𝔩𝔩𝔢"}, {"q": "😀"},
    {"ouvert": ["1", "0"]},
]  # fmt: skip


@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_questions_are_answered_plainly(world: World, query: dict[str, str]) -> None:
    for address in (HOME, f"{HOME}integrer/", f"{HOME}integrer/guide/"):
        response = Client(raise_request_exception=False).get(address, query)
        assert response.status_code == 200
        assert "<script>" not in response.text


def test_bytes_that_are_no_text_are_answered_too(world: World) -> None:
    response = Client(raise_request_exception=False).get(HOME, QUERY_STRING="q=%ff%fe&ou=%c3%28&page=%00")
    assert response.status_code == 200


@override_settings(DIRECTORY_PER_MINUTE=3)
def test_one_address_turns_so_many_pages_a_minute(world: World) -> None:
    # Minutes are the database's: five pages asked across two of them say nothing, and are asked again from
    # another address.
    for rank in range(3):
        before = _minute()
        with time_machine.travel(OPEN, tick=False):
            visitor = Client(REMOTE_ADDR=f"192.0.2.{rank + 1}")
            answers = [visitor.get(HOME).status_code for _ in range(5)]
        if _minute() == before:
            break
    assert answers == [200, 200, 200, 429, 429]


def _minute() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT floor(extract(epoch FROM clock_timestamp()) / 60)::bigint")
        return int(cursor.fetchone()[0])


def _linked(text: str) -> list[Path]:
    found = re.findall(r'(?:<link rel="stylesheet" href|<script src)="/static/([^"]+)"', text)
    return [Path(str(finders.find(name))) for name in found]


def test_the_page_stays_under_fifty_kilobytes_without_the_map(world: World) -> None:
    """Bytes as they travel: the page and each of its sheets and scripts, compressed."""
    with system():
        for n in range(40):
            site = make_site(
                world.lille, f"Centre d’information et d’orientation numéro {n}", world.reseaux["CIO"],
                wheelchair="oui", publics=["jeunes", "salaries"], publics_note="avec un document",
            )  # fmt: skip
            open_week(site)
    with time_machine.travel(OPEN, tick=False):
        response = Client().get(HOME, {"commune": "59350"}, headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    text = gzip.decompress(response.content).decode()
    assert len(names(text)) == 20
    assert "leaflet.js" in text
    files = _linked(text)
    assert not any("leaflet" in str(path) for path in files)
    assert len(files) >= 6
    weights = {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in files}
    region = Client().get(f"/region/{world.region.slug}.css")
    total = len(response.content) + sum(weights.values()) + len(region.content)
    assert total < KILOBYTES * 1000, weights


def test_the_policy_stays_strict_and_opens_to_the_tiles_only_when_they_are_set(world: World) -> None:
    policy = Client().get(HOME).headers["Content-Security-Policy"]
    assert "img-src 'self' data:;" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    with override_settings(MAP_TILES_URL="https://tuiles.example/{z}/{x}/{y}.png", MAP_TILES_CREDIT="© <b>"):
        response = Client().get(HOME)
    assert "img-src 'self' data: https://tuiles.example;" in response.headers["Content-Security-Policy"]
    assert 'data-credit="© &lt;b&gt;"' in response.text
    assert "script-src 'self';" in response.headers["Content-Security-Policy"]


def test_only_the_embedded_list_may_be_framed(world: World) -> None:
    embedded = Client().get(f"{HOME}integrer/", {"commune": "59350"})
    assert "frame-ancestors *" in embedded.headers["Content-Security-Policy"]
    assert "<form" not in embedded.text
    assert names(embedded.text)
    assert embedded.text.count('target="_top"') == len(names(embedded.text)) + 1
    guide = Client().get(f"{HOME}integrer/guide/", {"ou": "Lille"})
    assert "frame-ancestors 'none'" in guide.headers["Content-Security-Policy"]
    assert f"{settings.BASE_URL}{HOME}integrer/?commune=59350" in guide.text


def test_search_engines_read_the_directory_and_nothing_else(partners: World) -> None:
    robots = Client().get("/robots.txt").text
    assert "Allow: /ou-s-adresser/" in robots
    assert "\nDisallow: /\n" in robots
    text = Client().get("/sitemap.xml").text
    assert f"/lieu/{partners.cio.pk}/cio-de-lille/" in text
    assert "/lieu/" in text
    assert "prescripteur" not in text
    assert f'<link rel="canonical" href="{settings.BASE_URL}{HOME}?commune=59350">' in get({"ou": "Lille"})
    assert "noindex" not in get({"commune": "59350"})
    assert "noindex" in get({"commune": "59350", "ouvert": "1"})


def test_the_directory_is_on_the_way_of_who_is_not_logged_in(world: World) -> None:
    for address in ("/connexion/", "/r/"):
        assert 'href="/ou-s-adresser/"' in Client().get(address).text


def test_a_third_region_needs_no_rule_nor_list(world: World) -> None:
    with system():
        OrientationRule.objects.for_system().all().delete()
    with public_reader(Region.objects.get(pk=world.region.pk)) as by:
        result = listing(by, read({"question": "1", "statut": "2"}), OPEN)
    assert result.found.total == 3
