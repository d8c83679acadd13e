"""The worker's side: take a job, run it outside the transaction that took it, say how it ended.

Two guards keep a job from running twice at once. A lease, renewed by each sign of progress, says when a job
may be taken again; an advisory lock held by the connection of the run says that its worker lives: PostgreSQL
lets it go when that connection dies. A job is taken again when its lease has ended **and** its lock is free.
"""

import contextlib
import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

from spo_portal.kernel import outbox
from spo_portal.kernel.jobs.registry import WORKER_LOST, handler_of, known_kinds
from spo_portal.kernel.jobs.running import (
    RUN_COLUMNS,
    Cancelled,
    JobRun,
    Lost,
    as_system,
    drop_result,
    make_run,
)
from spo_portal.kernel.tenancy.scope import SYSTEM, apply

log = logging.getLogger("portal.jobs")

JOB_FINISHED = "kernel.job_finished"
MAX_ATTEMPTS = 3
# Wait before a job stopped by the database is tried again.
PAUSE_SECONDS = 10
# A mail is sent unasked when the work took longer than one waits before a screen.
LONG_SECONDS = 10
# Numbers of our own among advisory locks: the slots of the workers, the jobs that run.
_SLOTS, _JOBS = 0x534C4F54, 0x4A4F4253

_WAITING = """
SELECT EXISTS (SELECT FROM kernel_job WHERE retry_requested OR state = 'attente'
    OR (state = 'en_cours' AND lease_until <= clock_timestamp()))
"""
_CANCEL = """
UPDATE kernel_job SET state = 'annule', lease_until = NULL, finished_at = clock_timestamp()
WHERE cancel_requested AND (state = 'attente' OR (state = 'en_cours' AND lease_until <= clock_timestamp()))
"""
_RETRY = """
UPDATE kernel_job SET state = 'attente', retry_requested = false, attempts = 0, done = 0, step = '',
    error = '', started_at = NULL, finished_at = NULL, created_at = clock_timestamp()
WHERE retry_requested AND state IN ('fini', 'annule', 'echoue')
"""
_NEXT = """
SELECT id, state = 'en_cours' AND attempts >= %(most)s FROM kernel_job
WHERE (state = 'attente' OR (state = 'en_cours' AND lease_until <= clock_timestamp()))
  AND NOT cancel_requested AND kind = ANY (%(kinds)s)
ORDER BY created_at, id LIMIT 20 FOR UPDATE SKIP LOCKED
"""
_TAKE = f"""
UPDATE kernel_job SET state = 'en_cours', attempts = attempts + 1, started_at = clock_timestamp(), done = 0,
    step = '', error = '', lease_until = clock_timestamp() + make_interval(secs => %s)
WHERE id = %s RETURNING {RUN_COLUMNS}
"""  # noqa: S608 - our own columns
_END = """
UPDATE kernel_job SET state = %s, error = %s, lease_until = NULL, finished_at = clock_timestamp(),
    done = CASE WHEN %s = 'fini' THEN total ELSE done END
WHERE id = %s AND state = 'en_cours' AND started_at = %s
RETURNING mail_wanted OR clock_timestamp() - created_at > make_interval(secs => %s)
"""
_PAUSE = """
UPDATE kernel_job SET lease_until = clock_timestamp() + make_interval(secs => %s), error = %s
WHERE id = %s AND state = 'en_cours' AND started_at = %s AND attempts < %s
"""


def run_pending(*, seconds: float = 30.0) -> int:
    """Run jobs one after the other for about ``seconds``; return how many were run.

    At most ``JOBS_AT_ONCE`` workers run jobs: the others keep their hands free for the outbox.
    """
    if not _tidy():
        return 0
    started, count = time.monotonic(), 0
    with _side() as side:
        if not _slot(side):
            return 0
        while time.monotonic() - started < seconds:
            job = _take(side)
            if job is None:
                break
            _run(job)
            side.execute("SELECT pg_advisory_unlock(%s, %s)", [_JOBS, _short(job.id)])
            count += 1
    return count


def _tidy() -> bool:
    """End what was given up, queue again what was asked again; true when something waits for a worker."""
    with transaction.atomic():
        apply(SYSTEM)
        with connection.cursor() as cursor:
            cursor.execute(_CANCEL)
            cursor.execute(_RETRY)
            cursor.execute(_WAITING)
            return bool(cursor.fetchone()[0])


@contextmanager
def _side() -> Iterator[psycopg.Connection[Any]]:
    """A second connection of the same login: holds the locks, writes progress while the handler works."""
    wrapper = connection.copy()
    try:
        wrapper.connect()
        yield wrapper.connection
    finally:
        # A pool would hand the connection on with its locks.
        with contextlib.suppress(psycopg.Error, AttributeError):
            wrapper.connection.execute("SELECT pg_advisory_unlock_all()")
        wrapper.close()


def _slot(side: psycopg.Connection[Any]) -> bool:
    return any(_try(side, _SLOTS, slot) for slot in range(settings.JOBS_AT_ONCE))


def _try(side: psycopg.Connection[Any], group: int, number: int) -> bool:
    row = side.execute("SELECT pg_try_advisory_lock(%s, %s)", [group, number]).fetchone()
    return bool(row and row[0])


def _short(job_id: int) -> int:
    return job_id % 2**31


def _take(side: psycopg.Connection[Any]) -> JobRun | None:
    """The oldest job that waits and that nobody runs, with its lock and lease; commits before it returns."""
    with as_system(side) as cursor:
        cursor.execute(_NEXT, {"kinds": known_kinds(), "most": MAX_ATTEMPTS})
        for job_id, spent in cursor.fetchall():
            if not _try(side, _JOBS, _short(job_id)):
                continue  # its worker is silent, not dead
            drop_result(cursor, job_id)
            cursor.execute(_TAKE, [settings.JOB_LEASE_SECONDS, job_id])
            row = cursor.fetchone()
            run = make_run(row, side)  # type: ignore[arg-type]
            if not spent:
                return run
            log.error("job %s of %s given up: its worker was lost %s times", run.uuid, run.kind, MAX_ATTEMPTS)
            _end_in(cursor, run, "echoue", WORKER_LOST)
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_JOBS, _short(job_id)])
    return None


def _run(job: JobRun) -> None:
    try:
        handler_of(job.kind)(job)
    except Cancelled:
        _end(job, "annule")
    except Lost:
        log.warning("job %s of %s is no longer ours: stopped", job.uuid, job.kind)
    except (OperationalError, InterfaceError, psycopg.OperationalError) as error:
        log.warning("job %s of %s stopped by the database (%s)", job.uuid, job.kind, type(error).__name__)
        _later(job, error)
    except Exception as error:  # whatever a handler raises, its author is told and the next job runs
        # The kind of error alone: its text may quote the row.
        log.error("job %s of %s failed (%s)", job.uuid, job.kind, type(error).__name__, exc_info=True)
        _end(job, "echoue", type(error).__name__)
    else:
        _end(job, "fini")
    finally:
        connection.close_if_unusable_or_obsolete()


def _end(job: JobRun, state: str, error: str = "") -> None:
    with job.system() as cursor:
        _end_in(cursor, job, state, error)


def _end_in(cursor: psycopg.Cursor[Any], job: JobRun, state: str, error: str) -> None:
    """Close the run; its author hears of it by mail when it was long or when they wished so (outbox)."""
    if state != "fini":
        drop_result(cursor, job.id)
    cursor.execute(_END, [state, error[:80], state, job.id, job.started_at, LONG_SECONDS])
    row = cursor.fetchone()
    if row is not None and row[0] and state != "annule":
        payload = {"job": str(job.uuid), "person": job.person_id, "state": state}
        cursor.execute(
            f"INSERT INTO {outbox.INTO} VALUES (%s, %s, %s)",  # noqa: S608 - our own constants
            [JOB_FINISHED, job.tenant_id, json.dumps(payload)],
        )


def _later(job: JobRun, error: Exception) -> None:
    """The database was away for a moment: the lease is cut short, the job is taken again after it."""
    name = type(error).__name__
    with contextlib.suppress(psycopg.Error), job.system() as cursor:
        cursor.execute(_PAUSE, [PAUSE_SECONDS, name, job.id, job.started_at, MAX_ATTEMPTS])
        if cursor.rowcount == 0:
            _end_in(cursor, job, "echoue", name)
