"""Every screen and state, wide and narrow: no axe violation, one h1, no scroll sideways (RGAA 4.1)."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import axe_playwright_python  # type: ignore[import-untyped]
import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.screens import Screen, screens
from tests.e2e.screens_ami import ami_walks
from tests.e2e.screens_convention import convention_walks
from tests.e2e.screens_label import label_walks
from tests.e2e.screens_label_coverage import coverage_walks
from tests.e2e.screens_label_kit import kit_walks
from tests.e2e.screens_label_state import label_state_walks
from tests.e2e.screens_lieux import place_walks
from tests.e2e.screens_partenaires import partner_walks
from tests.e2e.screens_public import public_walks
from tests.e2e.screens_report import report_screens
from tests.e2e.stack import Stack
from tests.e2e.visitor import Visitor

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE, PHONE, NARROW = 1280, 360, 320
SIDEWAYS = """() => [...document.querySelectorAll('body *')]
  .filter((e) => !e.closest('.scroll, .sr, [popover]')
  && e.getBoundingClientRect().right > innerWidth + 1 && e.getBoundingClientRect().width > 1)
  .slice(0, 3).map((e) => e.outerHTML.slice(0, 120))"""


MARKUP = """() => { const all = [...document.querySelectorAll('[id]')].map((e) => e.id);
  return { headings: document.querySelectorAll('h1').length, language: document.documentElement.lang,
    title: document.title, repeated: all.filter((id, n) => all.indexOf(id) !== n) }; }"""


@pytest.fixture(scope="module")
def reader(browser: Browser, stack: Stack) -> Iterator[Visitor]:
    """The windows kept for the whole module, one for each reader."""
    visitor = Visitor(browser, stack)
    yield visitor
    for context in visitor.contexts:
        context.close()
    assert visitor.trouble == []


@pytest.fixture
def visitor(reader: Visitor) -> Iterator[Visitor]:
    """Each test answers for what its pages complained about."""
    yield reader
    found = [*reader.trouble]
    reader.trouble.clear()
    assert found == []


@lru_cache
def engine() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands; no rule is off."""
    # Evaluated by the browser's debugger: the page's own policy stays as strict as for a visitor.
    if not page.evaluate("'axe' in window"):
        page.evaluate(engine())
    found = page.evaluate(
        "async (tags) => (await axe.run(document, {runOnly: tags, resultTypes: ['violations']})).violations",
        TAGS,
    )
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:160]} -> {node['failureSummary'][:300]}"
        for rule in found
        for node in rule["nodes"]
    ]


def check_markup(page: Page) -> None:
    seen = page.evaluate(MARKUP)
    assert seen["headings"] == 1
    assert seen["language"] == "fr"
    assert seen["title"].replace(" – ", "").strip()
    assert seen["repeated"] == []


def check_width(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW, page.evaluate(SIDEWAYS)


@pytest.mark.parametrize("screen", [*screens(), *report_screens()], ids=str)
def test_screen(screen: Screen, visitor: Visitor, stack: Stack) -> None:
    page = visitor.kept(stack.account(screen.role, screen.number, screen.region) if screen.role else None)
    answer = page.goto(screen.path)
    assert answer is not None
    assert answer.status == screen.status
    if screen.act:
        # Some acts borrow the counsellor's session, whichever test comes first on this worker.
        visitor.session(stack.account("conseiller"))
        screen.act(page, stack)
    page.wait_for_load_state()
    check_markup(page)
    found: list[str] = []
    for width in (WIDE, PHONE):
        if screen.name == "menu-open" and width == WIDE:
            continue
        page.set_viewport_size({"width": width, "height": 800})
        # What follows the size of the window does so at the next picture.
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        found += [f"{width} px: {line}" for line in violations(page)]
    page.set_viewport_size({"width": NARROW, "height": 800})
    check_width(page)
    assert found == []


WALKS = {
    **ami_walks(),
    **convention_walks(),
    **place_walks(),
    **partner_walks(),
    **kit_walks(),
    **label_walks(),
    **label_state_walks(),
    **coverage_walks(),
}


@pytest.mark.parametrize("walk", WALKS)
def test_ami_screens(walk: str, visitor: Visitor, stack: Stack) -> None:
    """Calls for interest, records of places: each screen at its usual width, one window per reader."""
    found: list[str] = []
    for one in WALKS[walk](stack):
        page = visitor.kept(one.account)
        for path in (*one.paths, *one.missing):
            page.set_viewport_size({"width": one.width, "height": 800})
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == (404 if path in one.missing else 200), path
            check_markup(page)
            found += [f"{path}: {line}" for line in violations(page)]
            page.set_viewport_size({"width": NARROW, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth") > NARROW:
                found.append(f"{path}: {page.evaluate(SIDEWAYS)}")
    assert not found, "\n".join(found)


def test_error_page_of_a_region_never_shown_to_another(visitor: Visitor, stack: Stack) -> None:
    """404 of another territory's figures, with the same page as a missing one."""
    page = visitor.kept(stack.account("coordinateur"))
    other = stack.rows(
        "SELECT t.id FROM territories_territory t JOIN territories_region r ON r.id = t.region_id"
        " WHERE r.code = 'A54' LIMIT 1"
    )[0][0]
    texts = []
    for pk in (other, 999_999):
        answer = page.goto(f"/tableau-de-bord/territoire/{pk}/")
        assert answer is not None
        assert answer.status == 404
        check_markup(page)
        assert violations(page) == []
        texts.append(page.locator("main").inner_text())
    assert texts[0] == texts[1]


@pytest.mark.parametrize("walk", public_walks())
def test_public_screens(walk: str, visitor: Visitor, stack: Stack) -> None:
    """« Où s’adresser ? », on a wide screen with its map and on a telephone."""
    found: list[str] = []
    for one in public_walks()[walk](stack):
        page = visitor.kept(one.account)
        for path in one.paths:
            page.set_viewport_size({"width": one.width, "height": 800})
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == 200, path
            check_markup(page)
            found += [f"{path}: {line}" for line in violations(page)]
            page.set_viewport_size({"width": NARROW, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth") > NARROW:
                found.append(f"{path}: {page.evaluate(SIDEWAYS)}")
    assert not found, "\n".join(found)
