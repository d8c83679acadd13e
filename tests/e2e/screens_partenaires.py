"""Screens of the partenaires associés and of the directory's files, by who reads them."""

from collections.abc import Callable, Iterator

from tests.e2e.screens_ami import PHONE, WIDE, Walk
from tests.e2e.stack import Stack

FIRST = (
    "SELECT min(p.id) FROM labelling_associatedpartner p"
    " JOIN territories_membership m ON m.territory_id = p.territory_id"
    " JOIN territories_user u ON u.id = m.user_id"
    " WHERE u.email = %s AND m.role = 'coordinateur' AND p.until IS NULL"
)
BODY = (
    "SELECT min(o.id) FROM territories_organisation o"
    " JOIN territories_membership m ON m.region_id = o.region_id"
    " JOIN territories_user u ON u.id = m.user_id WHERE u.email = %s AND m.role = 'animation'"
)


def coordinator(stack: Stack) -> Iterator[Walk]:
    """The list, what is not noted, a partner read, changed, ended, added; the file of places."""
    account = stack.account("coordinateur")
    lists = (
        "/partenaires/",
        "/partenaires/?etat=a_noter",
        "/partenaires/?etat=termines",
        "/partenaires/nouveau/",
    )
    found = stack.rows(FIRST, (account["email"],))[0][0]
    pages = tuple(f"/partenaires/{found}/{page}" for page in ("", "modifier/", "finir/")) if found else ()
    yield Walk(account, WIDE, (*lists, *pages, "/annuaire/import/"))
    yield Walk(account, PHONE, ("/partenaires/?territoire=tous", "/annuaire/import/"))


def animation(stack: Stack) -> Iterator[Walk]:
    """The organisations, and what one is."""
    account = stack.account("animation")
    found = stack.rows(BODY, (account["email"],))[0][0]
    yield Walk(account, PHONE, ("/organismes/", f"/organismes/{found}/"))


def partner_walks() -> dict[str, Callable[[Stack], Iterator[Walk]]]:
    """By reader; each a test of its own."""
    return {"partenaires-coordinator": coordinator, "partenaires-animation": animation}
