"""A job as its handler sees it: what was asked, progress that can be read at once, the file it makes."""

import contextlib
import hashlib
import json
import re
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from django.conf import settings

PIECE = 1 << 20
FILE_HOURS = 24
# Progress is written at most this often: a handler may tell every row.
_EVERY = 0.4


class Cancelled(Exception):
    """Its author gave the job up: the handler lets it through and stops."""


class Lost(Exception):
    """Another worker holds the job now, or it was ended: nothing more is written."""


@contextmanager
def as_system(side: psycopg.Connection[Any]) -> Iterator[psycopg.Cursor[Any]]:
    """A short transaction of the system on ``side``; an outer one gets its own scope back."""
    with side.transaction(), side.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.system', true)")
        before = (cursor.fetchone() or [""])[0] or ""
        cursor.execute("SELECT set_config('app.system', '1', true)")
        yield cursor
        cursor.execute("SELECT set_config('app.system', %s, true)", [before])


_PROGRESS = """
UPDATE kernel_job SET done = %s, total = %s, step = %s,
    lease_until = clock_timestamp() + make_interval(secs => %s)
WHERE id = %s AND state = 'en_cours' AND started_at = %s RETURNING cancel_requested
"""
_RENEW = """
UPDATE kernel_job SET lease_until = clock_timestamp() + make_interval(secs => %s)
WHERE id = %s AND state = 'en_cours' AND started_at = %s RETURNING cancel_requested
"""
_NEW_FILE = """
INSERT INTO kernel_generatedfile (uuid, person_id, name, content_type, expires_at)
VALUES (%s, %s, %s, %s, clock_timestamp() + make_interval(hours => %s)) RETURNING id
"""
_NEW_PIECE = "INSERT INTO kernel_filechunk (file_id, position, content) VALUES (%s, %s, %s)"
_COMPLETE = """
UPDATE kernel_generatedfile SET size = %s, sha256 = %s, completed_at = clock_timestamp() WHERE id = %s
"""
_RESULT = """
UPDATE kernel_job SET result_id = %s, file_name = %s WHERE id = %s AND state = 'en_cours' AND started_at = %s
"""


@dataclass
class JobRun:
    """One run of a job.

    ``progress`` and ``attach`` have a connection of their own: they may be called inside a transaction, under
    any scope, and from several threads; what they write is seen at once.
    """

    id: int
    uuid: uuid.UUID
    kind: str
    params: dict[str, Any]
    person_id: int
    membership_id: int | None
    tenant_id: int | None
    started_at: datetime
    side: psycopg.Connection[Any] = field(repr=False)
    total: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _told: tuple[float, str] = (0.0, "")

    def progress(self, done: int, total: int | None = None, step: str = "") -> None:
        """Say how far the work is (``step`` in French, shown); raise Cancelled when its author gave it up."""
        self.total = self.total if total is None else total
        now = time.monotonic()
        last = bool(self.total) and done >= self.total
        if now - self._told[0] < _EVERY and step == self._told[1] and not last:
            return
        self._told = (now, step)
        self._hold(_PROGRESS, [done, self.total, step[:200], settings.JOB_LEASE_SECONDS])

    def attach(self, filename: str, content_type: str, chunks: Iterable[bytes | str]) -> None:
        """Write the file of this job as it comes, a megabyte at a time; a second one replaces the first.

        It exists for its author once the last piece is written, and for 24 hours.
        """
        name = safe_name(filename)
        with self.system() as cursor:
            drop_result(cursor, self.id)
            cursor.execute(_NEW_FILE, [uuid.uuid4(), self.person_id, name, content_type, FILE_HOURS])
            file_id = cursor.fetchone()[0]  # type: ignore[index]
        try:
            size, digest = 0, hashlib.sha256()
            for position, piece in enumerate(_pieces(chunks)):
                with self.system() as cursor:
                    cursor.execute(_NEW_PIECE, [file_id, position, piece])
                size += len(piece)
                digest.update(piece)
                self._hold(_RENEW, [settings.JOB_LEASE_SECONDS])
            with self.system() as cursor:
                cursor.execute(_COMPLETE, [size, digest.hexdigest(), file_id])
                cursor.execute(_RESULT, [file_id, name, self.id, self.started_at])
                if cursor.rowcount != 1:
                    raise Lost
        except BaseException:
            with contextlib.suppress(psycopg.Error), self.system() as cursor:
                erase_files(cursor, [file_id])
            raise

    @contextmanager
    def system(self) -> Iterator[psycopg.Cursor[Any]]:
        """A short transaction of the system on this run's own connection, one thread at a time."""
        with self._lock, as_system(self.side) as cursor:
            yield cursor

    def _hold(self, statement: str, values: list[Any]) -> None:
        with self.system() as cursor:
            cursor.execute(statement, [*values, self.id, self.started_at])
            row = cursor.fetchone()
        if row is None:
            raise Lost
        if row[0]:
            raise Cancelled


def make_run(row: tuple[Any, ...], side: psycopg.Connection[Any]) -> JobRun:
    """From ``RUN_COLUMNS`` of a row just taken."""
    key, public, kind, params, person, membership, tenant, started, total = row
    known = params if isinstance(params, dict) else json.loads(params)
    return JobRun(key, public, kind, known, person, membership, tenant, started, side, total)


RUN_COLUMNS = "id, uuid, kind, params, person_id, membership_id, tenant_id, started_at, total"


def safe_name(filename: str) -> str:
    """A name no system refuses or misreads: neither path, nor control or reserved character."""
    name = re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*]+', "-", filename).strip(" .-") or "document"
    stem, dot, end = name.rpartition(".")
    return f"{stem[: 158 - len(end)]}{dot}{end}" if dot and len(end) < 12 else name[:160]


def _pieces(chunks: Iterable[bytes | str]) -> Iterator[bytes]:
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk.encode() if isinstance(chunk, str) else chunk
        while len(waiting) >= PIECE:
            yield bytes(waiting[:PIECE])
            del waiting[:PIECE]
    if waiting:
        yield bytes(waiting)


def drop_result(cursor: psycopg.Cursor[Any], job_id: int) -> None:
    """Erase the file a job made before."""
    cursor.execute("SELECT result_id FROM kernel_job WHERE id = %s AND result_id IS NOT NULL", [job_id])
    erase_files(cursor, [row[0] for row in cursor.fetchall()])


def erase_files(cursor: Any, ids: list[int]) -> None:
    """Erase files and their content; the jobs that made them stay and say so."""
    cursor.execute("UPDATE kernel_job SET result_id = NULL WHERE result_id = ANY(%s)", [ids])
    cursor.execute("DELETE FROM kernel_filechunk WHERE file_id = ANY(%s)", [ids])
    cursor.execute("DELETE FROM kernel_generatedfile WHERE id = ANY(%s)", [ids])
