"""Screens of the coverage of the label: the region's table, and one territory on a telephone."""

from collections.abc import Callable, Iterator

from tests.e2e.screens_ami import PHONE, WIDE, Walk
from tests.e2e.stack import Stack

STEERED = (
    "SELECT m.territory_id FROM territories_membership m JOIN territories_user u ON u.id = m.user_id"
    " WHERE u.email = %s AND m.role = 'coordinateur'"
)


def region(stack: Stack) -> Iterator[Walk]:
    """Territories × networks, the map and the radar, read by the animation."""
    yield Walk(stack.account("animation"), WIDE, ("/labels/couverture/",))


def territory(stack: Stack) -> Iterator[Walk]:
    """The coordinator's own territory: networks, week without a door, communes."""
    account = stack.account("coordinateur")
    found = stack.rows(STEERED, (account["email"],))[0][0]
    yield Walk(account, PHONE, (f"/labels/couverture/{found}/",))


def coverage_walks() -> dict[str, Callable[[Stack], Iterator[Walk]]]:
    """By reader; each a test of its own."""
    return {"coverage-region": region, "coverage-territory": territory}
