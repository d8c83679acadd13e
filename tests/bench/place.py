"""Where the measures run: a database of their own, and the portal's real processes around it."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from spo_portal.local import children, environment, external, roles

PROJECT = environment.PROJECT
_READY_SECONDS = 60.0
_REDIS_DATABASE = 11


@dataclass(frozen=True)
class Place:
    """Addresses of one measuring database; ``folder`` holds logs and keys."""

    name: str
    admin: str
    owner: str
    web: str
    worker: str
    redis: str
    folder: Path
    small: bool = False

    def environment(self, role: str, **more: str) -> dict[str, str]:
        """Environment of a portal process that logs in as ``role``, as ``make demo`` gives it."""
        fixed = {
            "DJANGO_SETTINGS_MODULE": "spo_portal.settings.local",
            "DATABASE_URL": getattr(self, role),
            "REDIS_URL": self.redis,
            "DATA_DIR": str(self.folder),
            "MAIL_DIR": str(self.folder / "mails"),
            "DEMO": "0",
            # One client asks for thousands of pages.
            "DIRECTORY_PER_MINUTE": "1000000",
            "DB_POOL_MAX": "4" if role == "web" else "0",
        }
        if self.small:
            fixed["GUNICORN_CMD_ARGS"] = "--workers 1"
        return environment.inherited(**fixed, **more)

    def manage(self, *arguments: str, role: str = "owner") -> None:
        """Run one management command to its end."""
        done = subprocess.run(
            [sys.executable, str(PROJECT / "manage.py"), *arguments],
            env=self.environment(role), cwd=PROJECT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"manage.py {' '.join(arguments)}: {done.stdout[-2000:]}{done.stderr[-4000:]}")

    @contextlib.contextmanager
    def process(self, name: str, role: str, port: int = 0) -> Iterator[subprocess.Popen[bytes]]:
        """One process of the Procfile, through scripts/process as the supervisor and docker-compose start
        it."""
        more = (
            {"PORT": str(port), "BIND": f"127.0.0.1:{port}", "BASE_URL": f"http://127.0.0.1:{port}"}
            if port
            else {}
        )
        with self._running(
            [str(PROJECT / "scripts" / "process"), name], self.environment(role, **more), name
        ) as child:
            if port:
                wait_http(port, child, self.folder / "logs" / f"{name}.log")
            yield child

    @contextlib.contextmanager
    def bare(self, port: int) -> Iterator[subprocess.Popen[bytes]]:
        """The bare Django project, under the same server settings and the same connection pool."""
        command = [
            sys.executable, "-m", "gunicorn", "--config", "python:tests.bench.bare.gunicorn_conf",
            "--bind", f"127.0.0.1:{port}", "tests.bench.bare.wsgi:application",
        ]  # fmt: skip
        variables = self.environment("web") | {"DJANGO_SETTINGS_MODULE": "tests.bench.bare.settings"}
        with self._running(command, variables, "bare") as child:
            wait_http(port, child, self.folder / "logs" / "bare.log")
            yield child

    @contextlib.contextmanager
    def _running(
        self, command: list[str], variables: Mapping[str, str], name: str
    ) -> Iterator[subprocess.Popen[bytes]]:
        log = self.folder / "logs" / f"{name}.log"
        child = children.spawn(command, log=log, environment=variables, cwd=PROJECT)
        try:
            yield child
        finally:
            # The worker has nothing left that matters: no need to wait for a polite end.
            polite = name not in {"worker", "beat"}
            children.stop(child, grace=10, request=signal.SIGTERM if polite else signal.SIGQUIT)


def from_environment(name: str, folder: Path, *, small: bool = False) -> Place:
    """Addresses given by ``python -m spo_portal.local bench`` or ``test``, turned to the database ``name``.

    ``small`` starts one server process instead of two. Without the roles' own addresses (pytest run by
    hand) the login of DATABASE_URL gives way to each role's name.
    """
    admin = os.environ["DATABASE_URL"]
    found = {
        key: os.environ.get(f"{key.upper()}_DATABASE_URL") or external.address(admin, role, None)
        for key, role in roles.ROLES.items()
    }
    addresses = {key: _database(url, name) for key, url in found.items()}
    redis = os.environ["REDIS_URL"]
    parts = urlsplit(redis)
    redis = (
        redis.partition("?")[0] + f"?db={_REDIS_DATABASE}"
        if parts.scheme == "unix"
        else urlunsplit(parts._replace(path=f"/{_REDIS_DATABASE}"))
    )
    return Place(name=name, admin=admin, redis=redis, folder=folder, small=small, **addresses)


def create(place: Place) -> None:
    """Make the measuring database anew: tables, rights, and the built-in reference (34 territories)."""
    drop(place)
    with _maker(place) as (connection, strong):
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(place.name), sql.Identifier(roles.ROLES["owner"])
            )
        )
    # A test login can't make extensions: its server's template1 holds them already.
    if strong:
        with psycopg.connect(_database(place.admin, place.name), autocommit=True) as connection:
            roles.prepare_database(connection)
    place.manage("migrate", "--no-input", "--verbosity", "0")
    place.manage("load_reference", "--quiet", role="worker")
    with psycopg.connect(place.owner) as connection:
        # The bare view's table: the kept part's columns, nothing else.
        connection.execute(
            "CREATE TABLE bench_slip (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,"
            " jour date NOT NULL,"
            " canal varchar(12) NOT NULL, sexe varchar(8) NOT NULL, age varchar(12) NOT NULL,"
            " statut smallint NOT NULL, demandes smallint[] NOT NULL, reponses smallint[] NOT NULL,"
            " precisions varchar(200) NOT NULL)"
        )
        connection.execute("GRANT INSERT, SELECT ON bench_slip TO spo_web")


def drop(place: Place) -> None:
    with _maker(place) as (connection, strong):
        statement = "DROP DATABASE IF EXISTS {}" + (" WITH (FORCE)" if strong else "")
        connection.execute(sql.SQL(statement).format(sql.Identifier(place.name)))


@contextlib.contextmanager
def _maker(place: Place) -> Iterator[tuple[psycopg.Connection[tuple[object, ...]], bool]]:
    """A connection that may make databases: the administrator's, or a test login become the owner."""
    with psycopg.connect(place.admin, autocommit=True) as connection:
        row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
        strong = bool(row and row[0])
        if not strong:
            connection.execute("SET ROLE spo_owner")
        yield connection, strong


def exists(place: Place) -> bool:
    with psycopg.connect(place.admin) as connection:
        return (
            connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [place.name]).fetchone()
            is not None
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_http(port: int, child: subprocess.Popen[bytes], log: Path, path: str = "/sante/") -> None:
    """Wait until the server answers 200; else an error that shows its log."""
    end = time.monotonic() + _READY_SECONDS
    while time.monotonic() < end and child.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
        finally:
            connection.close()
    raise RuntimeError(f"the server of port {port} does not answer:\n{children.tail(log, 40)}")


def _database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
