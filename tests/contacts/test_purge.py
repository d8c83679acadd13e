"""What is kept no longer than promised, to the day; the figures made from it stay."""

import datetime

import pytest
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.utils import timezone

from contacts.models import CodeRetour, FicheContact, FicheDestination, ImportFile
from contacts.services import purge
from contacts.tasks import purge_expired
from dashboards.services.fill import fill_cell
from tests.factories import World, acting_as_role, make_fiche, system

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


def run(now: datetime.datetime | None = None) -> dict[str, int]:
    with transaction.atomic(), acting_as_role("spo_worker"):
        return purge.run(now=now)


@pytest.mark.parametrize(
    ("today", "start", "month"),
    [
        ("2026-11-21", "2024-11-21", "2024-12-01"), ("2026-11-01", "2024-11-01", "2024-11-01"),
        ("2026-02-28", "2024-02-28", "2024-03-01"), ("2024-02-29", "2022-02-28", "2022-03-01"),
        ("2028-02-29", "2026-02-28", "2026-03-01"), ("2026-01-31", "2024-01-31", "2024-02-01"),
        ("2026-12-31", "2024-12-31", "2025-01-01"),
    ],
)  # fmt: skip
def test_the_limit_is_twenty_four_months(today: str, start: str, month: str) -> None:
    day = datetime.date.fromisoformat(today)
    assert purge.retention_start(day).isoformat() == start
    assert purge.first_countable_month(day).isoformat() == month


def test_fiches_go_at_the_limit_and_not_a_day_before(world: World) -> None:
    limit = purge.retention_start(timezone.localdate())
    with system():
        gone = make_fiche(world.cio, world.lists, jour=limit - DAY, reoriented=True, precisions="CANARI")
        FicheDestination.objects.create(
            fiche=gone, region=world.region, origin=world.cio, site=world.mission, position=1
        )
        CodeRetour.objects.create(
            fiche=gone, origin=world.cio, code_hash=b"1" * 32, expires_at=timezone.now() + DAY
        )
        kept = [
            make_fiche(world.cio, world.lists, jour=limit),
            make_fiche(world.cio, world.lists, jour=limit + DAY),
        ]
    assert run()["fiches"] == 1
    with system():
        assert [f.pk for f in FicheContact.objects.for_territory(world.lille).order_by("jour")] == [
            f.pk for f in kept
        ]
        assert not FicheDestination.objects.count()
        assert not CodeRetour.objects.count()
    assert run()["fiches"] == 0


def test_figures_stay_and_no_recount_is_asked(world: World) -> None:
    limit = purge.retention_start(timezone.localdate())
    month = (limit - DAY).replace(day=1)
    with system():
        make_fiche(world.cio, world.lists, jour=limit - DAY)
        fill_cell(world.cio.pk, month)
    run()
    with system(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count FROM dashboards_rollup WHERE dimension = 'contacts' AND month = %s", [month]
        )
        assert cursor.fetchone()[0] == 1
        cursor.execute("SELECT count(*) FROM kernel_outboxevent")
        assert cursor.fetchone()[0] == 0


def test_codes_go_on_their_last_day_and_the_outcome_stays(world: World) -> None:
    now = timezone.now()
    with system():
        for n, ends in enumerate((now - DAY, now + DAY)):
            fiche = make_fiche(
                world.cio, world.lists, reoriented=True, suite="recue", suite_at=now, suite_source="personne"
            )
            CodeRetour.objects.create(
                fiche=fiche, origin=world.cio, code_hash=bytes([n]) * 32, expires_at=ends
            )
    assert run(now)["codes"] == 1
    with system():
        assert CodeRetour.objects.count() == 1
        assert FicheContact.objects.for_territory(world.lille).filter(suite="recue").count() == 2


@pytest.mark.parametrize(("age", "kept"), [(29, True), (31, False)])
def test_import_files_and_handled_messages_last_thirty_days(world: World, age: int, kept: bool) -> None:
    now = timezone.now()
    then = now - age * DAY
    with system():
        ImportFile.objects.create(site=world.cio, name="f.csv", content=b"x", sha256="0", uploaded_at=then)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO kernel_outboxevent (kind, payload, done_at) VALUES ('x', '{}', %s)", [then]
            )
            cursor.execute(
                "INSERT INTO kernel_outboxevent (kind, payload, created_at) VALUES ('x', '{}', %s)", [then]
            )
    counts = run(now)
    assert (counts["imports"], counts["outbox"]) == ((0, 0) if kept else (1, 1))


@pytest.mark.parametrize(("age", "kept"), [(-1, True), (1, False)])
def test_expired_throttles_sessions_and_cache_go(world: World, age: int, kept: bool) -> None:
    now = timezone.now()
    then = now - age * DAY
    with system(), connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO kernel_throttle (bucket, "window", attempts, expires_at) VALUES (%s, 1, 1, %s)',
            ["b", then],
        )
        cursor.execute("INSERT INTO kernel_cache VALUES ('k', 'v', %s)", [then])
        Session.objects.create(session_key="s", session_data="", expire_date=then)
    counts = run(now)
    assert (counts["throttles"], counts["sessions"], counts["cache"]) == ((0, 0, 0) if kept else (1, 1, 1))


@pytest.mark.parametrize(("months", "kept"), [(35, True), (37, False)])
def test_the_trail_lasts_thirty_six_months(world: World, months: int, kept: bool) -> None:
    now = timezone.now()
    then = now.replace(day=1) - datetime.timedelta(days=months * 30.5)
    with system(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_auditevent (at, acting_role, action, object_type, object_id, data)"
            " VALUES (%s, '', 'x', 'x', '1', '{}')",
            [then],
        )
    assert run(now)["audit"] == (0 if kept else 1)


def test_many_rows_go_in_batches(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "BATCH", 3)
    day = purge.retention_start(timezone.localdate()) - DAY
    with system():
        for _ in range(7):
            make_fiche(world.cio, world.lists, jour=day)
    assert run()["fiches"] == 7


def test_the_web_role_may_not_purge(world: World) -> None:
    with system():
        make_fiche(world.cio, world.lists, jour=datetime.date(2020, 1, 1))
    world.actor("referent")
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        purge.run()
    with system():
        assert FicheContact.objects.for_territory(world.lille).count() == 1


def test_the_task_is_the_purge(world: World) -> None:
    assert purge_expired.name == "contacts.purge"
    with transaction.atomic(), acting_as_role("spo_worker"):
        assert set(purge_expired()) >= {"codes", "fiches", "imports", "outbox", "throttles", "sessions"}
