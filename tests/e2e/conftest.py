"""The whole portal as a user meets it: web, worker and beat as real processes, a real Chromium.

One stack per run, on a database of its own in the test cluster, ended with the last journey. Only the
processes started here are ended.
"""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests import migrated
from tests.e2e import stack as stacks
from tests.e2e.stack import Stack
from tests.e2e.visitor import Visitor

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every journey is marked. One test worker takes them all (tests/conftest.py): the portal starts once."""
    for item in items:
        if "tests/e2e" in str(item.path).replace(os.sep, "/"):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory, django_db_modify_db_settings: None) -> Iterator[Stack]:
    """The portal on a free loopback port, with the built-in reference and a small demonstration."""
    template = os.environ.get(migrated.VARIABLE, "template1")
    built = stacks.build(tmp_path_factory.mktemp("portail"), template)
    try:
        for name in stacks.PROCESSES:
            built.start(name)
        built.wait_ready()
        yield built
    finally:
        built.stop()
        stacks.drop_database(os.environ["DATABASE_URL"], built.database)


# Playwright keeps an event loop in this thread: the tests that come after it still use the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        pytest.fail("No Chromium on this machine: scripts/setup test installs it.")
    arguments = [
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def visitor(browser: Browser, stack: Stack) -> Iterator[Visitor]:
    """Opens pages; at the end, no page may have logged an error or asked another origin for anything."""
    visitor = Visitor(browser, stack)
    yield visitor
    for context in visitor.contexts:
        context.close()
    assert visitor.trouble == []
