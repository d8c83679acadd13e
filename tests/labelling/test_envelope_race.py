"""Two officers decide at the same instant over the last euros of an envelope, on real connections."""

import pytest
from django.db import IntegrityError

from labelling.enums_ami import ApplicationState
from labelling.models import AmiDecision
from labelling.services import decisions
from labelling.services.envelope import envelope_of
from labelling.services.moves import RULES, rule_broken
from spo_portal.kernel.errors import PortalError, Refused
from tests.factories import make_world, system
from tests.labelling.ami_decisions import REASONS, advised, decided, reload
from tests.labelling.ami_instruction import Account, make_officer
from tests.labelling.ami_world import acting, make_call
from tests.labelling.test_budget_concurrent import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_last_euros_are_given_once() -> None:
    world = make_world()
    call = make_call(world.region, envelope=10_000_000)
    files = [advised(call, world.lille), advised(call, world.douai)]
    officers = [make_officer(world.region), make_officer(world.region)]
    answers = together(
        lambda: decided(files[0], officers[0], amount=6_000_000),
        lambda: decided(files[1], officers[1], amount=6_000_000),
    )
    [kept] = [answer for answer in answers if isinstance(answer, AmiDecision)]
    [told] = [answer for answer in answers if isinstance(answer, Refused)]
    assert "reste sur l’enveloppe" in str(told)
    with acting(*officers[0]) as by:
        assert envelope_of(by, call).left == 4_000_000
    states = sorted(reload(file).state for file in files)
    assert states == [ApplicationState.AVIS_RENDU, ApplicationState.DECIDEE]
    assert kept.amount == 6_000_000


def test_of_two_decisions_of_the_same_file_one_is_told() -> None:
    world = make_world()
    call = make_call(world.region)
    file = advised(call, world.lille)
    officers = [make_officer(world.region), make_officer(world.region)]
    answers = together(
        lambda: decided(file, officers[0], amount=6_000_000),
        lambda: decided(file, officers[1], "non_retenue"),
    )
    assert sum(isinstance(answer, AmiDecision) for answer in answers) == 1
    assert sum(isinstance(answer, PortalError) for answer in answers) == 1
    with system():
        assert AmiDecision.objects.for_system().filter(application=file).count() == 1


def test_the_database_alone_holds_the_envelope() -> None:
    """Whoever forgets the service: the trigger counts under the lock of the call."""
    world = make_world()
    call = make_call(world.region, envelope=10_000_000)
    files = [advised(call, world.lille), advised(call, world.douai)]
    officers: list[Account] = [make_officer(world.region), make_officer(world.region)]

    def insert(place: int) -> object:
        with acting(*officers[place]):
            file = files[place]
            try:
                return AmiDecision.objects.create(
                    application=file, call=call, avis=file.avis, outcome="retenue", amount=6_000_000,
                    reasons=REASONS, decided_by_label="Région",
                )  # fmt: skip
            except IntegrityError as error:
                raise rule_broken(error) from error

    answers = together(lambda: insert(0), lambda: insert(1))
    assert sum(isinstance(answer, AmiDecision) for answer in answers) == 1
    [told] = [answer for answer in answers if isinstance(answer, Refused)]
    assert str(told) == RULES["amidecision_envelope"]


def test_a_withdrawal_and_a_decision_at_the_same_instant_both_hold() -> None:
    world = make_world()
    call = make_call(world.region, envelope=10_000_000)
    first, second = advised(call, world.lille), advised(call, world.douai)
    officers = [make_officer(world.region), make_officer(world.region)]
    decided(first, officers[0], amount=6_000_000)

    def withdraw() -> object:
        with acting(*officers[0]) as by:
            return decisions.withdraw_decision(by=by, application=first, reason="Une erreur de montant.")

    together(withdraw, lambda: decided(second, officers[1], amount=6_000_000))
    with acting(*officers[0]) as by:
        assert envelope_of(by, call).left >= 0
