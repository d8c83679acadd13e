"""The workflow walked at random, by the services and round them in plain SQL as the web's role.

Whatever is tried, in any order: the table of moves holds, each change of state leaves its step, no file is
decided without an avis, no submitted budget is unbalanced or past 80 % (domain § 7). Seeds are fixed.
"""

import random
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction

from labelling.enums_ami import ApplicationState, AssignmentState, Outcome
from labelling.models import (
    AmiApplication,
    AmiAssignment,
    AmiBudgetLine,
    AmiCriterion,
    AmiDecision,
    AmiEligibility,
    AmiSession,
    AmiSessionItem,
    AmiStep,
    Avis,
)
from labelling.services import decisions, moves
from labelling.workflows import ami as flow
from spo_portal.kernel.errors import PortalError
from territories.access import Actor
from territories.enums import Role
from tests.factories import World, acting_as_role, make_membership, make_user, make_world, system
from tests.labelling import ami_world
from tests.labelling.ami_sessions import _sheet, soon

S = ApplicationState
AFTER_AVIS = {S.DECIDEE, S.RETENUE, S.NON_RETENUE, S.CONVENTIONNEE, S.OUVERTE}
Acting = Callable[[], AbstractContextManager[Actor]]


def sql(statement: str, *values: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def test_the_table_of_the_database_is_the_table_of_the_workflow(world: World) -> None:
    """Every pair of states is tried on a row; the database tells « no such move » for all but the table's."""
    file = ami_world.ready_application(ami_world.make_call(world.region), world.lille)
    found: set[tuple[str, str]] = set()
    with transaction.atomic(), acting_as_role("spo_owner"):
        sql("SELECT set_config('app.system', '1', true)")
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        for before in S:
            sql("ALTER TABLE labelling_amiapplication DISABLE TRIGGER USER")
            sql(
                "UPDATE labelling_amiapplication SET state = %s, site_id = %s,"
                " submitted_at = CASE WHEN %s THEN NULL ELSE now() END,"
                " number = CASE WHEN %s THEN '' ELSE 'N-1' END WHERE id = %s",
                before, world.cio.pk, before == S.BROUILLON, before == S.BROUILLON, file.pk,
            )  # fmt: skip
            sql("ALTER TABLE labelling_amiapplication ENABLE TRIGGER USER")
            for after in S:
                if after != before and _listed(file, after):
                    found.add((str(before), str(after)))
    assert found == flow.pairs()


def _listed(file: AmiApplication, after: str) -> bool:
    """False when the database says that no such move exists; another rule may still forbid a real one."""
    try:
        with transaction.atomic():
            sql("UPDATE labelling_amiapplication SET state = %s WHERE id = %s", after, file.pk)
            raise LookupError
    except LookupError:
        return True
    except DatabaseError as error:
        return getattr(error.__cause__, "diag").constraint_name != "amiapplication_moves"  # noqa: B009


class Walk:
    """One file, those who may touch it, and what is watched after each act."""

    ACTS: tuple[str, ...] = ()
    FORWARD: Mapping[S, tuple[str, ...]] = {}

    def __init__(self, world: World, seed: int) -> None:
        self.random = random.Random(seed)
        self.porteur = ami_world.make_porteur(world.region)
        call = ami_world.make_call(world.region)
        self.file = ami_world.ready_application(call, world.lille, self.porteur, submitted=False)
        with system():
            user = make_user(f"Région de la graine {seed}")
            membership = make_membership(user, Role.REGION, region=world.region)
        self.officer: Acting = lambda: ami_world.acting(user, membership)
        self.seen = {str(self.file.state)}
        self.state, self.steps = str(self.file.state), 0
        self.kept = self.refused = 0

    def wander(self, acts: int) -> None:
        """Half of the acts are those that a file at this step waits for: a walk goes far, and astray."""
        for _ in range(acts):
            useful = self.FORWARD.get(S(self.state), ("move",))
            self.act(self.random.choice(useful if self.random.random() < 0.5 else self.ACTS))

    def act(self, name: str) -> None:
        """One act, committed or refused as a whole; then everything is watched."""
        try:
            with transaction.atomic():
                getattr(self, name)()
            self.kept += 1
        except (PortalError, DatabaseError, PermissionDenied):
            self.refused += 1
        self.watch(name)

    def watch(self, name: str) -> None:
        with system():
            self.file.refresh_from_db()
            steps = AmiStep.objects.for_system().filter(application=self.file)
            after, count = str(self.file.state), steps.count()
            if after != self.state:
                assert (self.state, after) in flow.pairs(), name
                assert steps.filter(from_state=self.state, to_state=after).exists(), name
                assert count > self.steps, name
            if after in AFTER_AVIS:
                assert Avis.objects.for_system().filter(application=self.file).exists(), name
                assert AmiDecision.objects.for_system().filter(application=self.file).exists(), name
            lines = list(AmiBudgetLine.objects.for_system().filter(application=self.file))
        if after not in (S.BROUILLON, S.RETIREE):
            charges = sum(line.amount for line in lines if line.side == "charge")
            assert charges == sum(line.amount for line in lines if line.side == "produit") > 0, name
            assert 5 * sum(line.amount for line in lines if line.nature == "region") <= 4 * charges, name
        self.state, self.steps = after, count
        self.seen.add(after)

    def anybody(self) -> Acting:
        """Mostly who may act here, sometimes the other."""
        own, other = self.officer, self.porteur.acting
        if self.state == S.BROUILLON:
            own, other = other, own
        return own if self.random.random() < 0.8 else other

    def target(self) -> str:
        """Mostly a move of the table from here, sometimes any state."""
        # A file withdrawn early would end its walk there.
        states = [state for state in S if state != S.RETIREE or self.random.random() < 0.03]
        near = [state for state in states if (self.state, str(state)) in flow.pairs()]
        return self.random.choice(near if near and self.random.random() < 0.8 else states)

    # What happens around the file, so that a walk goes far: findings, notes, a session on its way.

    def findings(self) -> None:
        with system():
            for criterion in AmiCriterion.objects.for_system().filter(call_id=self.file.call_id):
                AmiEligibility.objects.get_or_create(
                    application=self.file,
                    call_id=self.file.call_id,
                    criterion=criterion,
                    defaults={"met": True, "noted_by_label": "Région"},
                )

    def note(self) -> None:
        if self.state == S.RECEVABLE:
            with system():
                expected = AmiAssignment.objects.for_system().filter(application=self.file)
                assert not expected.filter(state=AssignmentState.ATTENDUE).exists()
                _sheet(self.file, self.random.randint(0, 5))

    def session(self) -> None:
        if self.state != S.INSTRUITE:
            return
        with system():
            commission = self.file.commission
            held = AmiSession.objects.create(
                region_id=self.file.region_id,
                commission=commission,
                call_id=self.file.call_id,
                starts_at=soon(),
                place="Salle 2",
                quorum=1,
                state="convoquee",
                created_by_label="Région",
            )
            AmiSessionItem.objects.create(
                session=held,
                application=self.file,
                commission=commission,
                position=1,
                votes_for=1,
                votes_against=0,
                abstentions=0,
            )


class Sql(Walk):
    """Round every service: statements of the web's role, under the scope of who tries."""

    ACTS = ("move",) * 6 + (
        *("findings", "note", "session", "avis", "no_avis", "decision", "published", "replaced"),
        *("lines", "sums", "no_step"),
    )
    FORWARD = {
        S.DEPOSEE: ("findings", "move"),
        S.RECEVABLE: ("note", "move"),
        S.INSTRUITE: ("session", "avis", "move"),
        S.AVIS_RENDU: ("decision", "decision", "move"),
        S.DECIDEE: ("published", "move", "move"),
    }

    def go(self, to: str, *, step: bool) -> None:
        with self.anybody()() as by:
            if step:
                sql(
                    "INSERT INTO labelling_amistep (application_id, key, from_state, to_state, by_id,"
                    " by_label, comment, told_at)"
                    " VALUES (%s, 'marche', %s, %s, %s, 'Essai', '', clock_timestamp())",
                    self.file.pk, self.state, to, by.user_id,
                )  # fmt: skip
            sql(
                "UPDATE labelling_amiapplication SET state = %s,"
                " submitted_at = coalesce(submitted_at, now()),"
                " submitted_by_label = coalesce(nullif(submitted_by_label, ''), 'Essai'),"
                " site_id = CASE WHEN %s = 'ouverte' THEN (SELECT min(id) FROM territories_site) END"
                " WHERE id = %s",
                to, to, self.file.pk,
            )  # fmt: skip

    def move(self) -> None:
        self.go(self.target(), step=True)

    def no_step(self) -> None:
        self.go(self.target(), step=False)

    def _as_officer(self, statement: str, *values: object) -> None:
        with self.officer():
            sql(statement, *values)

    def avis(self) -> None:
        self._as_officer(
            "INSERT INTO labelling_avis (application_id, item_id, opinion, text, present, recused,"
            " given_by_label) SELECT application_id, max(id), %s, 'Avis', 1, 0, 'Région'"
            " FROM labelling_amisessionitem WHERE application_id = %s GROUP BY application_id",
            self.random.choice(["favorable", "reserve", "defavorable"]), self.file.pk,
        )  # fmt: skip

    def no_avis(self) -> None:
        self._as_officer("DELETE FROM labelling_avis WHERE application_id = %s", self.file.pk)

    def decision(self) -> None:
        outcome = self.random.choice(list(Outcome))
        kept = outcome == Outcome.RETENUE
        amount = self.random.choice([1, self.file.region_asked, self.file.region_asked + 1]) if kept else 0
        self._as_officer(
            "INSERT INTO labelling_amidecision (application_id, call_id, avis_id, outcome, amount, reasons,"
            " parts, deadline, decided_by_label) SELECT a.id, a.call_id, (SELECT v.id FROM labelling_avis v"
            " WHERE v.application_id = a.id), %s, %s, 'Motifs', %s, now() + interval '9 days', 'Région'"
            " FROM labelling_amiapplication a WHERE a.id = %s",
            outcome, amount, '["gestion"]' if outcome == Outcome.A_COMPLETER else "[]", self.file.pk,
        )  # fmt: skip

    def published(self) -> None:
        for table in ("avis", "amidecision"):
            self._as_officer(
                f"UPDATE labelling_{table} SET published_at = now() WHERE application_id = %s"
                " AND published_at IS NULL",
                self.file.pk,
            )

    def replaced(self) -> None:
        self._as_officer(
            "UPDATE labelling_amidecision SET superseded_at = now() WHERE application_id = %s", self.file.pk
        )

    def lines(self) -> None:
        with self.anybody()():
            sql(
                "UPDATE labelling_amibudgetline SET amount = amount + %s WHERE application_id = %s"
                " AND nature = %s",
                self.random.choice([-1, 1, 40_000]),
                self.file.pk,
                self.random.choice(["region", "personnel"]),
            )  # fmt: skip

    def sums(self) -> None:
        with self.anybody()():
            change = "UPDATE labelling_amiapplication SET region_asked = 1, charges = 1 WHERE id = %s"
            sql(change, self.file.pk)


class Services(Walk):
    """By the services: any move of the table, by anybody, with whatever the file has by then."""

    ACTS = ("move",) * 6 + ("findings", "note", "session", "avis", "decide", "take_back", "publish")
    FORWARD = {
        S.DEPOSEE: ("findings", "move"),
        S.RECEVABLE: ("note", "move"),
        S.INSTRUITE: ("session", "avis"),
        S.AVIS_RENDU: ("decide",),
        S.DECIDEE: ("publish",),
    }

    def move(self) -> None:
        near = [move.key for move in flow.allowed(self.state) if move is not flow.RETIRER]
        key = self.random.choice(near if near and self.random.random() < 0.7 else sorted(flow.MOVES))
        with self.anybody()() as by:
            moves.move(by=by, application=self.file, key=key, comment="Essai au hasard.")

    def avis(self) -> None:
        with self.officer() as by:
            item = AmiSessionItem.objects.visible_to(by).filter(application=self.file).last()
            if item is not None:
                Avis.objects.create(
                    application=self.file, item=item, opinion="favorable", text="Avis",
                    present=1, recused=0, given_by_label="Région",
                )  # fmt: skip
                moves.move(by=by, application=self.file, key="rendre_avis")

    def decide(self) -> None:
        outcome = self.random.choice([Outcome.RETENUE, Outcome.NON_RETENUE])
        with self.officer() as by:
            decisions.decide(
                by=by,
                application=self.file,
                outcome=outcome,
                reasons="Le projet répond aux besoins du bassin.",
                amount=self.file.region_asked if outcome == Outcome.RETENUE else 0,
            )

    def take_back(self) -> None:
        with self.officer() as by:
            decisions.withdraw_decision(by=by, application=self.file, reason="Relire le dossier.")

    def publish(self) -> None:
        with self.officer() as by:
            rows = AmiDecision.objects.visible_to(by).filter(application=self.file, superseded_at=None)
            for decision in rows.filter(published_at=None):
                rows.update(published_at="2026-01-01T00:00Z")
                moves.move(by=by, application=self.file, key=f"publier_{decision.outcome}")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", [Sql, Services])
def test_no_walk_reaches_a_decision_without_an_avis(kind: type[Walk]) -> None:
    world = make_world()
    reached: set[str] = set()
    kept = refused = 0
    for seed in range(8):
        walk = kind(world, seed)
        walk.wander(80)
        reached |= walk.seen
        kept, refused = kept + walk.kept, refused + walk.refused
    # The walks went far, and tried much that was refused: they prove something.
    assert {S.DEPOSEE, S.RECEVABLE, S.INSTRUITE, S.AVIS_RENDU, S.DECIDEE} <= reached
    assert {S.RETENUE, S.NON_RETENUE} & reached
    assert kept > 100
    assert refused > 100
