"""Long jobs: asked in a transaction, run once at a time, given up, done again (docs/adr/0006)."""

import pytest
from django.db import connection, transaction

from spo_portal.kernel import jobs
from spo_portal.kernel.models import GeneratedFile, Job
from tests.factories import World, make_world
from tests.kernel.jobs_by_hand import run_jobs, taken


@pytest.fixture
def committed(transactional_db: None) -> World:
    return make_world()


def ask(world: World, key: str = "coordinateur", **fields: object) -> Job:
    with transaction.atomic():
        by = world.actor(key)
        return jobs.enqueue(by=by, **({"kind": "essai", "title": "Un essai", "params": {"id": 1}} | fields))


def seen(world: World, job: Job, key: str = "coordinateur") -> Job:
    with transaction.atomic():
        return Job.objects.visible_to(world.actor(key)).get(pk=job.pk)


def test_smoke(committed: World) -> None:
    def handler(job: jobs.JobRun) -> None:
        job.progress(1, 2, "Moitié")
        assert connection.in_atomic_block is False
        job.attach("a/b é.csv", "text/csv", [b"x" * 1_500_000, "é"])

    jobs.register("essai", handler)
    job = ask(committed)
    assert job.state == "attente"
    assert ask(committed).pk == job.pk
    assert run_jobs() == 1
    job = seen(committed, job)
    assert (job.state, job.error) == ("fini", "")
    assert job.file_name == "a-b é.csv"
    with transaction.atomic():
        by = committed.actor("coordinateur")
        file = GeneratedFile.objects.visible_to(by).get(job=job)
        assert file.size == 1_500_002
        assert b"".join(jobs.pieces(file)) == b"x" * 1_500_000 + "é".encode()
