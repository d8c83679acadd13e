"""The same job without a mouse: every stop is seen, none is a trap, errors lead to their field (K1-K11)."""

import datetime
import re
from typing import TypedDict

from playwright.sync_api import Page, expect

from tests.e2e.stack import Stack
from tests.e2e.test_axe import violations
from tests.e2e.test_journey import choose_outcome, code_on, next_tuesday
from tests.e2e.visitor import PHONE, Visitor, doors_settled, save_by_post

# The focused element, whether its focus shows (its own ring, or that of the drawing after a hidden box), and
# whether something sticky covers it.
STOP = """() => {
  const e = document.activeElement;
  if (!e || e === document.body || e === document.documentElement) return null;
  const ring = (x) => { const c = getComputedStyle(x);
    return c.outlineStyle !== 'none' && parseFloat(c.outlineWidth) >= 2
      && c.outlineColor !== 'rgba(0, 0, 0, 0)'; };
  const label = e.matches('input[type=radio], input[type=checkbox]') ? e.closest('label') : null;
  const shown = label || e;
  // Back where it has been already (a date box has several stops inside).
  const visited = (window.stopsSeen ||= new Set());
  const again = visited.has(e) && window.lastStop !== e;
  visited.add(e);
  window.lastStop = e;
  // The calendar button inside a date box has the browser's own ring; its host claims no focus then.
  const inner = e.matches('input[type=date], input[type=time]') && !e.matches(':focus');
  const r = shown.getBoundingClientRect();
  const [x, y] = [r.x + Math.min(r.width / 2, 40), r.y + r.height / 2];
  const top = document.elementFromPoint(x, y);
  return {
    name: (e.getAttribute('name') || e.id || e.textContent || e.tagName).trim().replace(/\\s+/g, ' ')
      .slice(0, 40),
    tag: e.tagName.toLowerCase(), value: e.value || '', again,
    ring: inner || [e, e.nextElementSibling, label].some((x) => x && ring(x)),
    seen: r.width > 0 && r.height > 0 && r.top >= 0 && r.bottom <= innerHeight + 1
      && Boolean(top) && (shown.contains(top) || top.contains(shown) || top.closest('label') === shown),
  };
}"""


class Stop(TypedDict):
    name: str
    tag: str
    value: str
    again: bool
    ring: bool
    seen: bool


def stop(page: Page) -> Stop | None:
    return page.evaluate(STOP)


def press(page: Page, key: str = "Tab") -> Stop | None:
    """Press a key; wherever the focus went, it is seen."""
    page.keyboard.press(key)
    at = stop(page)
    if at is not None:
        assert at["ring"], f"after {key} on {page.url}: {at}"
        assert at["seen"], f"after {key} on {page.url}: {at}"
    return at


def focused(page: Page, name: str) -> Stop:
    """The focus is on the named stop, and is seen there once the page has settled."""
    at = stop(page)
    for _ in range(30):
        if at is not None and at["name"].startswith(name) and at["seen"]:
            break
        page.wait_for_timeout(100)
        at = stop(page)
    assert at is not None, f"no focus, {name} expected"
    assert at["name"].startswith(name), at
    assert at["ring"], at
    assert at["seen"], at
    return at


def walk(page: Page, key: str = "Tab", limit: int = 300) -> list[Stop]:
    """All stops until the focus leaves the page, or comes round: nothing trapped it."""
    stops: list[Stop] = []
    page.evaluate("window.stopsSeen = undefined")
    while (at := press(page, key)) is not None and not at["again"]:
        stops.append(at)
        assert len(stops) < limit, f"trapped around {stops[-3:]}"
    return stops


def go_to(page: Page, name: str, value: str = "", key: str = "Tab", limit: int = 90) -> None:
    """Tab until the wanted stop, looking at every one on the way."""
    for _ in range(limit):
        at = press(page, key)
        if at and at["name"].startswith(name) and value in at["value"]:
            return
    raise AssertionError(f"{name} {value} is out of the keyboard's reach")


def type_day(page: Page, day: datetime.date) -> None:
    """Type a date in the browser's own box, whose order follows the browser's language, not the page's."""
    page.keyboard.type(f"{day:%d%m%Y}")
    if page.evaluate("document.activeElement.value") != day.isoformat():
        page.evaluate("(() => { const box = document.activeElement; box.blur(); box.focus(); })()")
        page.keyboard.type(f"{day:%m%d%Y}")
    assert page.evaluate("document.activeElement.value") == day.isoformat()


def log_in_by_keyboard(page: Page, account: dict[str, str]) -> None:
    page.goto("/connexion/")
    go_to(page, "login")
    page.keyboard.type(account["email"])
    go_to(page, "password")
    page.keyboard.type(account["password"])
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/connexion" not in url)


def test_whole_job(visitor: Visitor, stack: Stack) -> None:
    home, host = stack.account("conseiller", 0), stack.account("conseiller", 2)
    page = visitor.new()
    log_in_by_keyboard(page, home)
    page.keyboard.press("Alt+n")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nouvelle fiche")
    page.keyboard.press("3")
    assert focused(page, "statut")["value"] == "3"
    page.keyboard.press("0")
    expect(page.locator("#id_statut_9")).to_be_checked()
    page.keyboard.press("3")
    go_to(page, "age")
    press(page, "ArrowRight")
    expect(page.locator("input[name=age][value=plus_26]")).to_be_checked()
    go_to(page, "demandes", "2")
    press(page, "Space")
    go_to(page, "demandes", "5")
    press(page, "Space")
    doors_settled(page)
    site = page.locator("#portes .door", has=page.get_by_text(host["scope"], exact=True)).locator("input")
    go_to(page, "vers", str(site.get_attribute("value")))
    press(page, "Space")
    doors_settled(page)
    # The swap of a fragment does not take the focus away.
    focused(page, "vers")
    go_to(page, "rdv")
    press(page, "ArrowRight")
    go_to(page, "rdv_jour")
    type_day(page, next_tuesday())
    go_to(page, "rdv_heure")
    # « A » for the browsers that count in AM and PM; the others have no use for it.
    page.keyboard.type("0930A")
    expect(page.locator("#apercu")).to_contain_text("9 h 30")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Fiche enregistrée")
    assert page.locator("[data-reference]").get_attribute("data-reference")
    code = code_on(page)
    go_to(page, "forme", "enregistrer")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".pdf")

    other = visitor.new()
    log_in_by_keyboard(other, host)
    go_to(other, "code")
    other.keyboard.type(code)
    other.keyboard.press("Enter")
    expect(other.get_by_text("Code reconnu.")).to_be_visible()
    go_to(other, "suite")
    press(other, "ArrowDown")
    press(other, "ArrowUp")
    other.keyboard.press("Control+Enter")
    expect(other.get_by_text("C’est noté, merci.")).to_be_visible()


def test_errors_lead_to_their_fields(visitor: Visitor, stack: Stack) -> None:
    """K4: one error per step; the summary has the focus, its links go to the fields, nothing is lost."""
    page = visitor.as_account(stack.account("conseiller", 0))
    page.goto("/fiches/nouvelle/")
    go_to(page, "precisions")
    page.keyboard.type("Rappeler au 06 12 34 56 78")
    page.keyboard.press("Control+Enter")
    summary = page.locator("#erreurs")
    expect(summary).to_be_focused()
    assert page.title().startswith("Erreur")
    links = summary.locator("a")
    assert links.count() >= 4
    for number in range(links.count()):
        target = page.locator(str(links.nth(number).get_attribute("href")))
        expect(target).to_have_count(1)
    # The first link is followed with Enter; the focus is in its field.
    press(page)
    page.keyboard.press("Enter")
    focused(page, "statut")
    page.keyboard.press("2")
    go_to(page, "demandes", "1")
    press(page, "Space")
    doors_settled(page)
    go_to(page, "precisions")
    assert page.locator("#id_precisions").input_value() == "Rappeler au 06 12 34 56 78"
    described = str(page.locator("#id_precisions").get_attribute("aria-describedby"))
    error = page.locator("#id_precisions_erreur")
    assert "id_precisions_erreur" in described
    assert error.inner_text()
    page.keyboard.press("Control+a")
    page.keyboard.type("CAP cuisine")
    go_to(page, "fin", "place")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Fiche enregistrée")


def test_skip_link_menus_and_roles(visitor: Visitor, stack: Stack) -> None:
    """K1: skip link first; the menu and the roles open, close with Escape and give the focus back."""
    several = next(a for a in stack.accounts if a["role"] == "referent")
    page = visitor.new()
    visitor.log_in(page, several)
    page.goto("/annuaire/")
    press(page)
    focused(page, "Aller au contenu")
    page.keyboard.press("Enter")
    assert press(page) is not None
    assert page.evaluate("document.activeElement.closest('main') !== null")

    page.goto("/annuaire/")
    go_to(page, "J’agis comme")
    page.keyboard.press("Enter")
    expect(page.locator("#roles")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#roles")).to_be_hidden()
    focused(page, "J’agis comme")
    page.keyboard.press("Enter")
    go_to(page, "membership", limit=4)
    wanted = page.evaluate("document.activeElement.textContent").replace("Agir comme ", "").strip()
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text(f"Vous agissez maintenant comme {wanted}")
    expect(page.locator(".acting")).to_contain_text(wanted)

    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    go_to(page, "Menu")
    page.keyboard.press("Enter")
    expect(page.locator("#menu")).to_be_visible()
    assert press(page) is not None
    assert page.evaluate("document.activeElement.closest('#menu') !== null")
    page.keyboard.press("Escape")
    expect(page.locator("#menu")).to_be_hidden()
    focused(page, "Menu")


def test_no_screen_traps_the_focus(visitor: Visitor, stack: Stack) -> None:
    """Forward to the end, then backward to the beginning, wide and narrow."""
    for role, path in (
        ("conseiller", "/fiches/nouvelle/"),
        ("referent", "/lieu/horaires/"),
        ("coordinateur", "/"),
    ):
        page = visitor.as_account(stack.account(role, 1 if role in {"conseiller", "referent"} else 0))
        page.goto(path)
        forward = walk(page)
        backward = walk(page, "Shift+Tab")
        assert len(backward) > 5
        assert abs(len(forward) - len(backward)) <= 6, (path, len(forward), len(backward))
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.reload()
    assert len(walk(page)) > 5


def test_commune_and_structure_by_keyboard(visitor: Visitor, stack: Stack) -> None:
    """K5: a commune by a postcode shared by several, then a structure by its town."""
    page = visitor.as_account(stack.account("conseiller", 0))
    page.goto("/fiches/nouvelle/")
    page.keyboard.press("5")
    doors_settled(page)
    go_to(page, "Changer de lieu", key="Tab")
    page.locator("#lieu summary").focus()
    press(page, "Enter")
    go_to(page, "lieu_q", limit=2)
    page.keyboard.type("dunk")
    expect(page.locator("#communes label").first).to_be_visible()
    go_to(page, "commune", limit=4)
    press(page, "ArrowDown")
    doors_settled(page)
    expect(page.locator("#portes")).to_contain_text("Autour de Dunkerque")
    page.locator("#autre summary").focus()
    press(page, "Enter")
    go_to(page, "structure_q", limit=2)
    page.keyboard.type("tourcoing")
    expect(page.locator("#portes")).to_contain_text("Résultats pour « tourcoing »")
    focused(page, "structure_q")


def test_filters_keep_the_focus(visitor: Visitor, stack: Stack) -> None:
    """K8: a filter changed from the keyboard redraws figures and list; the focus stays where it was.

    The address follows with nothing but what was asked, and the back button gives the first question back.
    """
    page = visitor.as_account(stack.account("coordinateur"))
    page.goto("/")
    before = page.url
    go_to(page, "mois")
    title = page.title()
    press(page, "ArrowDown")
    expect(page).not_to_have_title(title)
    assert page.url.endswith(f"?mois={focused(page, 'mois')['value']}")
    expect(page.locator("#chiffres-annonce")).to_contain_text("Chiffres mis à jour")
    page.go_back()
    expect(page).to_have_title(title)
    assert page.url == before
    assert page.locator("#f-mois").input_value() == ""


def test_places_sort_by_keyboard(visitor: Visitor, stack: Stack) -> None:
    """K9: the head of a column sorts the places, says which way, and keeps the question asked."""
    page = visitor.as_account(stack.account("coordinateur"))
    page.goto("/")
    page.goto(page.url + "?comparer=rien")
    page.locator("#tri-fiches").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "tri=-fiches" in url)
    assert "comparer=rien" in page.url
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Fiches")
    page.locator("#lieux th[scope=row] a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/tableau-de-bord/lieu/" in url)
    assert "comparer=rien" in page.url


def test_filters_of_lists_keep_the_focus(visitor: Visitor, stack: Stack) -> None:
    """K8, the list of fiches."""
    page = visitor.as_account(stack.account("conseiller", 0))
    page.goto("/fiches/")
    go_to(page, "canal")
    press(page, "ArrowDown")
    page.wait_for_url(lambda url: "canal=" in url)
    page.wait_for_timeout(300)
    focused(page, "canal")
    assert re.match(r"\d+\sfiche", page.title())


def test_conflict_is_shown_and_resolved(visitor: Visitor, stack: Stack) -> None:
    """K11: two people correct one fiche; the second sees what was kept, then decides."""
    first = visitor.as_account(stack.account("conseiller", 0))
    second = visitor.as_account(stack.account("referent", 0))
    first.goto("/fiches/nouvelle/")
    address = save_by_post(first) + "corriger/"
    first.goto(address)
    second.goto(address)
    for page, digit in ((first, "2"), (second, "4")):
        with page.expect_navigation():
            page.keyboard.press(digit)
            page.keyboard.press("Control+Enter")
    expect(first.get_by_role("heading", level=1)).to_have_text("Fiche enregistrée")
    expect(second.get_by_text("Quelqu’un d’autre vient de corriger cette fiche.")).to_be_visible()
    expect(second.locator("input[name=statut][value='4']")).to_be_checked()
    assert violations(second) == []
    with second.expect_navigation():
        second.keyboard.press("4")
        second.keyboard.press("Control+Enter")
    expect(second.get_by_role("heading", level=1)).to_have_text("Fiche enregistrée")


def test_public_arrival_by_keyboard(visitor: Visitor, stack: Stack) -> None:
    """A misread code: the summary has the focus, the field keeps what was typed."""
    page = visitor.new()
    page.goto("/r")
    go_to(page, "code")
    page.keyboard.type("ABCD")
    page.keyboard.press("Enter")
    expect(page.locator("#erreurs")).to_be_focused()
    choose_outcome(page, "recue")
    expect(page.locator("#id_code")).to_have_value("ABCD")
