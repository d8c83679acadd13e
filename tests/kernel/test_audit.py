"""The trail: in the transaction of the act, with the acting role, never rewritten, nothing personal in it."""

import uuid

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.utils import timezone

from contacts.services.fiches import FicheData, correct_fiche, record_fiche
from spo_portal.kernel import audit
from territories.access import SYSTEM_ACTOR
from tests.factories import World, acting_as_role, system

pytestmark = pytest.mark.django_db


def trail() -> list[tuple]:
    with system(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT action, acting_role, membership_id, actor_id, tenant_id, unit_id, data::text"
            " FROM kernel_auditevent ORDER BY id"
        )
        return cursor.fetchall()


def data(**fields: object) -> FicheData:
    return FicheData(jour=timezone.localdate(), canal="sur_place", statut=1, demandes=(1,), **fields)  # type: ignore[arg-type]


def test_an_act_is_kept_with_the_role_that_acted(world: World) -> None:
    by = world.actor("conseiller")
    record_fiche(by=by, data=data(), cle_idempotence=uuid.uuid4())
    [(action, role, membership, actor, tenant, unit, _)] = trail()
    assert (action, role) == ("contacts.fiche_recorded", "conseiller")
    assert (membership, actor) == (world.memberships["conseiller"].pk, world.users["conseiller"].pk)
    assert (tenant, unit) == (world.lille.pk, world.cio.pk)


def test_a_replay_is_not_a_second_act(world: World) -> None:
    by, key = world.actor("conseiller"), uuid.uuid4()
    for _ in range(3):
        record_fiche(by=by, data=data(), cle_idempotence=key)
    assert len(trail()) == 1


def test_a_correction_tells_which_fields_and_never_their_words(world: World) -> None:
    by = world.actor("conseiller")
    fiche, _ = record_fiche(by=by, data=data(precisions="souhaite un bilan"), cle_idempotence=uuid.uuid4())
    correct_fiche(by=by, fiche=fiche, data=data(precisions="souhaite une formation"))
    words = trail()[1][-1]
    assert "precisions" in words
    assert "bilan" not in words
    assert "formation" not in words


def test_an_act_undone_leaves_no_trace(world: World) -> None:
    with transaction.atomic():
        audit.record("test.act", by=SYSTEM_ACTOR, object_type="test", object_id=1)
        transaction.set_rollback(True)
    assert trail() == []


@pytest.mark.parametrize(
    "sql", ["UPDATE kernel_auditevent SET action = 'x'", "DELETE FROM kernel_auditevent"]
)
def test_the_web_can_not_rewrite_the_trail(world: World, sql: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():  # noqa: SIM117
        with connection.cursor() as cursor:
            cursor.execute(sql)


def test_the_worker_can_not_rewrite_the_trail(world: World) -> None:
    with (
        acting_as_role("spo_worker"),
        connection.cursor() as cursor,
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
    ):
        cursor.execute("UPDATE kernel_auditevent SET action = 'x'")


def test_the_trail_is_read_in_one_s_own_area_only(world: World) -> None:
    for key in ("conseiller", "conseiller_douai", "conseiller_niort"):
        record_fiche(by=world.actor(key), data=data(), cle_idempotence=uuid.uuid4())
    world.actor("coordinateur")
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tenant_id FROM kernel_auditevent")
        assert cursor.fetchall() == [(world.lille.pk,)]
