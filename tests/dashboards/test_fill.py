"""Rollups: whatever happens and in whatever order, the figures are those of a plain recount (domain § 8)."""

import datetime
import uuid
from collections import Counter
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.models import FicheContact
from contacts.services.fiches import DestinationData, FicheData, announce, correct_fiche, record_fiche
from contacts.services.purge import first_countable_month, run
from dashboards.models import FillState, Rollup
from dashboards.services.fill import fill_cells
from spo_portal.kernel import outbox
from spo_portal.kernel.outbox import Event
from tests.dashboards.recount import recounted, stored
from tests.factories import World, acting_as_role, make_fiche, make_world, system


def drain() -> None:
    with acting_as_role("spo_worker"):
        while outbox.drain(batch=3):
            pass


def fiche_data(world: World, draw: tuple) -> FicheData:
    days, canal, sexe, age, statut, demandes, reponses, sent = draw
    places = [world.mission.pk, world.douai_site.pk][:sent]
    return FicheData(
        jour=timezone.localdate() - datetime.timedelta(days), canal=canal, sexe=sexe, age=age, statut=statut,
        demandes=tuple(demandes), reponses=tuple(reponses),
        destinations=tuple(DestinationData(p) for p in places),
    )  # fmt: skip


FICHE = st.tuples(
    st.sampled_from([0, 1, 20, 45, 400]),
    st.sampled_from(["sur_place", "telephone", "courriel"]),
    st.sampled_from(["", "femme", "homme"]),
    st.sampled_from(["", "moins_26", "plus_26"]),
    st.integers(1, 10),
    st.sets(st.integers(1, 7), min_size=1),
    st.sets(st.integers(1, 7)),
    st.integers(0, 2),
)
STEP = st.one_of(
    st.tuples(st.just("record"), FICHE),
    st.tuples(st.just("record"), FICHE),
    st.tuples(st.just("correct"), FICHE),
    st.tuples(st.just("replay"), FICHE),
    st.tuples(st.just("drain"), st.none()),
    st.tuples(st.just("announce"), st.none()),
)


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=1, max_size=10))
def test_random_fiches_and_corrections_give_a_plain_recount(world: World, steps: list[tuple]) -> None:
    with transaction.atomic():
        recorded: list[tuple[FicheContact, uuid.UUID, FicheData]] = []
        for step, draw in steps:
            by = world.actor("conseiller")
            if step == "drain":
                drain()
            elif step == "announce":
                announce(world.lille.pk, world.cio.pk, timezone.localdate())
            elif step == "record" or not recorded:
                data, key = (
                    fiche_data(world, draw or (0, "sur_place", "", "", 1, {1}, set(), 0)),
                    uuid.uuid4(),
                )
                recorded.append((record_fiche(by=by, data=data, cle_idempotence=key)[0], key, data))
            elif step == "replay":
                _, key, data = recorded[-1]
                assert record_fiche(by=by, data=data, cle_idempotence=key)[1] is False
            else:
                fiche, key, _ = recorded[0]
                correct_fiche(by=by, fiche=fiche, data=fiche_data(world, draw))
        drain()
        assert stored() == recounted()
        before = stored()
        announce(world.lille.pk, world.cio.pk, timezone.localdate())
        drain()
        assert stored() == before, "a second fill changes nothing"
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_a_fiche_that_leaves_a_month_leaves_its_figures_too(world: World) -> None:
    by = world.actor("conseiller")
    data = FicheData(jour=timezone.localdate(), canal="sur_place", statut=1, demandes=(1,))
    fiche, _ = record_fiche(by=by, data=data, cle_idempotence=uuid.uuid4())
    drain()
    earlier = FicheData(
        jour=timezone.localdate() - datetime.timedelta(62), canal="sur_place", statut=1, demandes=(1,)
    )
    correct_fiche(by=world.actor("conseiller"), fiche=fiche, data=earlier)
    drain()
    months = {month for _, month, _, _ in stored()}
    assert months == {earlier.jour.replace(day=1)}


@pytest.mark.django_db
def test_the_time_of_the_fill_is_kept(world: World) -> None:
    with system():
        make_fiche(world.cio, world.lists)
        announce(world.lille.pk, world.cio.pk, timezone.localdate())
    drain()
    with system():
        state = FillState.objects.for_territory(world.lille).get()
    assert abs((timezone.now() - state.filled_at).total_seconds()) < 60
    assert not FillState.objects.for_territory(world.douai).exists()


@pytest.mark.django_db
def test_a_month_already_half_erased_keeps_its_figures(world: World) -> None:
    """After 24 months the rows go and the aggregates stay: a late event must not count what is left of the
    month.
    """
    month = (first_countable_month(timezone.localdate()) - datetime.timedelta(days=1)).replace(day=1)
    with system():
        Rollup.objects.create(
            territory=world.lille, site=world.cio, month=month, dimension="contacts", value="", count=40
        )
        make_fiche(world.cio, world.lists, jour=month.replace(day=28))
        event = Event(
            1, "contacts.fiche_changed", world.lille.pk, {"site": world.cio.pk, "month": month.isoformat()}
        )
        fill_cells([event])
    assert stored() == Counter({(world.cio.pk, month, "contacts", ""): 40})


@pytest.mark.django_db
def test_the_web_role_can_write_no_figure(world: World) -> None:
    from django.db.utils import ProgrammingError

    world.actor("coordinateur")
    for sql in (
        "UPDATE dashboards_rollup SET count = 1", "DELETE FROM dashboards_rollup",
        "INSERT INTO dashboards_fillstate VALUES (1, now())",
    ):  # fmt: skip
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as c,
        ):
            c.execute(sql)


@pytest.fixture
def filled(transactional_db: None) -> Iterator[World]:
    """Committed fiches and their figures; commands run as the worker does."""
    world = make_world()
    with system():
        for site in (world.cio, world.mission, world.niort_site):
            lists = world.other_lists if site == world.niort_site else world.lists
            for n in range(3):
                make_fiche(site, lists, demandes=[1, 2 + n])
            announce(site.territory_id, site.pk, timezone.localdate())
    with acting_as_role("spo_worker"):
        while outbox.drain():
            pass
        yield world


def check_rollups() -> int:
    try:
        call_command("check_rollups", stdout=StringIO())
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


@pytest.mark.parametrize(
    "tamper",
    [
        "UPDATE dashboards_rollup SET count = count + 1 WHERE id = (SELECT min(id) FROM dashboards_rollup)",
        "DELETE FROM dashboards_rollup WHERE id = (SELECT max(id) FROM dashboards_rollup)",
        "INSERT INTO dashboards_rollup (territory_id, site_id, month, dimension, value, count)"
        " SELECT territory_id, site_id, month, 'canal', 'courriel', 1 FROM dashboards_rollup LIMIT 1",
        "UPDATE contacts_fichecontact SET statut = 9 WHERE id = (SELECT min(id) FROM contacts_fichecontact)",
    ],
)
def test_the_check_sees_a_figure_tampered_with_and_a_rebuild_repairs_it(filled: World, tamper: str) -> None:
    assert check_rollups() == 0
    with system(), connection.cursor() as cursor:
        cursor.execute(tamper)
        assert cursor.rowcount == 1
    assert check_rollups() == 1
    call_command("rebuild_rollups", processes=1, stdout=StringIO(), stderr=StringIO())
    assert check_rollups() == 0
    assert stored() == recounted()


def test_the_purge_takes_rows_and_leaves_figures(filled: World) -> None:
    before = stored()
    run(now=timezone.now() + datetime.timedelta(days=366 * 3))
    with system():
        assert not FicheContact.objects.exists()
    assert stored() == before
