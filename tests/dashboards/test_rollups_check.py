"""The nightly check: a figure that differs from the fiches is found, kept and told."""

import random

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from contacts.services.fiches import announce
from dashboards.models import CheckRun
from dashboards.services.check import check_figures, last_check
from spo_portal.kernel import outbox
from tests.dashboards.helpers import fill_now
from tests.factories import World, acting_as_role, make_fiche, make_world, system


@pytest.fixture
def filled(transactional_db: None) -> World:
    """Committed: the check reads each cell in a snapshot of its own."""
    world = make_world()
    with system():
        for site in (world.cio, world.mission):
            make_fiche(site, world.lists, demandes=[1, 2])
            announce(site.territory_id, site.pk, timezone.localdate())
    fill_now()
    return world


def check() -> int:
    with acting_as_role("spo_worker"):
        return len(check_figures(choose=random.Random(1)).found)


def test_right_figures_have_no_difference_and_the_check_is_kept(filled: World) -> None:
    assert check() == 0
    run = CheckRun.objects.for_system().get()
    assert (run.cells, run.differences) == (2, 0)
    assert not mail.outbox


def test_a_difference_is_told_by_mail_without_its_count(filled: World, settings: object) -> None:
    settings.ALERT_MAIL = ["exploitation@exemple.example"]  # type: ignore[attr-defined]
    with system(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dashboards_rollup SET count = 777 WHERE site_id = %s AND dimension = 'statut'",
            [filled.cio.pk],
        )
    assert check() == 1
    (message,) = mail.outbox
    assert message.to == ["exploitation@exemple.example"]
    assert f"lieu {filled.cio.pk}" in message.body
    assert "777" not in message.body
    with transaction.atomic():
        run = last_check(by=filled.actor("region"))
    assert run is not None
    assert run.differences == 1


def test_a_fiche_not_yet_counted_is_no_difference(filled: World) -> None:
    with system():
        make_fiche(filled.cio, filled.lists)
        announce(filled.lille.pk, filled.cio.pk, timezone.localdate())
    assert check() == 0
    with acting_as_role("spo_worker"):
        while outbox.drain():
            pass
    assert check() == 0
