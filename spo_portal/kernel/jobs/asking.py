"""Ask, give up, ask again: what the web does with a job, in its own transaction."""

import json
import uuid
from collections.abc import Mapping

from django.db import connection

from spo_portal.kernel import audit
from spo_portal.kernel.enums import JobState
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.models import GeneratedFile, Job

AT_MOST = 20
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('kernel_job.person', %s))"
_SAME = """
SELECT uuid FROM kernel_job
WHERE person_id = %s AND kind = %s AND params = %s::jsonb AND membership_id IS NOT DISTINCT FROM %s
  AND state IN ('attente', 'en_cours') AND NOT cancel_requested ORDER BY id LIMIT 1
"""
_COUNT = "SELECT count(*) FROM kernel_job WHERE person_id = %s AND state IN ('attente', 'en_cours')"
_ASK = """
INSERT INTO kernel_job (uuid, kind, title, params, person_id, membership_id, tenant_id, total, mail_wanted)
VALUES (%s, %s, %s, %s::jsonb, %s, %s, %s, %s, %s)
"""


def enqueue(
    *,
    by: audit.Author,
    kind: str,
    title: str,
    params: Mapping[str, object],
    total: int = 0,
    tenant_id: int | None = None,
    mail: bool = False,
) -> Job:
    """Ask for a job; return it, or the author's own same one that still waits (a double click asks once).

    ``params`` holds ids and codes only; ``title`` is French and shown; ``total``: number of steps, if known.
    The row is the message: it is written in the transaction of whoever asks, and undone with it.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A job is asked for in the transaction of its cause.")
    if by.user_id is None:
        raise ValueError("A job has an author: the one who may read what it makes.")
    wanted = json.dumps(dict(params), default=str)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [by.user_id])
        cursor.execute(_SAME, [by.user_id, kind, wanted, by.membership_id])
        same = cursor.fetchone()
        if same is None:
            cursor.execute(_COUNT, [by.user_id])
            if cursor.fetchone()[0] >= AT_MOST:
                raise Refused(
                    f"Vous avez déjà {AT_MOST} travaux en attente : laissez-les finir, ou annulez-en."
                )
            key = uuid.uuid4()
            cursor.execute(
                _ASK,
                [key, kind, title[:200], wanted, by.user_id, by.membership_id, tenant_id, total, mail],
            )
            _note("jobs.asked", by, key, tenant_id, {"kind": kind, "params": json.loads(wanted)})
        else:
            key = same[0]
    return Job.objects.visible_to(by).get(uuid=key)


def cancel(*, by: audit.Author, job: Job) -> None:
    """Give a job up, waiting or running; the worker stops it at its next step. Conflict when it is over."""
    asked = (
        Job.objects.visible_to(by)
        .filter(pk=job.pk, state__in=[JobState.ATTENTE, JobState.EN_COURS])
        .update(cancel_requested=True, retry_requested=False)
    )
    if not asked:
        raise Conflict("Ce travail est déjà terminé : il n’y a plus rien à annuler.")
    _note("jobs.cancelled", by, job.uuid, job.tenant_id, {"kind": job.kind})


def retry(*, by: audit.Author, job: Job) -> None:
    """Do a job again: failed, cancelled, or finished with a file erased since. Conflict otherwise."""
    row = Job.objects.visible_to(by).filter(pk=job.pk).first()
    gone = row is not None and row.state == JobState.FINI and not row.retry_requested and bool(row.file_name)
    if gone and row is not None:
        gone = not GeneratedFile.objects.visible_to(by).filter(pk=row.result_id).exists()
    if row is None or not (row.may_retry or gone):
        raise Conflict("Ce travail est en attente, en cours ou déjà terminé : rien à relancer.")
    Job.objects.visible_to(by).filter(pk=job.pk).update(retry_requested=True, cancel_requested=False)
    _note("jobs.retried", by, job.uuid, job.tenant_id, {"kind": job.kind})


def _note(
    action: str, by: audit.Author, key: uuid.UUID, tenant_id: int | None, data: dict[str, object]
) -> None:
    audit.record(action, by=by, object_type="job", object_id=key, tenant_id=tenant_id, data=data)
