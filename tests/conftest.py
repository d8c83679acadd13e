"""A suite stricter than production: the database login is the web role of every test, templates may not
miss a variable.

The test login (``spo_test``) is a member of the three roles without inheriting them: the tables are made as
``spo_owner``, then every connection becomes ``spo_web``, under row-level security like the portal itself.
"""

import gc
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.test import Client, TransactionTestCase
from xdist.scheduler import LoadScopeScheduling

from tests import migrated
from tests.factories import World, make_world, system

# The journeys share one running portal: one worker takes them all.
TOGETHER = "tests/e2e/"
# What takes minutes begins first, so that the workers end together: the journeys, which one worker takes
# whole, then the files of the longest tests. Anything else follows in its own order.
LONG_FIRST = (
    TOGETHER,
    "tests/bench/",
    "tests/labelling/test_forged_forms.py",
    "tests/permissions/test_sweep.py",
    "tests/labelling/test_hidden_scores.py",
    "tests/labelling/test_scenario_19_bassins.py",
    "tests/labelling/test_ami_walks.py",
    "tests/kernel/test_release_masking.py",
)

_role = {"name": "spo_owner"}


class _Together(LoadScopeScheduling):
    """Each test goes to the worker that is free, in the order given; the journeys stay together."""

    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER if nodeid.startswith(TOGETHER) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    return _Together(config, log)  # type: ignore[arg-type]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order of the run; without several workers it changes nothing but the waiting."""
    rank = {path: number for number, path in enumerate(LONG_FIRST)}

    def place(item: pytest.Item) -> int:
        return next((rank[path] for path in LONG_FIRST if item.nodeid.startswith(path)), len(LONG_FIRST))

    items.sort(key=place)


def pytest_collection_finish(session: pytest.Session) -> None:
    """The code and the tests themselves live to the end: the collector need not walk them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def _become_role(sender: type, connection: BaseDatabaseWrapper, **_: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {_role['name']}")


connection_created.connect(_become_role, dispatch_uid="tests.role", weak=False)

_flush = TransactionTestCase._fixture_teardown


def _flush_as_owner(self: TransactionTestCase) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE spo_owner")
    try:
        _flush(self)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"SET ROLE {_role['name']}")


TransactionTestCase._fixture_teardown = _flush_as_owner  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_modify_db_settings_parallel_suffix: None,
    django_db_keepdb: bool,
    django_db_blocker: object,
) -> None:
    """With several workers, the migrations are run once; a database kept between runs is left as it is."""
    if hasattr(request.config, "workerinput") and not django_db_keepdb:
        with django_db_blocker.unblock():  # type: ignore[attr-defined]
            migrated.copy_from(tmp_path_factory.getbasetemp().parent)


def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    if not hasattr(config, "workerinput") and config.getoption("numprocesses", None):
        migrated.drop()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: object) -> Iterator[None]:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        connection.close()
        _role["name"] = "spo_web"
    yield
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        connection.close()
        _role["name"] = "spo_owner"


@pytest.fixture
def world(db: None) -> World:
    """Two regions, three territories, their sites and one account of each role (see ``tests.factories``)."""
    return make_world()


@pytest.fixture
def login() -> "LoginAs":
    return LoginAs()


class LoginAs:
    """``login(user)`` gives a client logged in as that account; ``membership`` chooses the acting mandate."""

    def __call__(self, user: object, membership: object | None = None) -> Client:
        client = Client()
        client.force_login(user)  # type: ignore[arg-type]
        if membership is not None:
            session = client.session
            session["mandat"] = membership.pk  # type: ignore[attr-defined]
            session.save()
        return client


@pytest.fixture
def as_system() -> object:
    """Context manager: read and write everything, to prepare and to verify."""
    return system


@pytest.fixture(autouse=True)
def _empty_cache(request: pytest.FixtureRequest) -> None:
    if "db" in request.fixturenames or "transactional_db" in request.fixturenames:
        request.getfixturevalue("db" if "db" in request.fixturenames else "transactional_db")
        cache.clear()
