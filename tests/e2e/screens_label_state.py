"""Screens of the label's procedure, by who reads them, at the width they are most read at."""

from collections.abc import Callable, Iterator

from tests.e2e.screens_ami import PHONE, WIDE, Walk
from tests.e2e.stack import Stack

SUBMITTED = (
    "SELECT d.id, d.state FROM labelling_labeldossier d WHERE d.submitted_at IS NOT NULL ORDER BY d.id"
)
WITHDRAWALS = "SELECT id FROM labelling_labelwithdrawal ORDER BY id LIMIT 1"
LISTS = ("/label/calendrier/", "/label/calendrier/?filtre=retard", "/label/retraits/")


def state(stack: Stack) -> Iterator[Walk]:
    """The préfecture: its first page, every dossier received at its step, a withdrawal."""
    paths = ["/label/accueil/", "/label/", *LISTS]
    for key, step in stack.rows(SUBMITTED):
        paths.append(f"/label/{key}/procedure/")
        if step == "accorde":
            paths.append(f"/label/{key}/decision/")
        elif step == "avis_rendu":
            paths.append(f"/label/{key}/procedure/decider/")
        elif step == "transmis":
            paths.append(f"/label/{key}/procedure/avis/")
        else:
            paths.append(f"/label/{key}/procedure/complement/")
    paths += [f"/label/retraits/{key}/" for (key,) in stack.rows(WITHDRAWALS)]
    yield Walk(stack.account("prefecture"), WIDE, tuple(paths))


def animation(stack: Stack) -> Iterator[Walk]:
    """The regional animation follows the deadlines."""
    yield Walk(stack.account("animation"), WIDE, LISTS)


def anybody(stack: Stack) -> Iterator[Walk]:
    """The check of a certificate, by somebody who reads its code on a wall."""
    yield Walk(None, PHONE, ("/label/verifier/",))


def label_state_walks() -> dict[str, Callable[[Stack], Iterator[Walk]]]:
    """By reader; each a test of its own."""
    return {"label-state": state, "label-animation": animation, "label-anybody": anybody}
