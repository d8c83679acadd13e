"""Screens of the records of places, by who reads them, at the width they are most read at."""

from collections.abc import Callable, Iterator

from tests.e2e.screens_ami import PHONE, WIDE, Walk
from tests.e2e.stack import Stack

OWN = (
    "SELECT m.site_id FROM territories_membership m JOIN territories_user u ON u.id = m.user_id"
    " WHERE u.email = %s AND m.role = 'referent'"
)
STEERED = (
    "SELECT min(s.id) FROM territories_site s"
    " JOIN territories_membership m ON m.territory_id = s.territory_id"
    " JOIN territories_user u ON u.id = m.user_id WHERE u.email = %s AND m.role = 'coordinateur'"
)


def keeper(stack: Stack) -> Iterator[Walk]:
    """The référent's own place, on a telephone."""
    account = stack.account("referent")
    place = f"/annuaire/{stack.rows(OWN, (account['email'],))[0][0]}/"
    yield Walk(account, PHONE, tuple(place + page for page in ("", "fiche/", "services/", "historique/")))


def coordinator(stack: Stack) -> Iterator[Walk]:
    """The list of the territory; a place read, changed, closed; a place that opens."""
    account = stack.account("coordinateur")
    place = f"/annuaire/{stack.rows(STEERED, (account['email'],))[0][0]}/"
    lists = ("/lieux/", "/lieux/?etat=a_confirmer", "/lieux/?etat=fermes", "/annuaire/nouveau/")
    pages = ("", "fiche/", "services/", "historique/", "fermer/")
    yield Walk(account, WIDE, (*lists, *(place + page for page in pages)))


def place_walks() -> dict[str, Callable[[Stack], Iterator[Walk]]]:
    """By reader; each a test of its own."""
    return {"lieu-keeper": keeper, "lieu-coordinator": coordinator}
