"""Attempts are counted in PostgreSQL: exact under concurrency, deaf to a flushed Redis (goal F4)."""

import threading

import pytest
from django.db import connection, transaction
from django.test import Client

from spo_portal.kernel import throttle
from spo_portal.kernel.errors import TooManyAttempts
from tests.factories import World

DAY = 24 * 3600


@pytest.mark.django_db
def test_the_limit_is_exact() -> None:
    for _ in range(3):
        throttle.limit("door", attempts=3, seconds=DAY)
    with pytest.raises(TooManyAttempts) as refusal:
        throttle.limit("door", attempts=3, seconds=DAY)
    assert refusal.value.seconds == DAY
    throttle.limit("other door", attempts=3, seconds=DAY)


@pytest.mark.django_db(transaction=True)
def test_attempts_at_once_are_all_counted() -> None:
    seen: list[int] = []

    def run() -> None:
        try:
            for _ in range(15):
                seen.append(throttle.count("door", seconds=10**9))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(1, 61))


@pytest.mark.django_db
def test_an_address_is_counted_and_never_kept() -> None:
    bucket = throttle.address_bucket("code:public", "203.0.113.7")
    throttle.count(bucket, seconds=DAY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT bucket FROM kernel_throttle")
        assert all("203.0.113.7" not in name for (name,) in cursor.fetchall())
    assert bucket != throttle.address_bucket("code:public", "203.0.113.8")


@pytest.mark.django_db
def test_a_long_bucket_name_is_cut_not_refused() -> None:
    assert throttle.count("x" * 500, seconds=DAY) == 1


def guess(client: Client, n: int) -> int:
    from contacts import codes

    body = f"{n:08d}".translate(str.maketrans("0123456789", "34679ACDEF"))
    code = body + codes.check_character(body)
    return client.post("/r/", {"code": code, "suite": "recue"}).status_code


@pytest.mark.django_db(transaction=True)
def test_guessing_codes_in_public_is_stopped_and_stays_stopped() -> None:
    """Each wrong guess is committed though it is refused: its transaction must not undo its count."""
    client = Client(raise_request_exception=False)
    answers = [guess(client, n) for n in range(14)]
    assert answers[:10] == [422] * 10
    assert answers[10:] == [429] * 4
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(attempts) FROM kernel_throttle")
        assert cursor.fetchone()[0] >= 10


@pytest.mark.django_db(transaction=True)
def test_twin_a_count_that_is_rolled_back_stops_nobody() -> None:
    for _ in range(30):
        with transaction.atomic():
            throttle.limit("door", attempts=10, seconds=DAY)
            transaction.set_rollback(True)


@pytest.mark.django_db
def test_login_failures_are_throttled_the_same_for_known_and_unknown(world: World) -> None:
    """Five failures a quarter of an hour; the page says the same of an address that has no account."""
    texts = []
    for email in (world.users["conseiller"].email, "inconnu@exemple.example"):
        client = Client(REMOTE_ADDR=f"203.0.113.{len(texts) + 1}")
        for _ in range(5):
            client.post("/connexion/", {"login": email, "password": "pas le bon mot de passe"})
        answer = client.post("/connexion/", {"login": email, "password": "pas le bon mot de passe"})
        texts.append((answer.status_code, answer.content.decode().replace(email, "X").count("essai")))
    assert texts[0] == texts[1]
