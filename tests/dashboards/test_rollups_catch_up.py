"""Real worker, beat and Redis, killed and emptied: the figures catch up by themselves (goals F1 to F4)."""

import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone

from contacts.services.fiches import FicheData, record_fiche
from spo_portal.local.valkey import Valkey
from tests.factories import World, make_world, system
from tests.kernel.processes import database_url, kill, spawn, wait_for

# The promise is ten seconds in normal running; a loaded test machine and a cold start get more.
NORMAL, COLD = 15, 60


@pytest.fixture
def committed(transactional_db: None) -> World:
    return make_world()


@pytest.fixture
def bell(tmp_path: Path) -> Iterator[Valkey]:
    """A Redis of our own, without anything on disk: stopping it loses what it held."""
    server = Valkey(tmp_path, durable=False)
    server.start()
    try:
        yield server
    finally:
        server.stop()


class Worker:
    """One worker with its beat, as the Procfile starts them, in one process to spare the machine."""

    def __init__(self, folder: Path, bell: Valkey) -> None:
        self.folder, self.bell = folder, bell
        self.start()

    def start(self) -> None:
        self.process = spawn(
            ["-m", "celery", "-A", "spo_portal", "worker", "--beat", "--pool", "solo",
             "--loglevel", "WARNING", "--without-mingle", "--without-gossip",
             "--schedule", str(self.folder / "beat")],
            folder=self.folder, DATABASE_URL=database_url("worker"), REDIS_URL=self.bell.url,
            DATA_DIR=str(self.folder),
        )  # fmt: skip

    def kill(self) -> None:
        kill(self.process)


@pytest.fixture
def worker(committed: World, bell: Valkey, tmp_path: Path) -> Iterator[Worker]:
    started = Worker(tmp_path, bell)
    try:
        yield started
    finally:
        started.kill()


def record(world: World, count: int = 1) -> None:
    """Fiches recorded by a counsellor through the service, each in its own committed transaction."""
    for _ in range(count):
        with transaction.atomic():
            by = world.actor("conseiller")
            data = FicheData(jour=timezone.localdate(), canal="sur_place", statut=1, demandes=(1,))
            record_fiche(by=by, data=data, cle_idempotence=uuid.uuid4())


def counted(expected: int) -> bool:
    with system(), connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(count), 0) FROM dashboards_rollup WHERE dimension = 'contacts'")
        return cursor.fetchone() == (expected,)


def empty(bell: Valkey) -> None:
    import redis

    with redis.Redis(unix_socket_path=str(bell.socket)) as client:
        client.flushall()


def test_figures_survive_every_stop(committed: World, bell: Valkey, worker: Worker) -> None:
    record(committed)
    wait_for(lambda: counted(1), seconds=COLD)
    record(committed)
    wait_for(lambda: counted(2), seconds=NORMAL)

    # Redis emptied under a running worker.
    empty(bell)
    record(committed)
    wait_for(lambda: counted(3), seconds=NORMAL)

    # Worker and beat killed, fiches recorded meanwhile, Redis killed and started empty.
    worker.kill()
    record(committed, 2)
    assert bell.process is not None
    bell.process.send_signal(signal.SIGKILL)
    bell.process.wait(10)
    record(committed)
    bell.start()
    worker.start()
    wait_for(lambda: counted(6), seconds=COLD)

    # Redis killed under a running worker: it finds the new one by itself.
    bell.process.send_signal(signal.SIGKILL)
    bell.process.wait(10)
    record(committed)
    bell.start()
    wait_for(lambda: counted(7), seconds=COLD)

    with system(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kernel_outboxevent WHERE done_at IS NULL")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT max(seen_at) > clock_timestamp() - interval '60 s' FROM kernel_heartbeat")
        assert cursor.fetchone() == (True,)


def test_a_save_does_not_wait_for_a_stopped_redis(committed: World, bell: Valkey) -> None:
    """Nothing in a request speaks to Redis: with it away a save is as fast, and complete."""
    bell.stop()
    record(committed)
    with system(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM kernel_outboxevent WHERE done_at IS NULL AND kind ="
            " 'contacts.fiche_changed'"
        )
        assert cursor.fetchone() == (1,)
