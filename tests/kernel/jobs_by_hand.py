"""Run jobs in a test: as a worker does, or inside the test's own transaction."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from spo_portal.kernel.jobs import JobRun, run_pending
from spo_portal.kernel.jobs.running import RUN_COLUMNS, as_system, make_run
from tests import conftest
from tests.factories import acting_as_role


@contextmanager
def worker_role() -> Iterator[None]:
    """Every connection opened in the block is the worker's (needs a test that commits)."""
    before = conftest._role["name"]
    connection.close()
    conftest._role["name"] = "spo_worker"
    try:
        yield
    finally:
        connection.close()
        conftest._role["name"] = before


def run_jobs() -> int:
    """Everything that waits, as the worker runs it (needs a test that commits)."""
    with worker_role():
        return run_pending()


@contextmanager
def taken(key: uuid.UUID) -> Iterator[JobRun]:
    """The job as its handler receives it, inside the transaction of the test: call your handler with it.

    ``progress`` and ``attach`` write into the test's transaction; the job stays « en cours ».
    """
    connection.ensure_connection()
    with acting_as_role("spo_worker"):
        with as_system(connection.connection) as cursor:
            cursor.execute(
                "UPDATE kernel_job SET state = 'en_cours', attempts = attempts + 1, started_at = now(),"
                f" lease_until = now() + interval '1 minute' WHERE uuid = %s RETURNING {RUN_COLUMNS}",
                [key],
            )
            row = cursor.fetchone()
        yield make_run(row, connection.connection)
