"""Screens of the calls for interest, by who reads them, at the width they are most read at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.e2e.ami import REGION, called, draft_of, file_in, letter_to, member_of, porteur_of
from tests.e2e.stack import Account, Stack

WIDE, PHONE = 1280, 360
PARTS = ("services", "conditions", "contributions", "progres", "fonctionnement", "criteres", "pieces")


@dataclass(frozen=True)
class Walk:
    """Addresses that one reader (``None``: nobody logged in) walks in one window of that width.

    ``missing``: pages that say there is nothing, with the status of it.
    """

    account: Account | None
    width: int
    paths: tuple[str, ...]
    missing: tuple[str, ...] = ()


def public(stack: Stack) -> Iterator[Walk]:
    """The calls, the results, the request for an account, and the link of a partner that has not answered."""
    call = called(stack)
    rows = stack.rows(
        "SELECT c.email FROM labelling_amicontribution c WHERE c.state = 'invitee' AND c.nonce > 0 ORDER BY 1"
    )
    link = letter_to(stack, str(rows[0][0]), "/ami/contribution/")
    yield Walk(None, PHONE, ("/ami/", call.path, f"{call.path}candidater/", call.results, link))


def porteur(stack: Stack) -> Iterator[Walk]:
    """A draft hardly begun, a file selected and opened; lists and what is to be done."""
    call, draft = called(stack), draft_of(stack, whole=False)
    one = f"/ami/dossiers/{draft}/"
    lists = ("/ami/dossiers/", "/ami/a-faire/", "/ami/appels/", f"/ami/appels/{call.now}/", "/ami/comptes/")
    pages = ("", "porteur/", "budget/", "budget/import/", "partenaires/", "coredacteurs/", "deposer/")
    parts = tuple(f"{one}{part}/" for part in PARTS)
    yield Walk(porteur_of(stack, draft), PHONE, (*lists, *(one + page for page in pages), *parts))
    opened = file_in(stack, call.before, "ouverte")
    after = ("", "recu/", "suivi/", "publicite/", "convention/", "ouverture/", "budget/")
    yield Walk(porteur_of(stack, opened), PHONE, tuple(f"/ami/dossiers/{opened}/{page}" for page in after))


def region(stack: Stack) -> Iterator[Walk]:
    """The calls, from their writing to their publication."""
    yield Walk(stack.account("region", region=REGION), WIDE, tuple(_calls(called(stack).now)))


def instruction(stack: Stack) -> Iterator[Walk]:
    """The files as the Region reads them: instruction, sessions, decision, what comes after."""
    yield Walk(stack.account("region", region=REGION), WIDE, tuple(_files(stack)))


def _calls(call: int) -> Iterator[str]:
    yield from ("/ami/appels/", "/ami/appels/nouveau/", "/ami/comptes/", "/ami/a-faire/", "/ami/seances/")
    yield "/ami/seances/preparer/"
    for page in (
        "", "texte/", "cadre/", "criteres/", "grille/", "versions/", "rectificatif/", "report/", "copier/",
        "questions/", "dossiers/", "noteurs/", "charge/", "clore/", "simulateur/", "publication/",
        "couverture/",
    ):  # fmt: skip
        yield f"/ami/appels/{call}/{page}"


def _files(stack: Stack) -> Iterator[str]:
    call = called(stack)
    sent = file_in(stack, call.now, "deposee")
    admitted = file_in(stack, call.now, "recevable", "instruite", last=True)
    heard = file_in(stack, call.now, "avis_rendu", "decidee", "retenue")
    opened = file_in(stack, call.before, "ouverte")
    for file, pages in (
        (sent, ("", "recevabilite/", "complement/")),
        (admitted, ("noteurs/", "noter/")),
        (heard, ("decision/",)),
        (opened, ("convention/", "ouverture/", "suivi/", "publicite/")),
    ):
        yield from (f"/ami/dossiers/{file}/{page}" for page in pages)
    year = stack.rows("SELECT max(year) FROM labelling_amifollowup WHERE application_id = %s", (opened,))
    yield f"/ami/dossiers/{opened}/suivi/{year[0][0]}/"
    for state in ("convoquee", "approuvee"):
        rows = stack.rows(
            "SELECT s.id, min(i.id) FROM labelling_amisession s JOIN labelling_amisessionitem i"
            " ON i.session_id = s.id WHERE s.state = %s GROUP BY s.id ORDER BY s.id LIMIT 1",
            (state,),
        )
        for session, point in rows:
            yield from (f"/ami/seances/{session}/", f"/ami/seances/{session}/points/{point}/")
            if state == "approuvee":
                yield f"/ami/seances/{session}/proces-verbal/"


def others(stack: Stack) -> Iterator[Walk]:
    """A scorer, a member of a commission, and those who follow the calls."""
    call = called(stack)
    noted = file_in(stack, call.now, "recevable", "instruite")
    heard = file_in(stack, call.now, "avis_rendu", "decidee", "retenue")
    files = f"/ami/appels/{call.now}/dossiers/"
    scorer = stack.account("charge_mission", region=REGION)
    yield Walk(scorer, WIDE, ("/ami/a-faire/", "/ami/dossiers/", files, f"/ami/dossiers/{noted}/noter/"))
    rows = stack.rows("SELECT session_id FROM labelling_amisessionitem WHERE application_id = %s", (heard,))
    session, read = f"/ami/seances/{rows[0][0]}/", f"/ami/dossiers/{heard}/"
    member = member_of(stack, heard)
    yield Walk(member, PHONE, ("/ami/a-faire/", "/ami/seances/", session, files, read))


def ami_walks() -> dict[str, Callable[[Stack], Iterator[Walk]]]:
    """By reader; each a test of its own."""
    return {"public": public, "porteur": porteur, "region": region, "files": instruction, "others": others}
