"""Celery tasks of the kernel: the bell that makes the worker look at the outbox and at the jobs."""

from celery import shared_task
from django.db import connection
from django.utils import timezone

from spo_portal.kernel import jobs, outbox
from spo_portal.kernel.tenancy.scope import SYSTEM, scoped

WORKER = "worker"


def beat_heart(name: str) -> None:
    """Leave a sign of life, at most every five seconds, on the database's clock."""
    with scoped(SYSTEM), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_heartbeat (name, seen_at) VALUES (%s, clock_timestamp())"
            " ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at"
            " WHERE kernel_heartbeat.seen_at < excluded.seen_at - interval '5 seconds'",
            [name],
        )


@shared_task(name="kernel.drain_outbox")
def drain_outbox() -> int:
    """Handle what waits in the outbox; run by beat every two seconds, safe to run twice or at once."""
    beat_heart(WORKER)
    total = 0
    for _ in range(20):
        done = outbox.drain()
        total += done
        if not done:
            break
    return total


@shared_task(name="kernel.run_jobs")
def run_jobs() -> int:
    """Run what waits in the table of jobs; run by beat every two seconds, safe to run twice or at once."""
    return jobs.run_pending()


@shared_task(name="kernel.purge_files")
def purge_files() -> dict[str, int]:
    """Erase the generated files past their 24 hours, four times an hour."""
    return jobs.purge(now=timezone.now())
