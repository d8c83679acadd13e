"""Two coordinators at the same instant, on two connections: one dossier, one submission, one row a place."""

from collections.abc import Callable

import pytest

from labelling.enums_label import DossierKind, DossierState, PlaceProposal
from labelling.models import LabelDossier, LabelPlace, LabelStep
from labelling.services.label import sections, submission
from labelling.services.label.opening import open_dossier
from labelling.services.label.places import PlaceConflict, Wish, propose
from spo_portal.kernel.texts import TextConflict
from territories.access import Actor
from territories.enums import Role
from tests.factories import World, make_membership, make_user, make_world, system
from tests.labelling.label_world import acting, complete_place, make_dossier, ready_dossier
from tests.labelling.test_budget_concurrent import together

pytestmark = pytest.mark.django_db(transaction=True)


def both(world: World, first: Callable[[Actor], object], second: Callable[[Actor], object]) -> list[object]:
    """The coordinator of Lille and a second one, at once."""
    with system():
        user = make_user("Second coordinateur")
        mandate = make_membership(user, Role.COORDINATEUR, territory=world.lille)

    def one() -> object:
        with acting(world.users["coordinateur"], world.memberships["coordinateur"]) as by:
            return first(by)

    def two() -> object:
        with acting(user, mandate) as by:
            return second(by)

    return together(one, two)


def test_two_coordinators_open_one_dossier() -> None:
    world = make_world()

    def open_one(by: Actor) -> object:
        return open_dossier(by=by, territory=world.lille, kind=DossierKind.INITIALE).pk

    first, second = both(world, open_one, open_one)
    assert first == second
    with system():
        assert LabelDossier.objects.for_system().filter(territory=world.lille).count() == 1


def test_a_double_submission_is_one() -> None:
    world = make_world()
    dossier = ready_dossier(world.lille)

    def send(by: Actor) -> object:
        return submission.submit(by=by, dossier=dossier).number

    first, second = both(world, send, send)
    assert first == second != ""
    with system():
        assert LabelStep.objects.for_system().filter(dossier=dossier, key="deposer").count() == 1
        assert LabelDossier.objects.for_system().get(pk=dossier.pk).state == DossierState.DEPOSE


def test_a_place_and_a_text_saved_at_once_tell_the_second() -> None:
    world = make_world()
    complete_place(world.cio)
    dossier = make_dossier(world.lille)

    def put(proposal: str) -> Callable[[Actor], object]:
        wish = Wish(proposal, note="Motif.")
        return lambda by: propose(by=by, dossier=dossier, site_id=world.cio.pk, wish=wish, seen=0).proposal

    answers = both(world, put(PlaceProposal.LABEL), put(PlaceProposal.ECARTE))
    assert sum(isinstance(one, PlaceConflict) for one in answers) == 1
    with system():
        kept = LabelPlace.objects.for_system().get(dossier=dossier)
    assert kept.proposal in answers

    def write(text: str) -> Callable[[Actor], object]:
        return lambda by: sections.save_section(by=by, dossier=dossier, key="offre", text=text, seen=0).text

    answers = both(world, write("Le premier."), write("Le second."))
    assert sum(isinstance(one, TextConflict) for one in answers) == 1
