"""Long jobs: asked in a transaction, run once at a time, given up, done again (docs/adr/0006)."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core import mail
from django.db import OperationalError, connection, transaction
from django.db.utils import DatabaseError

from spo_portal.kernel import jobs, outbox
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.jobs import asking, registry
from spo_portal.kernel.models import GeneratedFile, Job
from tests.factories import World, make_world, system
from tests.kernel.jobs_by_hand import run_jobs, taken, worker_role
from tests.kernel.processes import database_url, kill, spawn, wait_for

KIND = "essai"


@pytest.fixture
def committed(transactional_db: None) -> World:
    return make_world()


@pytest.fixture
def does() -> Iterator[Callable[[registry.Handler], None]]:
    """``does(handler)`` says what the jobs of this test do."""
    yield lambda handler: jobs.register(KIND, handler)
    registry._handlers.pop(KIND, None)


def ask(world: World, key: str = "coordinateur", **fields: object) -> Job:
    with transaction.atomic():
        by = world.actor(key)
        return jobs.enqueue(by=by, **({"kind": KIND, "title": "Un essai", "params": {"id": 1}} | fields))  # type: ignore[arg-type]


def seen(world: World, job: Job, key: str = "coordinateur") -> Job:
    with transaction.atomic():
        return Job.objects.visible_to(world.actor(key)).get(pk=job.pk)


def change(sql: str, *values: object) -> None:
    with system(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def give_up(world: World, job: Job, key: str = "coordinateur") -> None:
    with transaction.atomic():
        jobs.cancel(by=world.actor(key), job=job)


def again(world: World, job: Job, key: str = "coordinateur") -> None:
    with transaction.atomic():
        jobs.retry(by=world.actor(key), job=job)


def test_a_job_says_how_far_it_is_and_leaves_a_file(committed: World, does: Callable[..., None]) -> None:
    during: list[tuple[int, int, str, str]] = []

    def handler(job: jobs.JobRun) -> None:
        assert (job.params, job.person_id) == ({"id": 1}, committed.users["coordinateur"].pk)
        assert not connection.in_atomic_block
        # Inside a transaction of the handler, progress is seen at once by everybody else.
        with transaction.atomic():
            job.progress(1, 2, "Moitié")
        now = read(job)
        during.append((now.done, now.total, now.step, now.state))
        job.attach("Rapport/2026 é.csv", "text/csv", [b"x" * 1_500_000, "é"])
        assert GeneratedFile.objects.for_system().count() == 0  # no scope is open here

    def read(job: jobs.JobRun) -> Job:
        with system_as_worker():
            return Job.objects.for_system().get(pk=job.id)

    does(handler)
    job = ask(committed, total=2)
    assert (job.state, job.total) == ("attente", 2)
    assert run_jobs() == 1
    assert during == [(1, 2, "Moitié", "en_cours")]
    job = seen(committed, job)
    assert (job.state, job.error, job.done, job.file_name) == ("fini", "", 2, "Rapport-2026 é.csv")
    with transaction.atomic():
        file = GeneratedFile.objects.visible_to(committed.actor("coordinateur")).get(job=job)
        assert file.size == 1_500_002
        assert b"".join(jobs.pieces(file)) == b"x" * 1_500_000 + "é".encode()
        assert [len(c.content) for c in file.chunks.order_by("position")] == [1 << 20, 1_500_002 - (1 << 20)]
        committed.actor("conseiller")
        assert not GeneratedFile.objects.for_system().exists()
        assert list(jobs.pieces(file)) == []
    assert run_jobs() == 0


def system_as_worker() -> transaction.Atomic:
    """Already the worker (inside a handler): its own short transaction under the system scope."""
    from spo_portal.kernel.tenancy.scope import SYSTEM, scoped

    return scoped(SYSTEM)  # type: ignore[return-value]


def test_a_job_is_undone_with_the_transaction_that_asked(committed: World) -> None:
    with transaction.atomic():
        jobs.enqueue(by=committed.actor("coordinateur"), kind=KIND, title="Un essai", params={})
        transaction.set_rollback(True)
    with system():
        assert not Job.objects.for_system().exists()
    with pytest.raises(RuntimeError):
        jobs.enqueue(by=committed.actor("coordinateur"), kind=KIND, title="Un essai", params={})


@pytest.mark.django_db
def test_a_double_click_asks_once_and_the_queue_of_one_person_is_short(world: World) -> None:
    by = world.actor("coordinateur")
    first = jobs.enqueue(by=by, kind=KIND, title="Un essai", params={"a": 1, "b": [2]})
    assert jobs.enqueue(by=by, kind=KIND, title="Un essai", params={"b": [2], "a": 1}).pk == first.pk
    jobs.cancel(by=by, job=first)
    assert jobs.enqueue(by=by, kind=KIND, title="Un essai", params={"a": 1, "b": [2]}).pk != first.pk
    for number in range(asking.AT_MOST - 2):
        jobs.enqueue(by=by, kind=KIND, title="Un essai", params={"n": number})
    with pytest.raises(Refused, match="20 travaux"):
        jobs.enqueue(by=by, kind=KIND, title="Un essai", params={"n": "de trop"})
    other = world.actor("conseiller")
    jobs.enqueue(by=other, kind=KIND, title="Un essai", params={})


@pytest.mark.django_db
def test_what_is_asked_is_in_the_trail(world: World) -> None:
    by = world.actor("coordinateur")
    job = jobs.enqueue(by=by, kind=KIND, title="Un essai", params={"id": 7}, tenant_id=world.lille.pk)
    jobs.cancel(by=by, job=job)
    with system(), connection.cursor() as cursor:
        cursor.execute("SELECT action, acting_role, data->'params'->>'id' FROM kernel_auditevent ORDER BY id")
        assert cursor.fetchall() == [
            ("jobs.asked", "coordinateur", "7"),
            ("jobs.cancelled", "coordinateur", None),
        ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE kernel_job SET state = 'fini', finished_at = now()",
        "UPDATE kernel_job SET person_id = person_id",
        "INSERT INTO kernel_job (uuid, kind, title, params, person_id, state) VALUES"
        " (gen_random_uuid(), 'essai', '', '{}', 1, 'en_cours')",
        "INSERT INTO kernel_job (uuid, kind, title, params, person_id) VALUES"
        " (gen_random_uuid(), 'essai', '', '{}', 987654321)",
        "DELETE FROM kernel_job",
        "INSERT INTO kernel_filechunk (file_id, position, content) VALUES (1, 0, 'x')",
    ],
)
def test_the_web_neither_runs_a_job_nor_asks_for_somebody_else(world: World, sql: str) -> None:
    by = world.actor("coordinateur")
    jobs.enqueue(by=by, kind=KIND, title="Un essai", params={})
    with (
        pytest.raises(DatabaseError, match=r"permission denied|row-level security"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_a_waiting_job_is_given_up_and_asked_again(committed: World, does: Callable[..., None]) -> None:
    runs: list[int] = []
    does(lambda job: runs.append(job.id))
    job = ask(committed)
    give_up(committed, job)
    assert run_jobs() == 0
    assert (seen(committed, job).state, runs) == ("annule", [])
    with pytest.raises(Conflict):
        give_up(committed, job)
    again(committed, job)
    with pytest.raises(Conflict):
        again(committed, job)
    assert run_jobs() == 1
    assert (seen(committed, job).state, runs) == ("fini", [job.pk])
    with pytest.raises(Conflict):
        again(committed, job)


def test_a_running_job_stops_at_its_next_step_and_leaves_nothing(
    committed: World, does: Callable[..., None]
) -> None:
    after: list[str] = []

    def handler(job: jobs.JobRun) -> None:
        job.attach("brouillon.csv", "text/csv", [b"x"])
        job.progress(0, 3, "Avant")
        with system_as_worker(), connection.cursor() as cursor:
            cursor.execute("UPDATE kernel_job SET cancel_requested = true")
        job.progress(1, 3, "Après")
        after.append("still there")

    does(handler)
    job = ask(committed)
    run_jobs()
    job = seen(committed, job)
    assert (job.state, job.result_id, after) == ("annule", None, [])
    with system():
        assert not GeneratedFile.objects.for_system().exists()
    assert mail.outbox == []


def test_a_failed_job_says_its_kind_of_error_and_is_done_again(
    committed: World, does: Callable[..., None]
) -> None:
    fails = [True]

    def handler(job: jobs.JobRun) -> None:
        job.attach("brouillon.csv", "text/csv", [b"x"])
        if fails:
            raise ValueError("a text that quotes a row")

    does(handler)
    job = ask(committed)
    run_jobs()
    failed = seen(committed, job)
    assert (failed.state, failed.error, failed.result_id) == ("echoue", "ValueError", None)
    fails.clear()
    again(committed, job)
    run_jobs()
    done = seen(committed, job)
    assert (done.state, done.error, done.attempts) == ("fini", "", 1)
    assert done.result_id is not None


def test_a_database_that_fails_for_a_moment_costs_a_try(committed: World, does: Callable[..., None]) -> None:
    def handler(job: jobs.JobRun) -> None:
        raise OperationalError

    does(handler)
    job = ask(committed)
    for attempt in (1, 2):
        run_jobs()
        assert (seen(committed, job).state, seen(committed, job).attempts) == ("en_cours", attempt)
        assert run_jobs() == 0  # not before its pause has passed
        change("UPDATE kernel_job SET lease_until = now()")
    run_jobs()
    assert (seen(committed, job).state, seen(committed, job).error) == ("echoue", "OperationalError")


def test_a_job_of_a_newer_version_waits_for_a_newer_worker(committed: World) -> None:
    job = ask(committed, kind="inconnu")
    assert run_jobs() == 0
    assert seen(committed, job).state == "attente"


def test_one_worker_at_a_time_runs_jobs(committed: World, does: Callable[..., None]) -> None:
    """The second worker keeps its hands free for the outbox, whatever waits."""
    inside, second = threading.Event(), []

    def handler(job: jobs.JobRun) -> None:
        if inside.is_set():
            return
        inside.set()
        other = threading.Thread(target=lambda: second.append(_elsewhere()))
        other.start()
        other.join(30)

    def _elsewhere() -> int:
        try:
            return jobs.run_pending()
        finally:
            connection.close()

    does(handler)
    ask(committed)
    ask(committed, params={"id": 2})
    assert run_jobs() == 2
    assert second == [0]


def test_a_silent_worker_that_lives_keeps_its_job(
    committed: World, does: Callable[..., None], settings: object
) -> None:
    """Its lease has ended, its lock has not: nobody else takes it (twin: the lock gone, it is taken)."""
    settings.JOBS_AT_ONCE = 2  # type: ignore[attr-defined]
    runs: list[int] = []

    def handler(job: jobs.JobRun) -> None:
        runs.append(job.id)
        with system_as_worker(), connection.cursor() as cursor:
            cursor.execute("UPDATE kernel_job SET lease_until = now() - interval '1 hour'")
        if len(runs) == 1:
            elsewhere = threading.Thread(target=_elsewhere)
            elsewhere.start()
            elsewhere.join(30)

    def _elsewhere() -> None:
        jobs.run_pending()
        connection.close()

    does(handler)
    job = ask(committed)
    run_jobs()
    assert (runs, seen(committed, job).state) == ([job.pk], "fini")


def test_a_job_taken_from_a_dead_worker_ends_there(committed: World, does: Callable[..., None]) -> None:
    """Three workers lost: its author is told, and the queue goes on."""
    does(lambda job: None)
    job = ask(committed)
    change(
        "UPDATE kernel_job SET state = 'en_cours', attempts = 3, started_at = now() - interval '1 minute',"
        " lease_until = now() - interval '30 s', mail_wanted = true"
    )
    other = ask(committed, params={"id": 2})
    assert run_jobs() == 1
    assert (seen(committed, job).state, seen(committed, job).error) == ("echoue", "WorkerLost")
    assert seen(committed, other).state == "fini"


def test_who_lost_the_job_writes_nothing_more(committed: World, does: Callable[..., None]) -> None:
    def handler(job: jobs.JobRun) -> None:
        with system_as_worker(), connection.cursor() as cursor:
            cursor.execute("UPDATE kernel_job SET started_at = now() + interval '1 s'")
        job.attach("trop tard.csv", "text/csv", [b"x"])

    does(handler)
    job = ask(committed)
    run_jobs()
    assert (seen(committed, job).state, seen(committed, job).result_id) == ("en_cours", None)
    with system():
        assert not GeneratedFile.objects.for_system().exists()


@pytest.mark.parametrize(
    ("wanted", "long", "fails", "mails"),
    [(False, False, False, 0), (True, False, False, 1), (False, True, False, 1), (True, False, True, 1)],
)
def test_the_author_is_told_by_mail(
    committed: World, does: Callable[..., None], wanted: bool, long: bool, fails: bool, mails: int
) -> None:
    """When they wished it, or when it took longer than one waits: a link behind the login, once."""

    def handler(job: jobs.JobRun) -> None:
        if fails:
            raise ValueError

    does(handler)
    job = ask(committed, mail=wanted)
    if long:
        change("UPDATE kernel_job SET created_at = now() - interval '11 s'")
    run_jobs()
    with worker_role():
        outbox.drain()
        outbox.drain()
    assert len(mail.outbox) == mails
    for message in mail.outbox:
        assert message.to == [committed.users["coordinateur"].email]
        assert f"/travaux/{job.uuid}/" in message.body
        assert ("pas prêt" in message.subject) is fails


@pytest.mark.django_db
def test_a_handler_is_tried_inside_the_transaction_of_a_test(world: World) -> None:
    by = world.actor("coordinateur")
    job = jobs.enqueue(by=by, kind=KIND, title="Un essai", params={})
    with taken(job.uuid) as run:
        run.progress(1, 1, "Fait")
        run.attach("essai.csv", "text/csv", ["a;b"])
    world.actor("coordinateur")
    assert GeneratedFile.objects.visible_to(by).get(job=job).size == 3


WORKER = """
import pathlib, sys, time, django
django.setup()
from spo_portal.kernel import jobs

def handler(job):
    folder = pathlib.Path(sys.argv[1])
    with (folder / "runs").open("a") as out:
        out.write(f"{job.uuid}\\n")
    job.attach("moitie.csv", "text/csv", pieces(folder))

def pieces(folder):
    yield b"x" * 2_000_000
    while not (folder / "go").exists():
        time.sleep(0.05)
    yield b"y"

jobs.register("essai", handler)
while True:
    jobs.run_pending()
    time.sleep(0.1)
"""


def test_a_job_whose_worker_is_killed_is_taken_again(committed: World, tmp_path: Path) -> None:
    """``kill -9`` in the middle of a file: taken again at the end of the lease, done once, one file."""

    def start() -> object:
        return spawn(
            ["-c", WORKER, str(tmp_path)],
            folder=tmp_path,
            DATABASE_URL=database_url("worker"),
            JOB_LEASE_SECONDS="2",
        )

    def runs() -> int:
        path = tmp_path / "runs"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def pieces() -> int:
        with system(), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM kernel_filechunk")
            return int(cursor.fetchone()[0])

    job = ask(committed)
    first, second = start(), None
    try:
        wait_for(lambda: runs() == 1 and pieces() == 1, seconds=60)
        assert seen(committed, job).result_id is None  # half a file is nobody's
        second = start()
        kill(first)  # type: ignore[arg-type]
        wait_for(lambda: runs() == 2, seconds=60)
        (tmp_path / "go").touch()
        wait_for(lambda: seen(committed, job).state == "fini", seconds=60)
    finally:
        for process in (first, second):
            if process is not None:
                kill(process)  # type: ignore[arg-type]
    job = seen(committed, job)
    assert (job.attempts, runs()) == (2, 2)
    with transaction.atomic():
        by = committed.actor("coordinateur")
        (file,) = GeneratedFile.objects.visible_to(by)
        assert (file.pk, file.size) == (job.result_id, 2_000_001)
