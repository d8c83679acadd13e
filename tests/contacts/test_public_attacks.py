"""Attacks on the public directory: what is kept by caches, what a hostile place may put on its page."""

import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from contacts.services.public.kept import forget
from territories.models import Site
from tests.conftest import LoginAs
from tests.factories import World, system

pytestmark = pytest.mark.django_db
HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture(autouse=True)
def fresh() -> None:
    forget()


def pages(world: World, site: Site) -> list[str]:
    slug = world.region.slug
    return [
        reverse("ou_region", args=[slug]),
        reverse("ou_region", args=[slug]) + "?q=cio",
        reverse("ou_integre", args=[slug]),
        reverse("ou_integre_guide", args=[slug]),
        reverse("ou_carte", args=[slug]),
    ]


def text_of(client: Client, url: str, **more: str) -> str:
    answer = client.get(url, **more)
    assert answer.status_code == 200, (url, answer.status_code)
    return answer.content.decode()


def test_a_page_kept_by_caches_says_nothing_of_who_reads_it(world: World, login: LoginAs) -> None:
    """Byte for byte the same for nobody and for an account, and no cookie comes with it."""
    place = re.search(
        r'href="(/ou-s-adresser/[^"?]+/\d+-?[^"]*)"', text_of(Client(), pages(world, world.cio)[0])
    )
    more = [place[1]] if place else []
    logged = login(world.users["coordinateur"])
    for url in [*pages(world, world.cio), *more]:
        public = Client().get(url)
        mine = logged.get(url)
        assert mine.content == public.content, url
        assert not mine.cookies, url
        assert "csrfmiddlewaretoken" not in mine.content.decode(), url
        assert "Cookie" not in public.headers["Vary"]


@pytest.mark.parametrize(
    "key", ["HTTP_HOST", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO", "HTTP_X_ORIGINAL_URL"]
)
def test_no_header_writes_an_address_into_a_kept_page(world: World, key: str) -> None:
    for url in pages(world, world.cio):
        answer = Client().get(url, **{key: "mechant.example"})
        assert answer.status_code in {200, 400}, url
        if answer.status_code == 200:
            assert "mechant.example" not in answer.content.decode(), url


def test_a_hostile_name_stays_text_everywhere(world: World) -> None:
    with system():
        rows = Site.objects.for_system().filter(pk=world.cio.pk)
        rows.update(name=HOSTILE, address=HOSTILE, transport=HOSTILE, publics_note=HOSTILE,
                    hours_note=HOSTILE, website='https://x.example/"onmouseover=alert(1)')  # fmt: skip
    slug = world.region.slug
    urls = [*pages(world, world.cio), reverse("sitemap") if False else "/sitemap.xml"]
    first = Client().get(reverse("ou_lieu", args=[slug, world.cio.pk, "x"]))
    assert first.status_code == 301
    urls.append(first.headers["Location"])
    for form in ("svg", "png"):
        answer = Client().get(reverse("ou_lieu_qr", args=[slug, world.cio.pk, form]))
        assert b"<script" not in answer.content
        assert "\n" not in answer.headers["Content-Disposition"]
    for url in urls:
        body = text_of(Client(), url)
        assert "<script>alert" not in body, url
        assert "<img src=x" not in body, url
        assert "onmouseover=alert(1)" not in body.replace("&quot;onmouseover", "").replace(
            '\\"onmouseover', ""
        ), url
    page = text_of(Client(), urls[-1])
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert block
    assert json.loads(block[1])["name"] == HOSTILE


def test_only_the_list_to_embed_may_be_framed(world: World) -> None:
    for url in pages(world, world.cio):
        policy = Client().get(url).headers["Content-Security-Policy"]
        framed = "frame-ancestors *" in policy
        assert framed == (url == reverse("ou_integre", args=[world.region.slug])), url


def test_what_is_closed_or_sends_people_is_shown_nowhere(world: World) -> None:
    slug = world.region.slug
    url = Client().get(reverse("ou_lieu", args=[slug, world.cio.pk, "x"])).headers["Location"]
    assert Client().get(url).status_code == 200
    for change in (
        {"active": False},
        {"reseau": None, "direction": "prescripteur"},
        {"direction": "prescripteur"},
    ):
        with system():
            Site.objects.for_system().filter(pk=world.cio.pk).update(
                **({"active": True, "reseau": world.cio.reseau, "direction": ""} | change)
            )
        forget()
        assert Client().get(url).status_code == 404, change
        assert Client().get(reverse("ou_lieu_qr", args=[slug, world.cio.pk, "svg"])).status_code == 404
        for one in (*pages(world, world.cio)[:3], "/sitemap.xml"):
            assert world.cio.name not in text_of(Client(), one), (one, change)
            assert f"/{world.cio.pk}" not in re.sub(r"\?.*", "", text_of(Client(), "/sitemap.xml"))


NASTY = (
    "page=999999999999999999999999", "page=-1", "page=1e9", "rayon=10&rayon=abc", "q=%00%00",
    "q=" + "a" * 5000,
    "ou=" + "%F0%9F%98%80" * 200, "commune='OR 1=1", "commune=59350&commune=79191", "question=99999999999999",
    "statut=-3", "age=<script>", "label=x", "q=%27%3A%2A%26%21%28", "q=a%26%26%21b%7C", "ouvert=2&sans_rdv=x",
    "ou=%FF%FE", "q=" + "%28" * 80,
)  # fmt: skip


@pytest.mark.parametrize("query", NASTY)
def test_a_forged_search_is_never_a_fault(world: World, query: str) -> None:
    for name in ("ou_region", "ou_integre", "ou_integre_guide"):
        answer = Client().get(reverse(name, args=[world.region.slug]) + "?" + query)
        assert answer.status_code == 200, (name, query)
        assert b"<script>" not in answer.content


def test_a_key_as_long_as_one_likes_is_no_page(world: World) -> None:
    slug = world.region.slug
    for path in (f"/ou-s-adresser/{slug}/{'9' * 40}/x/", f"/ou-s-adresser/{slug}/{'9' * 5000}/qr.svg"):
        assert Client().get(path).status_code == 404


def test_the_directory_is_read_at_the_pace_of_a_reader(world: World, settings: object) -> None:
    settings.DIRECTORY_PER_MINUTE = 3  # type: ignore[attr-defined]
    url = reverse("ou_region", args=[world.region.slug])
    answers = [Client().get(url, HTTP_X_FORWARDED_FOR=f"10.0.0.{n}").status_code for n in range(5)]
    assert answers == [200, 200, 200, 429, 429], "a header that anybody writes gives no new address"
