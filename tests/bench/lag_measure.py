"""Measure 5: from a saved fiche to the territory's figures, with the real worker and beat."""

import contextlib
import random
import time
from collections.abc import Iterator

import psycopg
from django.utils import timezone

from tests.bench import client
from tests.bench.data import World
from tests.bench.http_measures import Desk
from tests.bench.place import Place
from tests.bench.report import Report, median
from tests.bench.scale import Scale

_LIMIT = 60.0
_COUNT = (
    "SELECT coalesce(sum(count), 0) FROM dashboards_rollup"
    " WHERE site_id = %s AND month = %s AND dimension = 'contacts'"
)


def lag(place: Place, world: World, port: int, scale: Scale, report: Report) -> None:
    """Seconds until the rollup holds the fiche, against the recount of its cell alone."""
    report.title("5. De la fiche aux chiffres (worker et beat réels)")
    account = world.counsellors[0]
    desk = Desk(port, account)
    desk.fill(world.destination_id)
    month = timezone.localdate().replace(day=1)
    choose, seconds, alone = random.Random(5), [], []
    with psycopg.connect(place.worker, autocommit=True) as connection:
        connection.execute("SELECT set_config('app.system', '1', false)")
        with _running(place):
            # What other measures left in the outbox is handled before the clock starts.
            _wait(connection, "SELECT count(*) = 0 FROM kernel_outboxevent WHERE done_at IS NULL", [])
            for _ in range(scale.lags):
                # At any moment of the beat.
                time.sleep(choose.random() * 2 if scale.lags > 1 else 0)
                row = connection.execute(_COUNT, [account.site_id, month]).fetchone()
                assert row is not None
                started = time.monotonic()
                answer = client.run(port, lambda n: desk.request(), total=1, clients=1)
                if set(answer.statuses) != {303}:
                    raise RuntimeError(f"unexpected answers: {answer.statuses}")
                _wait(connection, f"SELECT ({_COUNT}) > %s", [account.site_id, month, row[0]])
                seconds.append(time.monotonic() - started)
        alone = [_recount(place, account.site_id or 0) for _ in range(scale.lags)]
    report.row("délai, p50", median(seconds), "s", floor=median(alone))
    report.row("délai, le plus long", max(seconds), "s", most=10)
    report.note("plancher : recompter la case (lieu, mois) seule ; le reste est l’attente du battement (2 s)")


@contextlib.contextmanager
def _running(place: Place) -> Iterator[None]:
    with place.process("worker", "worker"), place.process("beat", "worker"):
        yield


def _wait(
    connection: psycopg.Connection[tuple[object, ...]], question: str, parameters: list[object]
) -> None:
    end = time.monotonic() + _LIMIT
    while time.monotonic() < end:
        row = connection.execute(question.encode(), parameters).fetchone()
        if row and row[0]:
            return
        time.sleep(0.02)
    raise TimeoutError(f"the figures did not move in {_LIMIT:.0f} s")


def _recount(place: Place, site_id: int) -> float:
    """The portal's own recount of one cell, in a transaction of its own that is undone."""
    from django.db import transaction

    from dashboards.services.fill import fill_cell
    from spo_portal.kernel.tenancy.scope import SYSTEM, apply

    month = timezone.localdate().replace(day=1)
    with transaction.atomic():
        apply(SYSTEM)
        started = time.perf_counter()
        fill_cell(site_id, month)
        spent = time.perf_counter() - started
        transaction.set_rollback(True)
    return spent
