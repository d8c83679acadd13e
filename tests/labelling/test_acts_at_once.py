"""What is done once is done once, when two clicks or two officers do it at the same instant (connections)."""

import datetime
from collections.abc import Callable

import pytest
from django.utils import timezone

from labelling.models import AmiApplication, AmiComplement, AmiStep
from labelling.services import complements, conventions, openings, publication, scoring
from labelling.services.complement_answer import answer_complement
from labelling.services.letters import Drawn
from labelling.services.scoring import Note
from spo_portal.kernel.errors import PortalError
from tests.factories import make_world, system
from tests.labelling.ami_after import PDF, funded, prepared, selected
from tests.labelling.ami_decisions import advised, decided
from tests.labelling.ami_instruction import Account, admitted, confide, make_officer
from tests.labelling.ami_world import acting, make_call, make_porteur, ready_application
from tests.labelling.test_budget_concurrent import together

pytestmark = pytest.mark.django_db(transaction=True)
LETTER = Drawn(b"%PDF-1.7 lettre", 1)


def _steps(file: AmiApplication, key: str) -> int:
    with system():
        return AmiStep.objects.for_system().filter(application=file, key=key).count()


def _twice(who: Account, act: Callable[..., object]) -> list[object]:
    def run() -> object:
        with acting(*who) as by:
            return act(by)

    return together(run, run)


def _refused(answers: list[object]) -> int:
    return sum(isinstance(answer, PortalError) for answer in answers)


def test_a_note_a_complement_and_its_answer() -> None:
    world = make_world()
    region, scorer, porteur = (
        make_officer(world.region),
        make_officer(world.region),
        make_porteur(world.region),
    )
    call = make_call(world.region)
    file = admitted(call, world.lille, region)
    confide(file, region, scorer)

    def give(by) -> object:  # type: ignore[no-untyped-def]
        notes = {line.pk: Note(3, "Vu.") for line in scoring.grid_of(by, file)}
        return scoring.give(by=by, application=file, notes=notes, comment="Vu.")

    assert _refused(_twice(scorer, give)) == 1
    assert _steps(file, "note_donnee") == 1

    other = ready_application(call, world.douai, porteur)
    day = timezone.localdate() + datetime.timedelta(days=7)

    def ask(by) -> object:  # type: ignore[no-untyped-def]
        return complements.ask(
            by=by, application=other, parts=("services",), text="Précisez les horaires du lieu.", day=day
        )

    assert _refused(_twice(region, ask)) == 1
    with system():
        assert AmiComplement.objects.for_system().filter(application=other).count() == 1

    def answer(by) -> object:  # type: ignore[no-untyped-def]
        return answer_complement(by=by, application=other, answer="Précisé.")

    # A second click finds it sent: no refusal, one answer.
    assert _refused(_twice((porteur.user, porteur.membership), answer)) == 0
    assert _steps(other, "complement_repondu") == 1


def test_a_publication_a_signature_and_an_opening() -> None:
    world = make_world()
    region, porteur = make_officer(world.region), make_porteur(world.region)
    call, other = make_call(world.region), make_call(world.region)
    file = advised(call, world.douai)
    key = decided(file, region).pk

    def publish(by) -> object:  # type: ignore[no-untyped-def]
        return publication.publish(by=by, call=call, decisions=[key], letters={key: LETTER})

    assert _refused(_twice(region, publish)) == 1
    assert _steps(file, "publier_retenue") == 1

    kept = selected(other, world.lille, region, porteur)
    prepared(kept, region)

    def sign(by) -> object:  # type: ignore[no-untyped-def]
        return conventions.sign(by=by, application=kept, signed_on=timezone.localdate(), pdf=PDF)

    assert _refused(_twice(region, sign)) == 1
    assert _steps(kept, "conventionner") == 1

    run = funded(selected(other, world.douai, region, porteur, site=world.douai_site), region)

    def open_it(by) -> object:  # type: ignore[no-untyped-def]
        return openings.open_place(by=by, application=run)

    assert _refused(_twice(region, open_it)) == 1
    assert _steps(run, "ouvrir") == 1
