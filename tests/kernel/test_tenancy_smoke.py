"""First proof of the second lock: without a scope, no row; with one, only its own."""

import uuid

import pytest
from django.db import connection, transaction
from django.utils import timezone

from contacts.models import FicheContact
from contacts.services.fiches import DestinationData, FicheData, record_fiche
from spo_portal.kernel import outbox
from spo_portal.kernel.tenancy.scope import NOBODY, Scope, apply
from tests.factories import World, acting_as_role, make_fiche, system

pytestmark = pytest.mark.django_db


def test_no_scope_no_row(world: World) -> None:
    with system():
        make_fiche(world.cio, world.lists)
        make_fiche(world.mission, world.lists)
    apply(NOBODY)
    assert FicheContact.objects.for_territory(world.lille).count() == 0
    apply(Scope(unit=(world.cio.pk,)))
    assert FicheContact.objects.for_territory(world.lille).count() == 1


def test_a_recorded_fiche_reaches_the_rollup(world: World) -> None:
    actor = world.actor("conseiller")
    data = FicheData(
        jour=timezone.localdate(),
        canal="sur_place",
        statut=1,
        demandes=(1, 2),
        age="moins_26",
        destinations=(DestinationData(world.mission.pk),),
    )
    key = uuid.uuid4()
    fiche, new = record_fiche(by=actor, data=data, cle_idempotence=key)
    again, second = record_fiche(by=actor, data=data, cle_idempotence=key)
    assert (new, second, again.pk) == (True, False, fiche.pk)
    assert fiche.reference.startswith("LIL-CIO-")
    with transaction.atomic(), acting_as_role("spo_worker"):
        assert outbox.drain() == 1
    with system(), connection.cursor() as cursor:
        cursor.execute("SELECT dimension, value, count FROM dashboards_rollup ORDER BY 1, 2")
        rows = cursor.fetchall()
    assert {("contacts", "", 1), ("destination", "MISSION_LOCALE", 1)} <= set(rows)
