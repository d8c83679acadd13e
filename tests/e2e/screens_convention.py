"""Screens of the conventions multipartites: the coordinator's, a signatory's, and the public check."""

from collections.abc import Callable, Iterator

from tests.e2e.screens_ami import PHONE, WIDE, Walk
from tests.e2e.stack import Stack

STEERED = (
    "SELECT c.id, u.email, c.sha256 FROM labelling_convention c"
    " JOIN territories_membership m ON m.territory_id = c.territory_id AND m.role = 'coordinateur'"
    " JOIN territories_user u ON u.id = m.user_id WHERE c.state = %s ORDER BY c.id, m.id"
)
PARTS = (
    "SELECT p.id, s.id FROM labelling_conventionparty p"
    " JOIN labelling_conventionsignatory s ON s.party_id = p.id WHERE p.convention_id = %s ORDER BY s.id"
)


def coordinator(stack: Stack) -> Iterator[Walk]:
    """The convention that is being signed, and the one that is signed, by those who hold them."""
    for state, width in (("signature", WIDE), ("signee", PHONE)):
        known = {account["email"]: account for account in stack.accounts}
        rows = [row for row in stack.rows(STEERED, (state,)) if row[1] in known]
        pk, email, _ = rows[0]
        one = f"/conventions/{pk}/"
        pages = ["", "texte/", "parties/", "versions/"]
        if state == "signature":
            party, signatory = stack.rows(PARTS, (pk,))[0]
            pages += ["presenter/", "reprendre/", "abandonner/", "reglages/"]
            pages += [f"parties/{party}/", f"parties/{party}/retirer/"]
            pages += [f"signataires/{signatory}/", f"signataires/{signatory}/retirer/"]
        yield Walk(known[str(email)], width, ("/conventions/", *(one + page for page in pages)))


def check(stack: Stack) -> Iterator[Walk]:
    """A fingerprint that is known, one that is not, a link that is lost."""
    sha256 = stack.rows(STEERED, ("signee",))[0][2]
    checked = "/convention/verifier/"
    unknown = (f"{checked}{'0' * 64}/", "/convention/signature/inconnu/")
    for width in (WIDE, PHONE):
        yield Walk(None, width, (checked, f"{checked}{sha256}/"), unknown)


def convention_walks() -> dict[str, Callable[[Stack], Iterator[Walk]]]:
    """By reader; each a test of its own."""
    return {"convention-coordinator": coordinator, "convention-check": check}
