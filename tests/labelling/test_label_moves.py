"""The moves of a dossier and of a withdrawal: the workflow's table, the database's, and whose each one is."""

import datetime
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, ProgrammingError, connection, transaction

from labelling.enums_label import DossierState, WithdrawalState
from labelling.models import (
    LabelAvis,
    LabelDecision,
    LabelDossier,
    Labellisation,
    LabelPlace,
    LabelWithdrawal,
)
from labelling.workflows import label as flow
from tests.factories import World, acting_as_role, system
from tests.kernel.tenancy_label_rows import draft, pass_to

pytestmark = pytest.mark.django_db
S, W = DossierState, WithdrawalState
DAY = datetime.date(2026, 3, 1)
PATH = ("depose", "complet", "transmis", "avis_rendu")
EVERYBODY = (
    "conseiller", "referent", "coordinateur", "charge_mission", "animateur_etat", "animation", "prefecture",
    "region", "administrateur", "coordinateur_douai", "animation_niort",
)  # fmt: skip
STATE, TERRITORY = {"prefecture"}, {"coordinateur"}
# Second lock only: the scope of a role. The door narrows the territory's acts to its coordinators.
MOVERS = {
    ("brouillon", "depose"): TERRITORY,
    ("depose", "complet"): STATE,
    ("complet", "transmis"): STATE,
    ("transmis", "avis_rendu"): STATE | {"animation"},
    ("avis_rendu", "accorde"): STATE,
    ("avis_rendu", "refuse"): STATE,
    ("transmis", "abandonne"): TERRITORY,
}


def sql(statement: str, *values: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _listed(table: str, key: int, after: str, rule: str) -> bool:
    """False when the database says that no such move exists; another rule may still forbid a real one."""
    try:
        with undone():
            sql(f"UPDATE {table} SET state = %s WHERE id = %s", after, key)
            return True
    except DatabaseError as error:
        return getattr(error.__cause__, "diag").constraint_name != rule  # noqa: B009


def test_the_moves_of_the_database_are_those_of_the_workflow(world: World) -> None:
    """Every pair of states is tried on a row; the database tells « no such move » for all but the table's."""
    with system():
        dossier = draft(world.cio)
    found: set[tuple[str, str]] = set()
    with transaction.atomic(), acting_as_role("spo_owner"):
        sql("SELECT set_config('app.system', '1', true)")
        for before in S:
            sql("SET CONSTRAINTS ALL IMMEDIATE")
            sql("ALTER TABLE labelling_labeldossier DISABLE TRIGGER USER")
            sql(
                "UPDATE labelling_labeldossier SET state = %s, submitted_by_label = 'Essai',"
                " submitted_at = CASE WHEN %s THEN NULL ELSE now() END, complete_at = now(),"
                " transmitted_at = now(), avis_at = now(), decided_at = now(),"
                " number = CASE WHEN %s THEN '' ELSE 'N-1' END WHERE id = %s",
                before, before == S.BROUILLON, before == S.BROUILLON, dossier.pk,
            )  # fmt: skip
            sql("ALTER TABLE labelling_labeldossier ENABLE TRIGGER USER")
            sql("SET CONSTRAINTS ALL DEFERRED")
            for after in S:
                if after != before and _listed(
                    "labelling_labeldossier", dossier.pk, after, "labeldossier_moves"
                ):
                    found.add((str(before), str(after)))
    assert found == flow.pairs()


def test_no_dossier_and_no_withdrawal_starts_further_on(world: World) -> None:
    with system(), pytest.raises(DatabaseError, match="starts as a draft"), transaction.atomic():
        LabelDossier.objects.create(
            region=world.region, territory=world.lille, kind="initiale", state="transmis",
            number="N", submitted_by_label="x", created_by_label="x",
        )  # fmt: skip


def test_the_moves_of_a_withdrawal_are_those_of_the_workflow(world: World) -> None:
    with system():
        label = Labellisation.objects.create(
            region=world.region, territory=world.lille, site=world.cio, status="labellise", source="essai",
            starts_on=DAY, ends_on=DAY.replace(year=2030),
        )  # fmt: skip
        key = LabelWithdrawal.objects.create(
            region=world.region, territory=world.lille, site=world.cio, label=label, motive="Motif",
            started_by_label="Préfecture",
        ).pk  # fmt: skip
    found: set[tuple[str, str]] = set()
    with transaction.atomic(), acting_as_role("spo_owner"):
        sql("SELECT set_config('app.system', '1', true)")
        for before in W:
            sql("SET CONSTRAINTS ALL IMMEDIATE")
            sql("ALTER TABLE labelling_labelwithdrawal DISABLE TRIGGER USER")
            sql(
                "UPDATE labelling_labelwithdrawal SET state = %s, avis_asked_at = now(), avis_at = now(),"
                " avis_sense = 'favorable', notified_at = now(), reasons = 'Motif', number = 'A-1',"
                " ends_on = '2099-01-01' WHERE id = %s",
                before, key,
            )  # fmt: skip
            sql("ALTER TABLE labelling_labelwithdrawal ENABLE TRIGGER USER")
            sql("SET CONSTRAINTS ALL DEFERRED")
            for after in W:
                if after != before and _listed(
                    "labelling_labelwithdrawal", key, after, "labelwithdrawal_moves"
                ):
                    found.add((str(before), str(after)))
    assert found == flow.withdrawal_pairs()


@pytest.mark.parametrize(("before", "after"), sorted(MOVERS))
def test_each_move_is_the_act_of_its_role_under_plain_sql(world: World, before: str, after: str) -> None:
    """As the web's role with the scope of each account: round the services, the second lock says the same."""
    with system():
        dossier = draft(world.cio)
        for state in PATH[: (*PATH, "").index(before) + 1] if before != "brouillon" else ():
            if state == "avis_rendu":
                _avis(dossier)
            pass_to(dossier, state)
        if after == "avis_rendu":
            _avis(dossier)
        if after in ("accorde", "refuse"):
            LabelDecision.objects.create(
                dossier=dossier, granted=after == "accorde", number="A-1", decided_on=DAY, starts_on=DAY,
                ends_on=DAY.replace(year=2030), reasons="Motifs", file_name="a.pdf", content=b"x",
                sha256=hashlib.sha256(b"x").hexdigest(), recorded_by_label="Préfecture",
            )  # fmt: skip
    done, refused = set(), []
    for key in EVERYBODY:
        world.actor(key)
        try:
            with undone():
                # Who submitted is written with the submission, and with nothing else.
                more = ", submitted_by_label = 'x'" if after == "depose" else ""
                change = f"UPDATE labelling_labeldossier SET state = %s{more} WHERE id = %s"
                if sql(change, after, dossier.pk):
                    done.add(key)
        except ProgrammingError as error:
            refused.append(str(error).split("\n")[0])
    assert done == MOVERS[before, after]
    assert set(refused) <= {"not the move of this role", "not the act of this role"}


def _avis(dossier: LabelDossier) -> None:
    LabelAvis.objects.create(dossier=dossier, sense="favorable", given_on=DAY, recorded_by_label="x")


def test_what_is_decided_of_a_place_is_written_by_the_state_after_the_avis(world: World) -> None:
    with system():
        dossier = draft(world.cio)
        LabelPlace.objects.create(
            dossier=dossier, territory=world.lille, site=world.cio, proposal="label", saved_by_label="x"
        )
    decide = "UPDATE labelling_labelplace SET outcome = 'labellise' WHERE dossier_id = %s"
    for state in ("", *PATH):
        with system():
            if state == "avis_rendu":
                _avis(dossier)
            if state:
                pass_to(dossier, state)
        done = set()
        for key in EVERYBODY:
            world.actor(key)
            try:
                with undone():
                    if sql(decide, dossier.pk):
                        done.add(key)
            except DatabaseError:
                pass
        assert done == (STATE if state == "avis_rendu" else set()), state
