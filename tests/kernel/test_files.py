"""Generated files: read by their owner alone, for 24 hours, then erased; their screens say what to do."""

import datetime
import hashlib

import pytest
from django.core import signing
from django.db import IntegrityError, connection, transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.utils import timezone

from contacts.services import purge
from spo_portal.celery import app
from spo_portal.kernel import jobs
from spo_portal.kernel.jobs.running import safe_name
from spo_portal.kernel.models import FileChunk, GeneratedFile, Job
from tests.conftest import LoginAs
from tests.factories import World, system
from tests.kernel.jobs_by_hand import finished_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(world: World, login: LoginAs, monkeypatch: pytest.MonkeyPatch) -> Client:
    # A streamed answer gives its connection back; here it is the test's own.
    monkeypatch.setattr(connection, "close", lambda: None)
    return login(world.users["coordinateur"])


@pytest.fixture
def job(world: World) -> Job:
    with system():
        return finished_job(world.users["coordinateur"].pk)


def page(client: Client, job: Job, **given: object) -> str:
    return client.get(f"/travaux/{job.uuid}/", **given).content.decode()  # type: ignore[arg-type]


def link_of(job: Job) -> str:
    assert job.result is not None
    return f"/travaux/fichier/{jobs.sign(job.result)}/"


def body(answer: HttpResponseBase) -> bytes:
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def change(sql: str, *values: object) -> None:
    with system(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_the_owner_downloads_it_and_the_trail_says_so(world: World, client: Client, job: Job) -> None:
    answer = client.get(link_of(job))
    assert (answer.status_code, body(answer)) == (200, b"a;b\n")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="export.csv"'
    assert answer.headers["Content-Length"] == "4"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    with system(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT actor_id, acting_role, object_id, data->>'size' FROM kernel_auditevent"
            " WHERE action = 'jobs.file_downloaded'"
        )
        (row,) = cursor.fetchall()
    assert job.result is not None
    assert row == (world.users["coordinateur"].pk, "coordinateur", str(job.result.uuid), "4")


def test_a_name_with_accents_is_sent_whole(client: Client, job: Job) -> None:
    change("UPDATE kernel_generatedfile SET name = 'Rapport d’activité.pdf'")
    said = client.get(link_of(job)).headers["Content-Disposition"]
    assert said == "attachment; filename*=utf-8''Rapport%20d%E2%80%99activit%C3%A9.pdf"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ('a"b\r\nX: y.csv', "a-b-X- y.csv"),
        ("", "document"),
        ("..", "document"),
        ("é" * 200 + ".pdf", "é" * 155 + ".pdf"),
        ("y" * 300, "y" * 160),
    ],
)
def test_names_are_harmless(given: str, kept: str) -> None:
    assert safe_name(given) == kept
    assert len(safe_name(given)) <= 160


def test_the_link_is_good_for_its_owner_only(world: World, login: LoginAs, client: Client, job: Job) -> None:
    for key in ("conseiller", "animation", "administrateur", "coordinateur_douai"):
        answer = login(world.users[key]).get(link_of(job))
        assert answer.status_code == 404
        assert "Ce fichier n’est plus là" in answer.content.decode()
    answer = Client().get(link_of(job))
    assert (answer.status_code, answer.headers["Location"].startswith("/connexion/?")) == (302, True)


def test_a_mandate_that_has_ended_closes_its_files(world: World, client: Client, job: Job) -> None:
    mandate = world.memberships["coordinateur"]
    change("UPDATE kernel_job SET membership_id = %s", mandate.pk)
    assert client.get(link_of(job)).status_code == 200
    change("UPDATE territories_membership SET ends_on = starts_on WHERE id = %s", mandate.pk)
    answer = client.get(link_of(job))
    assert (answer.status_code, "le rôle d’alors" in answer.content.decode()) == (404, True)


def test_a_link_that_was_altered_or_has_expired_opens_nothing(
    world: World, client: Client, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = link_of(job)
    assert job.result is not None
    forged = signing.dumps([job.person_id, job.result.uuid.hex], salt="autre")
    for wrong in (link[:-4] + "AAA/", f"/travaux/fichier/{forged}/", f"/travaux/fichier/{job.result.uuid}/"):
        assert client.get(wrong).status_code == 404
    for odd in ([1], [job.person_id, "x"], "texte", [job.person_id, None]):
        token = signing.dumps(odd, salt="kernel.jobs.file")
        assert client.get(f"/travaux/fichier/{token}/").status_code == 404
    later = timezone.now().timestamp() + 24 * 3600 + 1
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert jobs.open_link(link.split("/")[3], person_id=job.person_id) is None


def test_expired_is_gone_before_the_purge_has_passed(world: World, client: Client, job: Job) -> None:
    link = link_of(job)
    change("UPDATE kernel_generatedfile SET expires_at = now()")
    answer = client.get(link)
    assert (answer.status_code, "Mes documents" in answer.content.decode()) == (404, True)
    html = page(client, job)
    assert "24 heures" in html
    assert "Refaire" in html
    assert client.post(f"/travaux/{job.uuid}/relancer/").status_code == 302
    html = page(client, job)
    assert "En attente" in html
    assert "Refaire" not in html


def test_a_file_still_being_written_is_nobodys(client: Client, job: Job) -> None:
    change("UPDATE kernel_generatedfile SET completed_at = NULL")
    assert client.get(link_of(job)).status_code == 404


def test_a_finished_job_with_its_file_is_not_done_again(client: Client, job: Job) -> None:
    assert client.post(f"/travaux/{job.uuid}/relancer/", follow=True).status_code == 200
    with system():
        assert not Job.objects.for_system().get(pk=job.pk).retry_requested


def test_the_purge_erases_expired_files_and_old_jobs(world: World, client: Client, job: Job) -> None:
    with system():
        kept, old = finished_job(job.person_id), finished_job(job.person_id)
    now = timezone.now()
    change("UPDATE kernel_generatedfile SET expires_at = %s WHERE id <> %s", now, kept.result_id)
    change("UPDATE kernel_job SET finished_at = %s WHERE id = %s", now - datetime.timedelta(days=30), old.pk)
    with system():
        counts = purge.run(now=now)
        assert (counts["files"], counts["jobs"]) == (2, 1)
        assert [f.pk for f in GeneratedFile.objects.for_system()] == [kept.result_id]
        assert FileChunk._base_manager.count() == 1
        assert {j.pk for j in Job.objects.for_system()} == {job.pk, kept.pk}
        assert jobs.purge(now=now) == {"files": 0, "jobs": 0}
    assert "Le fichier est effacé" in page(client, job)


def test_files_go_within_the_hour() -> None:
    schedule = app.conf.beat_schedule["generated-files"]
    assert schedule["task"] == "kernel.purge_files"
    assert schedule["schedule"].minute == {0, 15, 30, 45}
    assert len(schedule["schedule"].hour) == 24


def test_a_piece_is_a_megabyte_at_most(job: Job) -> None:
    with pytest.raises(IntegrityError, match="file_chunk_size"), system():
        FileChunk(file=job.result, position=1, content=b"x" * ((1 << 20) + 1)).save()


def test_the_list_shows_ones_own_only(world: World, login: LoginAs, client: Client, job: Job) -> None:
    html = client.get("/travaux/").content.decode()
    assert "Un export" in html
    assert "4 o" in html.replace("\u00a0", " ").replace("\u202f", " ")
    html = login(world.users["conseiller"]).get("/travaux/").content.decode()
    assert "Aucun document" in html
    assert "Un export" not in html


def running(job: Job, **fields: object) -> None:
    change("UPDATE kernel_generatedfile SET expires_at = now()")
    change(
        "UPDATE kernel_job SET state = 'en_cours', finished_at = NULL, started_at = now(), attempts = 1,"
        " done = 3, total = 15, step = 'Lens', lease_until = now() + interval '1 minute' WHERE id = %s",
        job.pk,
    )


def test_the_page_follows_a_running_job_and_stops_with_it(client: Client, job: Job) -> None:
    running(job)
    html = page(client, job)
    assert "<html" in html
    assert 'hx-trigger="every 2s"' in html
    assert 'max="15" value="3"' in html
    assert "Lens, 3 sur 15" in html
    seen = html.split("?vu=")[1].split('"')[0]
    fragment = {"headers": {"HX-Request": "true"}}
    address = f"/travaux/{job.uuid}/?vu={seen}"
    assert client.get(address, **fragment).status_code == 204  # type: ignore[arg-type]
    change("UPDATE kernel_job SET done = 4")
    news = client.get(address, **fragment).content.decode()  # type: ignore[arg-type]
    assert "<html" not in news
    assert "4 sur 15" in news
    assert 'hx-swap-oob="innerHTML:#travail-dit"' in news
    change(
        "UPDATE kernel_job SET state = 'fini', finished_at = now(), lease_until = NULL, result_id = NULL,"
        " file_name = ''"
    )
    over = client.get(address, **fragment).content.decode()  # type: ignore[arg-type]
    assert "hx-get" not in over
    assert "Terminé" in over


def test_a_page_that_asks_by_itself_does_not_keep_a_shared_desk_awake(client: Client, job: Job) -> None:
    running(job)
    session = client.session
    session["poste_partage"] = True
    session.save()
    fragment = {"headers": {"HX-Request": "true"}}
    asked = client.get(f"/travaux/{job.uuid}/?vu=x", **fragment)  # type: ignore[arg-type]
    assert asked.status_code == 200
    assert "sessionid" not in asked.cookies
    assert "sessionid" in client.get(f"/travaux/{job.uuid}/").cookies


def test_cancel_and_what_the_page_then_says(client: Client, job: Job) -> None:
    running(job)
    answer = client.post(f"/travaux/{job.uuid}/annuler/", follow=True)
    assert "Annulation en cours" in answer.content.decode()
    assert "/annuler/" not in answer.content.decode()
    change("UPDATE kernel_job SET state = 'annule', finished_at = now(), lease_until = NULL")
    html = page(client, job)
    assert "Vous avez annulé ce travail" in html
    assert "Relancer" in html
    again = client.post(f"/travaux/{job.uuid}/annuler/", follow=True).content.decode()
    assert "déjà terminé" in again


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("PermissionDenied", "ne donne plus accès"),
        ("WorkerLost", "arrêt du serveur"),
        ("ZeroDivisionError", "Une erreur inattendue"),
    ],
)
def test_an_error_is_said_in_plain_words(client: Client, job: Job, error: str, said: str) -> None:
    change("UPDATE kernel_job SET state = 'echoue', error = %s, result_id = NULL", error)
    html = page(client, job)
    assert said in html
    assert error not in html
    assert "Relancer" in html


def test_the_menu_of_the_account_leads_here(client: Client) -> None:
    assert '<a href="/travaux/">Mes documents</a>' in client.get("/travaux/").content.decode()


def test_the_list_costs_the_same_at_one_and_at_many_rows(
    world: World, client: Client, job: Job, django_assert_num_queries: object
) -> None:
    from django.test.utils import CaptureQueriesContext

    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            client.get("/travaux/")
        return len(found)

    client.get("/travaux/")
    one = cost()
    with system(), transaction.atomic():
        for _ in range(15):
            finished_job(job.person_id)
    assert cost() == one
    assert hashlib.sha256(b"a;b\n").hexdigest() == (job.result.sha256 if job.result else "")
