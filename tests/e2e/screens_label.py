"""Screens of the dossier of label, the territory's side, by who reads them, at their usual width."""

from collections.abc import Callable, Iterator

from tests.e2e.screens_ami import PHONE, WIDE, Walk
from tests.e2e.stack import Account, Stack

PARTS = ("territoire", "offre", "besoins", "cooperation", "engagements", "plan", "lieux", "pieces")
# The coordinator of the territory that has a dossier in that state.
COORDINATOR = (
    "SELECT d.id, u.email FROM labelling_labeldossier d"
    " JOIN territories_membership m ON m.territory_id = d.territory_id AND m.role = 'coordinateur'"
    " JOIN territories_user u ON u.id = m.user_id AND u.is_demo"
    " WHERE d.state = %s ORDER BY d.id, m.id LIMIT 1"
)


def _of(stack: Stack, state: str) -> tuple[int, Account]:
    pk, email = stack.rows(COORDINATOR, (state,))[0]
    return int(str(pk)), next(one for one in stack.accounts if one["email"] == email)


def writer(stack: Stack) -> Iterator[Walk]:
    """A dossier being written, at a desk."""
    pk, account = _of(stack, "brouillon")
    one = f"/label/{pk}/"
    pages = ("", *(f"{part}/" for part in PARTS), "lieux/?voir=a_decider", "deposer/", "abandonner/")
    yield Walk(account, WIDE, ("/label/", *(one + page for page in pages)))


def sender(stack: Stack) -> Iterator[Walk]:
    """A dossier submitted, on a telephone: read, its receipt."""
    pk, account = _of(stack, "depose")
    yield Walk(account, PHONE, ("/label/", f"/label/{pk}/", f"/label/{pk}/recu/"))


def state(stack: Stack) -> Iterator[Walk]:
    """The list of the region, and a dossier the préfet reads."""
    pk, _ = _of(stack, "depose")
    yield Walk(stack.account("prefecture"), WIDE, ("/label/", "/label/?etat=depose", f"/label/{pk}/"))


def label_walks() -> dict[str, Callable[[Stack], Iterator[Walk]]]:
    """By reader; each a test of its own."""
    return {"label-writer": writer, "label-sender": sender, "label-state": state}
