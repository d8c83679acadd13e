"""Starts and stops what the portal stands on: PostgreSQL with its roles, and Redis."""

import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

from spo_portal.local import external, files, roles, state, valkey
from spo_portal.local.errors import LauncherError
from spo_portal.local.postgres import SUPERUSER, Cluster
from spo_portal.local.valkey import Valkey

DATABASE = "portal"


@dataclass(frozen=True)
class Urls:
    """Addresses of what runs; ``test`` is empty unless the servers are for tests."""

    owner: str
    web: str
    worker: str
    admin: str
    test: str
    redis: str


class Servers:
    """The servers of one directory, and which of them this process started."""

    def __init__(
        self,
        directory: Path,
        *,
        durable: bool = True,
        database_url: str = "",
        redis_url: str = "",
        role_urls: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = directory.resolve()
        self.durable = durable
        self.database_url = database_url
        self.redis_url = redis_url
        self.role_urls = dict(role_urls or {})
        self.cluster: Cluster | None = None
        self.valkey: Valkey | None = None
        self.urls: Urls | None = None

    def start(self, *, attached: bool = True) -> Urls:
        """Start what is not given by address and not already running; two starts at once share one server."""
        with files.locked(self.directory / "servers.lock"):
            addresses = self._database(attached)
            redis = self._redis(attached)
        urls = Urls(**{"test": "", **addresses}, admin=self._admin(), redis=redis)
        self.urls = urls
        self.announce()
        return urls

    def announce(self, address: str = "") -> None:
        """Save the addresses for the commands run by hand."""
        if self.urls is not None:
            path = f"{self.cluster.socket}/.s.PGSQL.5432" if self.cluster else ""
            state.write(self.directory, asdict(self.urls), socket_path=path, address=address)

    def revive(self, *, attached: bool = True) -> list[str]:
        """Start again the servers of ours that died; their names."""
        ours = [server for server in (self.cluster, self.valkey) if server is not None and server.process]
        if all(server.process is None or server.process.poll() is None for server in ours):
            return []
        revived = []
        with files.locked(self.directory / "servers.lock"):
            for name, server in (("postgres", self.cluster), ("valkey", self.valkey)):
                if server is not None and server.process is not None and server.process.poll() is not None:
                    server.process = None
                    server.start(attached=attached)
                    revived.append(name)
        return revived

    def stop(self) -> None:
        """Stop the servers this object started, Redis first."""
        with files.locked(self.directory / "servers.lock"):
            for server in (self.valkey, self.cluster):
                if server is not None and server.process is not None:
                    server.stop()
        state.clear(self.directory)

    def _database(self, attached: bool) -> dict[str, str]:
        if self.database_url:
            return external.prepare(
                self.directory, self.database_url, self.role_urls, test_role=not self.durable
            )
        self.cluster = Cluster(self.directory, durable=self.durable)
        try:
            self.cluster.start(attached=attached)
        except LauncherError:
            if self.durable:
                raise
            # A test cluster keeps nothing worth a repair.
            self.cluster.erase()
            self.cluster.start(attached=attached)
        self._prepare(self.cluster)
        wanted = {**roles.ROLES, **({} if self.durable else {"test": roles.TEST_ROLE})}
        return {key: _url(self.cluster, role) for key, role in wanted.items()}

    def _prepare(self, cluster: Cluster) -> None:
        with _connect(cluster, "postgres") as connection:
            roles.ensure(connection, passwords={}, createdb=True, test_role=not self.durable)
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if found is None:
            # Databases made later (the tests') inherit the extensions and the schema's owner.
            with _connect(cluster, "template1") as connection:
                roles.prepare_database(connection)
            with _connect(cluster, "postgres") as connection:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER spo_owner").format(sql.Identifier(DATABASE))
                )
        with _connect(cluster, DATABASE) as connection:
            roles.prepare_database(connection)

    def _redis(self, attached: bool) -> str:
        if self.redis_url:
            _check_redis(self.redis_url)
            return self.redis_url
        self.valkey = Valkey(self.directory, durable=self.durable)
        self.valkey.start(attached=attached)
        return self.valkey.url

    def _admin(self) -> str:
        return self.database_url if self.cluster is None else _url(self.cluster, SUPERUSER)


_started: dict[Path, Servers] = {}


def start(directory: Path | str, *, durable: bool = True, attached: bool = True) -> Urls:
    """Start the embedded servers of ``directory`` and return their addresses.

    ``durable=False`` is for tests: no fsync, and the role spo_test. ``attached=False`` lets the servers
    outlive this process; otherwise they stop with it, whatever ends it.
    """
    path = Path(directory).resolve()
    servers = Servers(path, durable=durable)
    urls = servers.start(attached=attached)
    _started.setdefault(path, servers)
    return urls


def stop(directory: Path | str) -> None:
    """Stop the embedded servers of ``directory``, whoever started them; nothing when none runs."""
    path = Path(directory).resolve()
    servers = _started.pop(path, None)
    if servers is not None:
        servers.stop()
    if not path.is_dir():
        return
    with files.locked(path / "servers.lock"):
        if (path / "valkey").exists():
            Valkey(path).stop()
        cluster = Cluster(path)
        if cluster.data.exists():
            cluster.stop()
    (path / "run.json").unlink(missing_ok=True)


def _masked(url: str) -> str:
    parts = urlsplit(url)
    return url if not parts.password else url.replace(f":{parts.password}@", ":***@", 1)


def _url(cluster: Cluster, role: str) -> str:
    return f"postgresql://{role}@/{DATABASE}?host={quote(str(cluster.socket))}"


def _connect(cluster: Cluster, database: str) -> roles.Connection:
    return psycopg.connect(
        host=str(cluster.socket), dbname=database, user=SUPERUSER, autocommit=True, connect_timeout=10
    )


def _check_redis(url: str) -> None:
    """Refuse an address where nothing listens, before anything else is started."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        reached = valkey.answers(Path(parts.path))
    elif parts.scheme in {"redis", "rediss"}:
        try:
            socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379), timeout=5).close()
            reached = True
        except OSError:
            reached = False
    else:
        raise LauncherError("REDIS_URL doit commencer par redis://, rediss:// ou unix://.")
    if not reached:
        raise LauncherError(f"REDIS_URL : rien ne répond à {_masked(url)}.")
