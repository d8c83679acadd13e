"""Run jobs in a test: as a worker does, or inside the test's own transaction."""

import datetime
import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.utils import timezone

from spo_portal.kernel.jobs import JobRun, run_pending
from spo_portal.kernel.jobs.running import RUN_COLUMNS, as_system, make_run
from spo_portal.kernel.models import FileChunk, GeneratedFile, Job
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


def finished_job(person_id: int) -> Job:
    """A job done, with its file of four bytes (system scope)."""
    now = timezone.now()
    file = GeneratedFile.objects.create(
        person_id=person_id, name="export.csv", content_type="text/csv", size=4, completed_at=now,
        sha256=hashlib.sha256(b"a;b\n").hexdigest(), expires_at=now + datetime.timedelta(hours=24),
    )  # fmt: skip
    FileChunk.objects.create(file=file, position=0, content=b"a;b\n")
    return Job.objects.create(
        kind="test", title="Un export", person_id=person_id, state="fini", finished_at=now, result=file,
        file_name=file.name,
    )  # fmt: skip
