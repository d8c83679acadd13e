"""Screens under strain: three hundred rows, very long names, text twice as big, paper."""

import re
from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import expect

from tests.e2e.screens import host_id, import_lines, saved, upload
from tests.e2e.stack import Stack
from tests.e2e.test_axe import check_width, violations
from tests.e2e.visitor import Visitor, choose, doors_settled, save_by_post

ROWS = 300
LONG_NAME = (
    "Service intercommunal d’information et d’accompagnement vers la requalification professionnelle de "
)
LONG_WORD = "Saint-Rémy-en-Bouzemont-Saint-Genest-et-Isson"


def test_three_hundred_rows(visitor: Visitor, stack: Stack) -> None:
    """A stack of past fiches comes in by file: read blind, decided, listed by pages, exported."""
    page = visitor.as_account(stack.account("referent", 2))
    page.goto("/fiches/import/")
    day = str(stack.rows("SELECT to_char(current_date - 40, 'DD/MM/YYYY')")[0][0])
    upload(page, import_lines(ROWS, day))
    expect(page.locator("main")).to_contain_text(re.compile(rf"{ROWS}\s"))
    page.get_by_role("button", name=re.compile("^Importer")).click()
    page.goto("/fiches/?saisie=import")
    expect(page.locator("#nombre")).to_have_text(re.compile(rf"^{ROWS}\sfiches$"))
    shown = page.locator("tbody tr").count()
    assert 20 <= shown <= 100
    pages = page.locator("nav.pages")
    pages.get_by_role("link", name="Suivante").click()
    expect(pages.locator("[aria-current=page]")).to_have_text(re.compile("2$"))
    assert "saisie=import" in page.url
    pages.locator("ol a").last.click()
    expect(pages.get_by_role("link", name="Suivante")).to_have_count(0)
    assert violations(page) == []
    page.set_viewport_size({"width": 320, "height": 800})
    check_width(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    lines = download.value.path().read_text(encoding="utf-8-sig").strip().splitlines()
    assert len(lines) == ROWS + 1
    assert "CAP cuisine" not in "".join(lines)


@pytest.fixture
def long_names(stack: Stack) -> Iterator[str]:
    """The host site bears the longest name and address the model takes, for the time of one test."""
    name = (LONG_NAME + LONG_WORD)[:160]
    query = "UPDATE territories_site SET name = %s, address = %s, email = %s WHERE id = %s"
    ident = host_id(stack)
    before = stack.rows("SELECT name, address, email FROM territories_site WHERE id = %s", (ident,))[0]
    _write(
        stack,
        query,
        (name, LONG_NAME[:150], f"{'accueil-' * 6}public@{'territoire-' * 5}exemple.example", ident),
    )
    try:
        yield name
    finally:
        _write(stack, query, (*before, ident))


def _write(stack: Stack, query: str, parameters: tuple[object, ...]) -> None:
    with psycopg.connect(stack.environments["worker"]["DATABASE_URL"]) as connection:
        connection.execute("SELECT set_config('app.system', '1', true)")
        assert connection.execute(query, parameters).rowcount == 1


def test_long_names(visitor: Visitor, stack: Stack, long_names: str) -> None:
    """The longest name and mail wrap at 320 px on the fiche, its saved page, the directory and the list."""
    page = visitor.as_account(stack.account("conseiller", 0), viewport={"width": 320, "height": 800})
    page.goto("/fiches/nouvelle/")
    choose(page, "statut", 3)
    choose(page, "demandes", 5)
    doors_settled(page)
    door = page.locator("#portes .door", has=page.get_by_text(long_names, exact=True))
    door.locator("label.check").click()
    expect(page.locator("#apercu")).to_contain_text(long_names)
    check_width(page)
    page.goto("/fiches/nouvelle/")
    ident = re.sub(
        r"\D", "", str(stack.rows("SELECT id FROM territories_site WHERE name = %s", (long_names,))[0][0])
    )
    page.goto(save_by_post(page, fin="remettre", vers=ident))
    check_width(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Enregistrer en PDF").click()
    assert download.value.path().read_bytes().startswith(b"%PDF")
    for path in ("/annuaire/", f"/annuaire/{ident}/", "/fiches/", "/comptoir/"):
        page.goto(path)
        check_width(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto("/comptoir/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_text_twice_as_big(visitor: Visitor, stack: Stack) -> None:
    """RGAA 10.4: zoomed to 200 %, half the width is left and nothing is cut sideways."""
    page = visitor.as_account(
        stack.account("conseiller", 0), viewport={"width": 640, "height": 450}, device_scale_factor=2
    )
    for path in ("/comptoir/", "/fiches/nouvelle/", "/fiches/", "/annuaire/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 640, path


CHROME = ".top .nav, .top-end, .foot, .actionbar, .filters, .toasts, .demo-band, nav.pages, .skip"


def test_paper_shows_no_chrome(visitor: Visitor, stack: Stack) -> None:
    page = visitor.as_account(stack.account("coordinateur"))
    page.goto("/")
    page.emulate_media(media="print")
    assert [e for e in page.locator(CHROME).all() if e.is_visible()] == []
    expect(page.locator("dl.figures")).to_be_visible()
    # The figures of each chart come out even when their table is folded on the screen.
    expect(page.locator("main details table").first).to_be_visible()

    page = visitor.as_account(stack.account("conseiller", 0))
    page.goto("/fiches/")
    page.emulate_media(media="print")
    assert [e for e in page.locator(CHROME).all() if e.is_visible()] == []
    expect(page.locator("tbody tr").first).to_be_visible()


def test_saved_page_prints_the_slip_alone(visitor: Visitor, stack: Stack) -> None:
    """Ctrl + P on the saved page gives the person their part, never the part kept."""
    page = visitor.as_account(stack.account("conseiller", 0))
    page.goto("/fiches/nouvelle/")
    saved(page, stack)
    page.emulate_media(media="print")
    expect(page.locator(".slip-full")).to_be_visible()
    expect(page.locator(".slip-full .code")).to_be_visible()
    expect(page.locator("section[aria-labelledby=kept]")).to_be_hidden()
    assert [e for e in page.locator(CHROME).all() if e.is_visible()] == []
