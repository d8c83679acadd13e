"""What the journeys and the sweep know of the calls for interest of the demonstration: files and accounts."""

import re
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.e2e.stack import Account, Stack
from tests.e2e.visitor import until

REGION = "A54"
_OF_REGION = " JOIN territories_region r ON r.id = c.region_id WHERE r.code = 'A54'"


@dataclass(frozen=True)
class Called:
    """This year's call of the demonstration and the one that is over."""

    now: int
    before: int
    path: str
    results: str


def called(stack: Stack) -> Called:
    rows = stack.rows(
        f"SELECT c.id, r.slug, c.slug FROM labelling_amicall c{_OF_REGION} ORDER BY c.state = 'publie', c.id"
    )
    (now, region, slug), (before, _, old) = rows[0], rows[-1]
    path = f"/ami/appel/{region}/"
    return Called(int(str(now)), int(str(before)), f"{path}{slug}/", f"{path}{old}/resultats/")


def file_in(stack: Stack, call: int, *states: str, last: bool = False) -> int:
    """A file of a call in one of these states, the first state that has one."""
    way = "DESC" if last else "ASC"
    rows = stack.rows(
        "SELECT id FROM labelling_amiapplication WHERE call_id = %s AND state = ANY(%s)"
        f" ORDER BY array_position(%s, state::text), id {way}",
        (call, list(states), list(states)),
    )
    return int(str(rows[0][0]))


def draft_of(stack: Stack, *, whole: bool) -> int:
    """The draft that only waits to be submitted, or the one hardly begun."""
    rows = stack.rows(
        "SELECT a.id, (SELECT count(*) FROM labelling_amisection s WHERE s.application_id = a.id)"
        " FROM labelling_amiapplication a WHERE a.state = 'brouillon' AND EXISTS (SELECT 1"
        " FROM territories_membership m JOIN territories_user u ON u.id = m.user_id"
        " WHERE m.organisation_id = a.organisation_id AND u.is_demo) ORDER BY 2, 1"
    )
    return int(str(rows[-1 if whole else 0][0]))


def porteur_of(stack: Stack, file: int) -> Account:
    """The account that acts for the organisation of a file."""
    return _account(
        stack,
        "SELECT u.email FROM territories_user u JOIN territories_membership m ON m.user_id = u.id"
        " JOIN labelling_amiapplication a ON a.organisation_id = m.organisation_id"
        " WHERE a.id = %s AND m.role = 'porteur' ORDER BY m.id",
        file,
    )


def member_of(stack: Stack, file: int) -> Account:
    """A member of the commission that gives its avis on a file."""
    return _account(
        stack,
        "SELECT u.email FROM territories_user u JOIN territories_membership m ON m.user_id = u.id"
        " JOIN labelling_amiapplication a ON a.commission_id = m.commission_id"
        " WHERE a.id = %s AND m.role = 'membre_commission' ORDER BY m.id",
        file,
    )


def _account(stack: Stack, query: str, file: int) -> Account:
    emails = [str(row[0]) for row in stack.rows(query, (file,))]
    return next(a for a in stack.accounts if a["email"] in emails)


def letter_to(stack: Stack, address: str, path: str, seconds: float = 20) -> str:
    """The address under ``path`` written in a mail that left for ``address``; waits for the worker."""
    found: list[str] = []

    def left() -> bool:
        for letter in sorted((stack.folder / "mails").glob("*"), key=lambda one: one.stat().st_mtime):
            text = letter.read_text(errors="replace").replace("=\n", "")
            if f"To: {address}" in text:
                found.extend(re.findall(rf"{path}[\w-]+/", text))
        return bool(found)

    until(left, seconds)
    return found[-1]


def noted_by(stack: Stack, scorer: Account) -> int:
    """A file whose note this account still owes."""
    rows = stack.rows(
        "SELECT s.application_id FROM labelling_amiassignment s JOIN territories_user u ON u.id = s.scorer_id"
        " WHERE u.email = %s AND s.state = 'attendue' ORDER BY s.application_id",
        (scorer["email"],),
    )
    return int(str(rows[0][0]))


def state_of(stack: Stack, file: int) -> str:
    return str(stack.rows("SELECT state FROM labelling_amiapplication WHERE id = %s", (file,))[0][0])


def press(page: Page, name: str) -> None:
    """Press the button that bears this name, or begins by it, and wait for the page it leads to."""
    with page.expect_navigation():
        page.get_by_role("button", name=re.compile(f"^{re.escape(name)}")).last.click()
