"""Generated files: read a piece at a time by their owner, linked for a day, erased for good."""

import datetime
import uuid
from collections.abc import Iterator

from django.core import signing
from django.db import connection, transaction

from spo_portal.kernel.jobs.running import FILE_HOURS, erase_files
from spo_portal.kernel.models import GeneratedFile
from spo_portal.kernel.tenancy.scope import SYSTEM, apply

JOB_DAYS = 30
_SALT = "kernel.jobs.file"
_BATCH = 50


def sign(file: GeneratedFile) -> str:
    """A link's proof, good for 24 hours and for the owner alone, who must also be logged in."""
    return signing.dumps([file.person_id, file.uuid.hex], salt=_SALT)


def open_link(token: str, *, person_id: int) -> uuid.UUID | None:
    """The file a link names; None when it has expired, was altered, or belongs to someone else."""
    try:
        owner, key = signing.loads(token, salt=_SALT, max_age=datetime.timedelta(hours=FILE_HOURS))
        return uuid.UUID(key) if owner == person_id else None
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        return None


def pieces(file: GeneratedFile) -> Iterator[bytes]:
    """The content, one row at a time, under the scope of the transaction that reads (see ``http.stream``)."""
    position = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT content FROM kernel_filechunk WHERE file_id = %s AND position = %s",
                [file.pk, position],
            )
            row = cursor.fetchone()
        if row is None:
            return
        yield bytes(row[0])
        position += 1


def purge(*, now: datetime.datetime) -> dict[str, int]:
    """Erase expired files, and jobs that ended 30 days ago; safe to run twice. System scope only (worker)."""
    gone = {"files": 0, "jobs": 0}
    while True:
        with transaction.atomic():
            apply(SYSTEM)
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT id FROM kernel_generatedfile WHERE expires_at <= %s ORDER BY id LIMIT %s"
                    " FOR UPDATE SKIP LOCKED",
                    [now, _BATCH],
                )
                ids = [row[0] for row in cursor.fetchall()]
                erase_files(cursor, ids)
        gone["files"] += len(ids)
        if len(ids) < _BATCH:
            break
    with transaction.atomic():
        apply(SYSTEM)
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM kernel_job WHERE finished_at <= %s AND result_id IS NULL"
                " AND NOT retry_requested",
                [now - datetime.timedelta(days=JOB_DAYS)],
            )
            gone["jobs"] = cursor.rowcount
    return gone
