"""Two people write one budget at the same instant, on real connections: one wins, the other is told."""

import threading
from collections.abc import Callable

import pytest
from django.db import OperationalError, connection

from labelling.enums_ami import ApplicationState, BudgetNature, BudgetSide
from labelling.models import AmiApplication, AmiBudgetLine
from labelling.services.budget import BudgetConflict, budget_of, save_lines
from labelling.services.budget_rules import Budget, Line
from labelling.services.submission import submit
from spo_portal.kernel.errors import PortalError
from tests.factories import make_world, system
from tests.labelling import ami_world
from tests.labelling.ami_world import Porteur

pytestmark = pytest.mark.django_db(transaction=True)
C, P = BudgetSide.CHARGE, BudgetSide.PRODUIT
N = BudgetNature
EMPTY = Budget.of(()).fingerprint


def together(*acts: Callable[[], object]) -> list[object]:
    """What each act gave or raised, all started at the same instant."""
    barrier = threading.Barrier(len(acts))
    answers: list[object] = [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        try:
            barrier.wait()
            answers[place] = act()
        except (PortalError, OperationalError) as error:
            answers[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def sums(application: AmiApplication) -> tuple[tuple[int, int], tuple[int, int]]:
    """(charges, produits) beside the file, and of its lines."""
    with system():
        application.refresh_from_db()
        rows = list(AmiBudgetLine.objects.for_system().filter(application=application))
    counted = (sum(r.amount for r in rows if r.side == C), sum(r.amount for r in rows if r.side == P))
    return (application.charges, application.products), counted


def make_draft() -> tuple[AmiApplication, Porteur]:
    world = make_world()
    call = ami_world.make_call(world.region)
    porteur = ami_world.make_porteur(world.region)
    return ami_world.ready_application(call, world.lille, porteur, submitted=False), porteur


def test_of_two_saves_of_the_same_budget_one_is_a_conflict() -> None:
    file, porteur = make_draft()
    with porteur.acting() as by:
        seen = budget_of(by, file).fingerprint
    first, second = (Line(C, N.ACHATS, "un", 100),), (Line(C, N.ACHATS, "deux", 200),)

    def save(lines: tuple[Line, ...]) -> Budget:
        with porteur.acting() as by:
            return save_lines(by=by, application=file, lines=lines, seen=seen)

    answers = together(lambda: save(first), lambda: save(second))
    [kept] = [answer for answer in answers if isinstance(answer, Budget)]
    [told] = [answer for answer in answers if isinstance(answer, BudgetConflict)]
    assert told.stored == kept
    beside, counted = sums(file)
    assert beside == counted == (kept.charges, 0)


@pytest.mark.parametrize("turn", range(3))
def test_a_budget_broken_while_it_is_submitted_never_ends_up_submitted(turn: int) -> None:
    file, porteur = make_draft()
    with porteur.acting() as by:
        seen = budget_of(by, file).fingerprint

    def spoil() -> object:
        with porteur.acting() as by:
            return save_lines(by=by, application=file, lines=[Line(C, N.ACHATS, "", 1)], seen=seen)

    def send() -> object:
        with porteur.acting() as by:
            return submit(by=by, application=file)

    answers = together(spoil, send)
    assert sum(isinstance(answer, Exception) for answer in answers) == 1
    beside, counted = sums(file)
    assert beside == counted
    assert (file.state == ApplicationState.DEPOSEE) == (counted[0] == counted[1])


def test_lines_added_in_sql_at_the_same_instant_are_all_summed() -> None:
    """Round the service: a writer may be told to come again (deadlock), no sum is ever wrong."""
    file, porteur = make_draft()

    def add() -> str:
        with porteur.acting(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO labelling_amibudgetline (application_id, side, nature, label, amount, position)"
                " VALUES (%s, 'charge', 'achats', '', 7, 9)",
                [file.pk],
            )
        return "kept"

    before, _ = sums(file)
    answers = together(*[add] * 4)
    beside, counted = sums(file)
    assert beside == counted
    assert beside[0] == before[0] + 7 * answers.count("kept")
    assert "kept" in answers
