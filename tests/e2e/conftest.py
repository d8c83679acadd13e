"""The whole portal as a user meets it: web, worker and beat as real processes, a real Chromium.

One stack per run, on a database of its own in the test cluster. Only the processes started here are ended, by pid.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

PROJECT = Path(__file__).resolve().parent.parent.parent
PROCESSES = ("web", "worker", "beat")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
START_SECONDS = 90


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every journey shares one stack: with several workers they stay together."""
    for item in items:
        if "tests/e2e" in str(item.path).replace(os.sep, "/"):
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.xdist_group("e2e"))


@dataclass
class Stack:
    """The running portal. ``accounts`` is what ``seed_demo`` wrote; ``kill`` and ``start`` act on one process."""

    url: str
    folder: Path
    environments: dict[str, dict[str, str]]
    accounts: list[dict[str, str]] = field(default_factory=list)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        self.running[name] = subprocess.Popen(
            [str(PROJECT / "scripts" / "process"), name],
            cwd=PROJECT, env=self.environments[name], stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        process = self.running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        process.wait(20)

    def stop(self) -> None:
        for name in list(self.running):
            process = self.running[name]
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for name in list(self.running):
            process = self.running.pop(name)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)

    def manage(self, *arguments: str, role: str = "worker") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT, env=self.environments[role], capture_output=True, text=True, check=True, timeout=300,
        )  # fmt: skip

    def account(self, role: str, number: int = 0, region: str = "") -> dict[str, str]:
        found = [a for a in self.accounts if a["role"] == role and (not region or a["region"] == region)]
        return found[number]

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")


def _url_of(url: str, role: str, database: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rsplit("@", 1)[-1]
    return urlunsplit((parts.scheme, f"{role}@{host}", f"/{database}", parts.query, ""))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _create_database(url: str, database: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET ROLE spo_owner")
        connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{database}"')


def _wait_ready(stack: Stack) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError, OSError):
            with urllib.request.urlopen(f"{stack.url}/sante/pret/", timeout=5) as answer:
                if answer.status == 200:
                    return
        for name, process in stack.running.items():
            if process.poll() is not None:
                raise RuntimeError(f"{name} stopped at start:\n{stack.log(name)[-2000:]}")
        time.sleep(0.3)
    raise RuntimeError("The portal is not ready:\n" + "\n".join(stack.log(n)[-1500:] for n in stack.running))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The portal on a free loopback port, with the built-in reference and a small demonstration."""
    given = os.environ["DATABASE_URL"]
    database = f"e2e_{os.getpid()}"
    _create_database(given, database)
    folder = tmp_path_factory.mktemp("portail")
    port = _free_port()
    redis = os.environ["REDIS_URL"].replace("db=0", "db=5")
    common = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
        "DJANGO_SETTINGS_MODULE": "spo_portal.settings.local",
        "REDIS_URL": redis,
        "DATA_DIR": str(folder),
        "MAIL_DIR": str(folder / "mails"),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "BIND": f"127.0.0.1:{port}",
        "PORT": str(port),
        "DEMO": "1",
        "PYTHONUNBUFFERED": "1",
    }
    roles = {"web": "spo_web", "worker": "spo_worker", "beat": "spo_worker", "owner": "spo_owner"}
    environments = {n: common | {"DATABASE_URL": _url_of(given, role, database)} for n, role in roles.items()}
    stack = Stack(f"http://127.0.0.1:{port}", folder, environments)
    stack.manage("migrate", "--verbosity", "0", role="owner")
    stack.manage("load_reference")
    stack.manage("seed_demo", "--territories", "4", "--fiches", "1200")
    stack.accounts = json.loads((folder / "demo_accounts.json").read_text())
    try:
        for name in PROCESSES:
            stack.start(name)
        _wait_ready(stack)
        yield stack
    finally:
        stack.stop()
        with psycopg.connect(given, autocommit=True) as connection:
            connection.execute("SET ROLE spo_owner")
            connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        pytest.skip("no Chromium on this machine: scripts/setup test installs it")
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


@dataclass
class Visitor:
    """Opens browser contexts; ``as_account`` logs in through the login page."""

    browser: Browser
    stack: Stack
    contexts: list[BrowserContext] = field(default_factory=list)

    def new(self, **options: object) -> Page:
        context = self.browser.new_context(
            locale="fr-FR", timezone_id="Europe/Paris", base_url=self.stack.url, **options
        )  # type: ignore[arg-type]
        self.contexts.append(context)
        return context.new_page()

    def as_account(self, account: dict[str, str], **options: object) -> Page:
        page = self.new(**options)
        page.goto("/connexion/")
        page.get_by_label("Adresse électronique professionnelle").fill(account["email"])
        page.get_by_label("Mot de passe", exact=True).fill(account["password"])
        page.get_by_role("button", name="Se connecter").click()
        page.wait_for_url(lambda url: "/connexion" not in url)
        return page


@pytest.fixture
def visitor(browser: Browser, stack: Stack) -> Iterator[Visitor]:
    visitor = Visitor(browser, stack)
    yield visitor
    for context in visitor.contexts:
        context.close()
