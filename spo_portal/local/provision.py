"""Start-up step of docker-compose: the roles, with the passwords written in their addresses."""

import time
from urllib.parse import unquote, urlsplit

import psycopg

from spo_portal.local import roles
from spo_portal.local.environment import Options
from spo_portal.local.errors import LauncherError

_WAIT_SECONDS = 60.0


def run(options: Options) -> int:
    """Create the roles behind DATABASE_URL (an administrator) from the roles' addresses; can run twice."""
    missing = [name for name in roles.ROLES if not options.role_urls.get(name)]
    if missing or not options.database_url:
        raise LauncherError("Il faut DATABASE_URL (administrateur), OWNER_, WEB_ et WORKER_DATABASE_URL.")
    passwords = {}
    for name, role in roles.ROLES.items():
        parts = urlsplit(options.role_urls[name])
        if unquote(parts.username or "") != role:
            raise LauncherError(f"{name.upper()}_DATABASE_URL doit nommer le rôle {role}.")
        if parts.password:
            passwords[role] = unquote(parts.password)
    with _connect(options.database_url) as connection:
        roles.ensure(connection, passwords=passwords, createdb=False, test_role=False, comment="")
        roles.prepare_database(connection)
    print("Rôles prêts.")
    return 0


def _connect(url: str) -> roles.Connection:
    """Connection to a server that may still be starting."""
    end = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            return psycopg.connect(url, autocommit=True, connect_timeout=5)
        except psycopg.OperationalError as error:
            if time.monotonic() > end:
                raise LauncherError(f"DATABASE_URL : connexion impossible ({error}).") from error
            time.sleep(0.5)
