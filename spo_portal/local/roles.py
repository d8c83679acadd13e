"""The three database roles and what each holds: used by the embedded server, a given one, and docker-compose.

``spo_owner`` owns the tables and migrates; ``spo_web`` and ``spo_worker`` own nothing, can't bypass row-level
security and get no TRUNCATE. ``spo_test`` exists in test clusters only and may become any of the three.
"""

import contextlib
from collections.abc import Mapping

import psycopg
from psycopg import sql

from spo_portal.local.errors import LauncherError

ROLES = {"owner": "spo_owner", "web": "spo_web", "worker": "spo_worker"}
TEST_ROLE = "spo_test"
EXTENSIONS = ("btree_gist", "pg_trgm", "unaccent")
_LOCK = 7_316_501
# Written on roles made for a demo: only those may have their password changed by a later demo.
DEMO_COMMENT = "spo-portal local"

Connection = psycopg.Connection[tuple[object, ...]]


def existing(connection: Connection) -> dict[str, str]:
    """Our roles already on the server, with their comment; refuses one above row-level security."""
    rows = connection.execute(
        "SELECT rolname, rolsuper OR rolbypassrls, coalesce(shobj_description(oid, 'pg_authid'), '')"
        " FROM pg_roles WHERE rolname = ANY(%s)",
        [[*ROLES.values(), TEST_ROLE]],
    ).fetchall()
    for name, strong, _ in rows:
        if strong:
            raise LauncherError(
                f"Le rôle {name} peut contourner le cloisonnement : retirez-lui SUPERUSER et BYPASSRLS."
            )
    return {str(name): str(comment) for name, _, comment in rows}


def ensure(
    connection: Connection,
    *,
    passwords: Mapping[str, str],
    createdb: bool,
    test_role: bool,
    comment: str = DEMO_COMMENT,
) -> None:
    """Create the roles that are missing and set the given passwords (``passwords``: role name to password).

    ``createdb`` lets the owner create databases: embedded and test clusters only.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        known = existing(connection)
        for name in [*ROLES.values(), *([TEST_ROLE] if test_role else [])]:
            role = sql.Identifier(name)
            if name not in known:
                creates = name == TEST_ROLE or (createdb and name == ROLES["owner"])
                rights = f"NOCREATEROLE {'' if creates else 'NO'}CREATEDB"
                rights += " NOINHERIT" if name == TEST_ROLE else ""
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS " + rights).format(role)
                )
                if comment:
                    connection.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(role, sql.Literal(comment)))
            if name in passwords:
                connection.execute(
                    sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(passwords[name]))
                )
        if test_role:
            connection.execute(f"GRANT spo_owner, spo_web, spo_worker TO {TEST_ROLE}")


def prepare_database(connection: Connection) -> None:
    """Give the connected database its extensions, its schema's owner and the roles' default rights.

    Rights on single tables are set by the migrations; the defaults only keep a new table usable until then.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        installed = {row[0] for row in connection.execute("SELECT extname FROM pg_extension").fetchall()}
        for extension in EXTENSIONS:
            if extension not in installed:
                connection.execute(sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(extension)))
        if not _superuser(connection):
            # Handing the schema over asks to be a member of its new owner.
            with contextlib.suppress(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute("GRANT spo_owner TO CURRENT_USER")
        owner = connection.execute(
            "SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'public'"
        ).fetchone()
        if owner != ("spo_owner",):
            connection.execute("ALTER SCHEMA public OWNER TO spo_owner")
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        # A temporary table may shadow a real one inside a function: nobody of the portal needs any.
        database = sql.Identifier(connection.info.dbname)
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(database))
        connection.execute("GRANT USAGE ON SCHEMA public TO spo_web, spo_worker")
        defaults = "ALTER DEFAULT PRIVILEGES FOR ROLE spo_owner IN SCHEMA public GRANT "
        connection.execute(defaults + "SELECT, INSERT, UPDATE, DELETE ON TABLES TO spo_web, spo_worker")
        connection.execute(defaults + "USAGE, SELECT ON SEQUENCES TO spo_web, spo_worker")


def can_create(connection: Connection) -> bool:
    """Whether the connected role may create roles."""
    row = connection.execute(
        "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    return bool(row and row[0])


def _superuser(connection: Connection) -> bool:
    row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    return bool(row and row[0])
