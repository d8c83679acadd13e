"""Eight identical sends at the same instant give one fiche and one address, on real connections."""

import threading

import pytest
from django.db import connection
from django.test import Client

from tests.conftest import LoginAs
from tests.contacts.posts import count_fiches, post, reoriented
from tests.factories import make_world

pytestmark = pytest.mark.django_db(transaction=True)


def test_eight_identical_posts_give_one_fiche(login: LoginAs) -> None:
    world = make_world()
    clients = [login(world.users["conseiller"]) for _ in range(8)]
    data = reoriented(world)
    barrier = threading.Barrier(len(clients))
    answers: list[tuple[int, str]] = []

    def send(client: Client) -> None:
        try:
            barrier.wait()
            response = post(client, data)
            answers.append((response.status_code, response.headers.get("Location", "")))
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert {status for status, _ in answers} == {303}
    assert len({address for _, address in answers}) == 1
    assert count_fiches() == 1
