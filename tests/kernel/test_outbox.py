"""The outbox: an event has its effect exactly once, whatever fails, hangs or is killed (F1 to F4)."""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from spo_portal.kernel import outbox, throttle
from spo_portal.kernel.outbox import Event
from tests.factories import acting_as_role, system
from tests.kernel.processes import database_url, kill, spawn, wait_for

KIND = "test.effect"


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Handlers of these tests only."""
    before = dict(outbox._handlers)
    outbox._handlers.clear()
    yield
    outbox._handlers.clear()
    outbox._handlers.update(before)


def effect(events: Sequence[Event]) -> None:
    """An effect that betrays a second run: one more each time."""
    for event in events:
        throttle.count(f"effect:{event.payload['n']}", seconds=10**9)


def emit(*numbers: int, kind: str = KIND) -> None:
    with transaction.atomic():
        for n in numbers:
            outbox.emit(kind, tenant_id=None, payload={"n": n})


def effects() -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT substr(bucket, 8)::int, attempts FROM kernel_throttle WHERE bucket LIKE 'effect:%%'"
        )
        return dict(cursor.fetchall())


def drain() -> int:
    with acting_as_role("spo_worker"):
        return outbox.drain()


def states() -> list[tuple[bool, bool, int, str]]:
    """(done, given up, attempts, error) of each event in order."""
    with system(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT done_at IS NOT NULL, failed_at IS NOT NULL, attempts, error FROM kernel_outboxevent"
            " ORDER BY id"
        )
        return cursor.fetchall()


def no_more_waiting() -> None:
    with system(), connection.cursor() as cursor:
        cursor.execute("UPDATE kernel_outboxevent SET not_before = NULL")


@pytest.mark.django_db
def test_an_event_dies_with_its_cause() -> None:
    with transaction.atomic():
        outbox.emit(KIND, tenant_id=None, payload={"n": 1})
        transaction.set_rollback(True)
    assert states() == []


@pytest.mark.django_db(transaction=True)
def test_an_event_is_never_written_alone() -> None:
    with pytest.raises(RuntimeError, match="transaction of its cause"):
        outbox.emit(KIND, tenant_id=None, payload={})


@pytest.mark.django_db
def test_an_event_has_its_effect_once() -> None:
    outbox.subscribe(KIND, effect)
    outbox.subscribe(KIND, effect)
    emit(1, 2)
    assert drain() == 2
    assert drain() == 0
    assert effects() == {1: 1, 2: 1}


@pytest.mark.django_db
def test_a_handler_that_fails_midway_leaves_nothing_behind() -> None:
    broken = [True]

    def handler(events: Sequence[Event]) -> None:
        effect(events)
        if broken[0]:
            raise ConnectionError

    outbox.subscribe(KIND, handler)
    emit(1)
    assert drain() == 0
    assert effects() == {}
    assert states() == [(False, False, 1, "ConnectionError")]
    broken[0] = False
    assert drain() == 0, "it waits two seconds before the next try"
    no_more_waiting()
    assert drain() == 1
    assert effects() == {1: 1}


@pytest.mark.django_db
def test_one_bad_event_keeps_no_good_one_waiting() -> None:
    def handler(events: Sequence[Event]) -> None:
        effect(events)
        if any(event.payload["n"] == 3 for event in events):
            raise ValueError("poison")

    outbox.subscribe(KIND, handler)
    emit(1, 2, 3, 4, 5)
    assert drain() == 4
    assert effects() == {1: 1, 2: 1, 4: 1, 5: 1}
    assert [done for done, *_ in states()] == [True, True, False, True, True]
    for _ in range(outbox.MAX_ATTEMPTS):
        no_more_waiting()
        drain()
    assert states()[2] == (False, True, outbox.MAX_ATTEMPTS, "ValueError"), "given up, and kept for who looks"
    emit(6)
    assert drain() == 1


@pytest.mark.django_db
def test_a_failing_kind_holds_no_other_kind_up() -> None:
    def handler(events: Sequence[Event]) -> None:
        raise ValueError

    outbox.subscribe("test.bad", handler)
    outbox.subscribe(KIND, effect)
    emit(1, kind="test.bad")
    emit(2)
    assert drain() == 1
    assert effects() == {2: 1}


@pytest.mark.django_db
def test_an_event_nobody_handles_is_kept() -> None:
    """A newer version wrote it: the worker of the older one must not swallow it."""
    emit(1, kind="test.tomorrow")
    assert drain() == 0
    assert states() == [(False, False, 1, "LookupError")]


@pytest.mark.django_db
def test_the_log_names_the_failure_and_never_the_row(caplog: pytest.LogCaptureFixture) -> None:
    def handler(events: Sequence[Event]) -> None:
        raise ValueError("DETAIL: row contains secret-of-the-row")

    outbox.subscribe(KIND, handler)
    emit(1)
    with caplog.at_level(logging.DEBUG):
        drain()
    assert "ValueError" in caplog.text
    assert "secret-of-the-row" not in caplog.text


@pytest.mark.django_db
def test_the_web_writes_events_and_neither_reads_nor_marks_them() -> None:
    outbox.subscribe(KIND, effect)
    emit(1)
    assert outbox.drain() == 0, "under the web role nothing is pending"
    with (
        connection.cursor() as cursor,
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
    ):
        cursor.execute("UPDATE kernel_outboxevent SET done_at = now()")


def run_twice_at_once() -> None:
    errors: list[BaseException] = []

    def run() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET ROLE spo_worker")
            while outbox.drain(batch=7):
                pass
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def slow_effect(events: Sequence[Event]) -> None:
    time.sleep(0.01)
    effect(events)


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_share_the_events() -> None:
    outbox.subscribe(KIND, slow_effect)
    emit(*range(60))
    run_twice_at_once()
    assert effects() == dict.fromkeys(range(60), 1)


@pytest.mark.django_db(transaction=True)
def test_twin_without_row_locks_events_are_handled_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_TAKE", outbox._TAKE.replace("FOR UPDATE SKIP LOCKED", ""))
    outbox.subscribe(KIND, slow_effect)
    emit(*range(60))
    run_twice_at_once()
    assert max(effects().values()) > 1


KILLED = """
import django, os, pathlib, time
django.setup()
from spo_portal.kernel import outbox, throttle
def handler(events):
    for event in events:
        throttle.count(f"effect:{event.payload['n']}", seconds=10**9)
    pathlib.Path(os.environ["SIGNAL"]).touch()
    time.sleep(120)
outbox.subscribe("test.effect", handler)
outbox.drain()
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_undoes_all_and_another_does_it_once(tmp_path: Path) -> None:
    """``kill -9`` after the effect, before the mark: PostgreSQL undoes the effect, the next drain does it
    again.
    """
    emit(1, 2, 3)
    sign = tmp_path / "inside"
    process = spawn(["-c", KILLED], folder=tmp_path, DATABASE_URL=database_url("worker"), SIGNAL=str(sign))
    try:
        wait_for(sign.exists, seconds=60)
        outbox.subscribe(KIND, effect)
        assert drain() == 0, "the events are in the other worker's hands"
    finally:
        kill(process)
    wait_for(lambda: drain() == 3, seconds=10)
    assert effects() == {1: 1, 2: 1, 3: 1}
