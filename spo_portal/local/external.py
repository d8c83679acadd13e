"""A PostgreSQL server given by its address: roles made or recognised there, one address per role."""

import contextlib
import secrets as random
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import psycopg

from spo_portal.local import roles, secrets
from spo_portal.local.errors import LauncherError


def prepare(
    directory: Path, admin: str, given: Mapping[str, str], *, test_role: bool = False
) -> dict[str, str]:
    """Addresses of the roles on the server behind ``admin``, made ready when its role may do so.

    ``given`` holds addresses that an administrator set up beforehand (OWNER_, WEB_ and WORKER_DATABASE_URL).
    Raises LauncherError, with one clear sentence, when the server is away, too old, or a role is missing.
    """
    try:
        connection = psycopg.connect(admin, autocommit=True, connect_timeout=5)
    except (psycopg.Error, ValueError) as error:
        raise LauncherError(f"DATABASE_URL : connexion impossible ({_line(error)}).") from error
    with connection:
        if connection.info.server_version < 150000:
            raise LauncherError("DATABASE_URL : il faut PostgreSQL 15 ou plus.")
        wanted = {**roles.ROLES, **({"test": roles.TEST_ROLE} if test_role else {})}
        server = _server(connection)
        addresses = {
            key: given.get(key) or address(admin, role, secrets.password(directory, server, role))
            for key, role in wanted.items()
        }
        unusable = {key: role for key, role in wanted.items() if not _works(addresses[key])}
        if unusable:
            addresses |= _make(connection, directory, server, admin, unusable, given, test_role)
        try:
            roles.prepare_database(connection)
        except psycopg.Error as error:
            missing = _missing(addresses["owner"])
            if missing:
                raise LauncherError(
                    f"DATABASE_URL : {missing} ({_line(error)}). Donnez un administrateur de cette base."
                ) from error
        if test_role:
            # Tests make databases of their own: without this they create the extensions themselves, or fail.
            with contextlib.suppress(psycopg.Error, LauncherError):
                roles.ensure(connection, passwords={}, createdb=False, test_role=True)
                with psycopg.connect(admin, dbname="template1", autocommit=True) as template:
                    roles.prepare_database(template)
    return addresses


def address(admin: str, role: str, password: str | None) -> str:
    """``admin`` with another role and password; a role named in the query gives way."""
    parts = urlsplit(admin)
    host = parts.netloc.rpartition("@")[2]
    login = quote(role, safe="") + (f":{quote(password, safe='')}" if password else "")
    query = [(name, value) for name, value in parse_qsl(parts.query) if name not in {"user", "password"}]
    text = urlencode(query, quote_via=quote, safe="/")
    return urlunsplit((parts.scheme, f"{login}@{host}", parts.path, text, ""))


def _make(
    connection: roles.Connection,
    directory: Path,
    server: str,
    admin: str,
    unusable: Mapping[str, str],
    given: Mapping[str, str],
    test_role: bool,
) -> dict[str, str]:
    """Create the roles that can't be used yet; a role of somebody else's keeps its password."""
    for key in unusable:
        if key in given:
            raise LauncherError(f"{key.upper()}_DATABASE_URL : connexion impossible avec cette adresse.")
    if not roles.can_create(connection):
        raise LauncherError(
            f"DATABASE_URL : il manque {', '.join(unusable.values())} et ce compte ne peut pas en créer."
            " Donnez un compte CREATEROLE, ou OWNER_DATABASE_URL, WEB_DATABASE_URL et WORKER_DATABASE_URL."
        )
    known = roles.existing(connection)
    foreign = [
        role for role in unusable.values() if known.get(role, roles.DEMO_COMMENT) != roles.DEMO_COMMENT
    ]
    if foreign:
        raise LauncherError(
            f"DATABASE_URL : {', '.join(foreign)} existe déjà sur ce serveur, mot de passe inconnu ici."
            " Donnez OWNER_DATABASE_URL, WEB_DATABASE_URL et WORKER_DATABASE_URL."
        )
    try:
        roles.ensure(connection, passwords={}, createdb=test_role, test_role=test_role)
        addresses = {key: address(admin, role, None) for key, role in unusable.items()}
        fresh = {
            role: random.token_urlsafe(24) for key, role in unusable.items() if not _works(addresses[key])
        }
        if fresh:
            roles.ensure(connection, passwords=fresh, createdb=test_role, test_role=test_role)
    except psycopg.Error as error:
        raise LauncherError(f"DATABASE_URL : création des rôles refusée ({_line(error)}).") from error
    for key, role in unusable.items():
        if role in fresh:
            secrets.keep_password(directory, server, role, fresh[role])
            addresses[key] = address(admin, role, fresh[role])
        if not _works(addresses[key]):
            raise LauncherError(
                f"DATABASE_URL : le serveur refuse la connexion du rôle {role} (pg_hba.conf ?)."
            )
    return addresses


def _works(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=5):
            return True
    except psycopg.Error:
        return False


def _missing(owner: str) -> str:
    """What the owner could not do without the preparation that failed; empty when all is already there."""
    with psycopg.connect(owner) as connection:
        rows = connection.execute("SELECT extname FROM pg_extension").fetchall()
        absent = [name for name in roles.EXTENSIONS if (name,) not in rows]
        writable = connection.execute("SELECT has_schema_privilege('public', 'CREATE')").fetchone()
    if absent:
        return f"il manque l'extension {', '.join(absent)}"
    return "" if writable == (True,) else "spo_owner ne peut pas créer de table"


def _server(connection: roles.Connection) -> str:
    """Name under which a server's passwords are kept."""
    info = connection.info
    return f"{info.host}:{info.port}/{info.dbname}"


def _line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
