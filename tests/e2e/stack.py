"""The running portal: web, worker and beat as real processes on a database of their own."""

import contextlib
import json
import os
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
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg
import redis

PROJECT = Path(__file__).resolve().parent.parent.parent
PROCESSES = ("web", "worker", "beat")
ROLES = {"web": "spo_web", "worker": "spo_worker", "beat": "spo_worker", "owner": "spo_owner"}
START_SECONDS = 90

Account = dict[str, str]


@dataclass
class Stack:
    """The portal. ``accounts`` is what ``seed_demo`` wrote; ``kill`` and ``start`` act on one process."""

    url: str
    folder: Path
    environments: dict[str, dict[str, str]]
    accounts: list[Account] = field(default_factory=list)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    # Sessions opened once per account and reused: logging in is a test of its own.
    sessions: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [str(PROJECT / "scripts" / "process"), name],
                cwd=PROJECT, env=self.environments[name], stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        """End one process and its children at once, as a crash would."""
        process = self.running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        process.wait(20)

    def stop(self) -> None:
        for process in self.running.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for name in list(self.running):
            process = self.running.pop(name)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)

    def wait_ready(self, seconds: float = START_SECONDS, *, worker: bool = True) -> None:
        """Wait for ``/sante/pret/`` (database, migrations, worker), or only for the web process."""
        address = f"{self.url}/sante/pret/" if worker else f"{self.url}/sante/"
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with (
                contextlib.suppress(urllib.error.URLError, OSError),
                urllib.request.urlopen(address, timeout=5) as answer,
            ):
                if answer.status == 200:
                    return
            for name, process in self.running.items():
                if process.poll() is not None:
                    raise RuntimeError(f"{name} stopped at start:\n{self.log(name)[-2000:]}")
            time.sleep(0.2)
        raise RuntimeError(
            "The portal is not ready:\n" + "\n".join(self.log(n)[-1500:] for n in self.running)
        )

    def manage(
        self, *arguments: str, role: str = "worker", check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run ``manage.py`` beside the running portal; with ``check`` a failure is an error."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT, env=self.environments[role], capture_output=True, text=True, check=False,
            timeout=300,
        )  # fmt: skip
        if check and done.returncode:
            raise RuntimeError(
                f"manage.py {' '.join(arguments)}: {done.stdout[-2000:]}\n{done.stderr[-2000:]}"
            )
        return done

    def account(self, role: str, number: int = 0, region: str = "A31") -> Account:
        """The ``number``-th account of a role; those of site and territory staff belong to one territory."""
        return [a for a in self.accounts if a["role"] == role and (not region or a["region"] == region)][
            number
        ]

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    @property
    def database(self) -> str:
        return urlsplit(self.environments["web"]["DATABASE_URL"]).path.lstrip("/")

    def rows(self, query: str, parameters: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
        """Read as the worker under the system scope, which sees every row."""
        with psycopg.connect(self.environments["worker"]["DATABASE_URL"]) as connection:
            connection.execute("SELECT set_config('app.system', '1', true)")
            return connection.execute(query, parameters).fetchall()

    @contextlib.contextmanager
    def database_away(self) -> Iterator[None]:
        """The web process alone loses its database: no new connection, and those open are cut."""
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            connection.execute("SET ROLE spo_owner")
            connection.execute(f'GRANT CONNECT ON DATABASE "{self.database}" TO spo_worker')
            connection.execute(f'REVOKE CONNECT ON DATABASE "{self.database}" FROM PUBLIC')
            try:
                connection.execute("SET ROLE spo_web")
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = %s AND usename = 'spo_web'",
                    [self.database],
                )
                yield
            finally:
                connection.execute("SET ROLE spo_owner")
                connection.execute(f'GRANT CONNECT ON DATABASE "{self.database}" TO PUBLIC')

    def flush_redis(self) -> None:
        """Forget everything Redis holds for this portal, as a restart without a disk would."""
        client = redis.Redis.from_url(self.environments["worker"]["REDIS_URL"])
        client.flushdb()
        client.close()


def url_of(url: str, role: str, database: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rsplit("@", 1)[-1]
    return urlunsplit((parts.scheme, f"{role}@{host}", f"/{database}", parts.query, ""))


def worker_number() -> int:
    """Number of this test worker: two stacks at once must not share a Redis database."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw") or 0) % 10


def redis_of(url: str, number: int) -> str:
    """The same server, another of its sixteen databases: a flush here touches nobody else."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        query = urlencode(dict(parse_qsl(parts.query)) | {"db": str(number)})
        return f"unix://{parts.path}?{query}"
    return urlunsplit(parts._replace(path=f"/{number}"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def drop_database(url: str, database: str, *, create: bool = False, template: str = "template1") -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET ROLE spo_owner")
        connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        if create:
            connection.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')


def build(folder: Path, template: str = "template1") -> Stack:
    """Create the database, load the built-in reference and a small demonstration; start nothing yet.

    ``template`` may be a database already migrated: ``migrate`` then only checks it.
    """
    given = os.environ["DATABASE_URL"]
    database = f"e2e_{os.getpid()}"
    drop_database(given, database, create=True, template=template)
    port = free_port()
    common = {
        **{name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"},
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
        "DJANGO_SETTINGS_MODULE": "spo_portal.settings.local",
        "REDIS_URL": redis_of(os.environ["REDIS_URL"], 5 + worker_number()),
        "DATA_DIR": str(folder),
        "MAIL_DIR": str(folder / "mails"),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "BIND": f"127.0.0.1:{port}",
        "PORT": str(port),
        "DEMO": "1",
        "PYTHONUNBUFFERED": "1",
    }
    environments = {
        name: common | {"DATABASE_URL": url_of(given, role, database)} for name, role in ROLES.items()
    }
    stack = Stack(f"http://127.0.0.1:{port}", folder, environments)
    stack.flush_redis()
    stack.manage("migrate", "--verbosity", "0", role="owner")
    stack.manage("load_reference")
    # Its owner fills it, as « make demo » does: what the demonstration has just done is dated back.
    stack.manage("seed_demo", "--territories", "4", "--fiches", "1200", role="owner")
    stack.accounts = json.loads((folder / "demo_accounts.json").read_text())
    return stack
