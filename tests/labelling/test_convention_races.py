"""At the same second: the last two signatures, a signature and a new text, two coordinators (GUIDE p. 15)."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test import Client

from labelling.models import ConventionSignature
from labelling.services.convention import drafting, opening, presenting
from spo_portal.kernel.errors import PortalError
from tests.factories import World, make_world, system
from tests.kernel.jobs_by_hand import worker_role
from tests.labelling.convention_world import MAILS, Signed, form, make_convention

pytestmark = pytest.mark.django_db(transaction=True)
CIO, MISSION = MAILS


@pytest.fixture
def made(transactional_db: None) -> Signed:
    return make_convention(make_world())


def together(*acts: Callable[[], object]) -> list[object]:
    """Run each act in a thread of its own, started at once; what each gave, or its error."""
    barrier = threading.Barrier(len(acts))
    found: list[object] = [None] * len(acts)

    def run(index: int) -> None:
        barrier.wait()
        try:
            found[index] = acts[index]()
        except PortalError as error:
            found[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def answers() -> int:
    with system():
        return ConventionSignature.objects.for_system().count()


def test_the_last_two_signatures_at_once_make_the_convention_signed(made: Signed) -> None:
    sent = {address: form(made, address) for address in MAILS}
    codes = together(*(lambda a=a: Client().post(made.url(a), sent[a]).status_code for a in MAILS))
    assert codes == [302, 302]
    assert made.now().state == "signee"
    with worker_role():
        made.read_mails()
    assert made.now().pdf is not None


def test_one_link_on_four_devices_at_once_gives_one_signature(made: Signed) -> None:
    sent = form(made, CIO)
    codes = together(*[lambda: Client().post(made.url(CIO), sent).status_code] * 4)
    assert sorted(codes) == [302, 409, 409, 409]  # type: ignore[type-var]
    assert answers() == 1


def test_a_signature_and_a_new_text_at_once_never_mix(made: Signed) -> None:
    sent = form(made, CIO)
    with made.acting() as actor:
        convention = made.now()
        text = convention.draft.replace("préavis de trois mois", "préavis de six mois")
        drafting.save_draft(by=actor, convention=convention, text=text, seen=convention.draft_version)
        seen = presenting.preview(actor, made.now()).sha256

    def show() -> object:
        with transaction.atomic():
            actor = made.world.actor("coordinateur")
            return presenting.present(by=actor, convention=made.convention, seen=seen, reason="Trop court")

    code, shown = together(lambda: Client().post(made.url(CIO), sent).status_code, show)
    assert made.now().sha256 == seen
    assert (code, answers()) in {(302, 1), (409, 0)}
    assert not isinstance(shown, PortalError)
    assert made.now().state == "signature", "a signature of the former text never counts for the new one"


def test_two_coordinators_open_one_convention(transactional_db: None) -> None:
    world: World = make_world()

    def start() -> object:
        with transaction.atomic():
            actor = world.actor("coordinateur_douai")
            return opening.open_convention(by=actor, territory=world.douai)

    found = together(start, start)
    assert sum(isinstance(one, PortalError) for one in found) == 1
