"""A scope lives as long as its transaction, whatever the connection lives through (goal I6)."""

import copy
import threading
from collections.abc import Iterator
from dataclasses import fields

import pytest
from django.db import connection, connections, transaction
from django.db.backends.postgresql.base import DatabaseWrapper

from contacts.models import FicheContact
from spo_portal.kernel.http import stream
from spo_portal.kernel.tenancy import scope
from spo_portal.kernel.tenancy.scope import NOBODY, SYSTEM, Scope, apply, scoped
from tests.factories import World, make_fiche, make_world, system


@pytest.fixture
def committed(transactional_db: None) -> World:
    world = make_world()
    with system():
        make_fiche(world.cio, world.lists)
        make_fiche(world.mission, world.lists)
    return world


@pytest.fixture
def pooled(committed: World) -> Iterator[None]:
    """The portal's connection comes from a pool of one: closing gives it back, connecting takes the same one.
    """
    given = connections["default"]
    settings = copy.deepcopy(given.settings_dict)
    settings["OPTIONS"] |= {"pool": {"min_size": 1, "max_size": 1, "timeout": 3}}
    one = DatabaseWrapper(settings, "default")
    connections["default"] = one
    try:
        yield
    finally:
        one.close()
        one.close_pool()
        connections["default"] = given


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def request(site: int, *, end: str) -> int:
    """One request's worth of work under the scope of ``site``, ended in one of three ways; the backend used.
    """
    try:
        with transaction.atomic():
            apply(Scope(unit=(site,)))
            pid = backend()
            assert FicheContact.objects.count() == 1
            if end == "exception":
                raise LookupError
            transaction.set_rollback(end == "rollback")
    except LookupError:
        pass
    connection.close()
    return pid


@pytest.mark.parametrize("end", ["commit", "rollback", "exception"])
def test_a_pooled_connection_keeps_no_scope(committed: World, pooled: None, end: str) -> None:
    pid = request(committed.cio.pk, end=end)
    assert (backend(), FicheContact.objects.count()) == (pid, 0)


def test_twin_a_session_level_setting_leaks_to_the_next_request(
    committed: World, pooled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scope, "_SET", scope._SET.replace(", true)", ", false)"))
    pid = request(committed.cio.pk, end="commit")
    assert (backend(), FicheContact.objects.count()) == (pid, 1)


def test_the_scope_is_set_the_local_way() -> None:
    """The one statement that sets a scope says ``true`` (transaction only) for every axis."""
    assert scope._SET.count("set_config(") == scope._SET.count(", true)") == len(fields(Scope))


def test_interleaved_requests_never_see_each_other(committed: World) -> None:
    """Two threads, many transactions each, some of them failing: every count is the one of its own scope."""
    wrong: list[object] = []

    def run(site: int) -> None:
        try:
            for turn in range(60):
                try:
                    with transaction.atomic():
                        apply(Scope(unit=(site,)))
                        found = set(FicheContact.objects.values_list("site_id", flat=True))
                        if found != {site}:
                            wrong.append((site, found))
                        if turn % 3 == 0:
                            raise LookupError
                except LookupError:
                    pass
                if FicheContact.objects.exists():
                    wrong.append((site, "outside a transaction"))
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=(site,)) for site in (committed.cio.pk, committed.mission.pk)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.django_db(transaction=True)
def test_a_scope_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="inside a transaction"):
        apply(SYSTEM)


@pytest.mark.django_db
def test_an_inner_scope_gives_the_outer_one_back(world: World) -> None:
    with system():
        make_fiche(world.cio, world.lists)
    apply(Scope(unit=(world.cio.pk,)))
    with scoped(NOBODY):
        assert not FicheContact.objects.exists()
    assert FicheContact.objects.exists()
    with pytest.raises(LookupError), scoped(NOBODY):
        raise LookupError
    assert FicheContact.objects.exists()


def test_on_commit_runs_without_any_scope(committed: World) -> None:
    """Known trap: what runs after the commit sees nothing. It must carry what it needs, or open its own
    scope.
    """
    counts: list[int] = []

    def after() -> None:
        counts.append(FicheContact.objects.count())
        with scoped(Scope(unit=(committed.cio.pk,))):
            counts.append(FicheContact.objects.count())

    with transaction.atomic():
        apply(Scope(unit=(committed.cio.pk,)))
        assert FicheContact.objects.count() == 1
        transaction.on_commit(after)
    assert counts == [0, 1]


def lines() -> Iterator[str]:
    for reference in FicheContact.objects.values_list("reference", flat=True):
        yield f"{reference}\n"


def body_of(response: object) -> bytes:
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def test_a_streamed_body_has_its_own_scope(committed: World) -> None:
    with transaction.atomic():
        apply(Scope(unit=(committed.cio.pk,)))
        response = stream(Scope(unit=(committed.cio.pk,)), lines, content_type="text/csv", filename="f.csv")
    assert body_of(response).count(b"\n") == 1
    assert not FicheContact.objects.exists(), "the scope of the body must be gone with it"


def test_twin_a_body_without_its_own_scope_is_empty(committed: World) -> None:
    """An export that streams after the request's transaction gives an empty file, and no error."""
    from django.http import StreamingHttpResponse

    with transaction.atomic():
        apply(Scope(unit=(committed.cio.pk,)))
        response = StreamingHttpResponse(lines())
    assert body_of(response) == b""


def test_a_stream_cut_by_the_client_leaves_nothing_open(committed: World) -> None:
    response = stream(Scope(unit=(committed.cio.pk,)), lines, content_type="text/csv", filename="f.csv")
    body = iter(response.streaming_content)  # type: ignore[attr-defined]
    next(body)
    response.close()
    assert not connection.in_atomic_block
    assert not FicheContact.objects.exists()
