"""Real logins, the owner's traps, and backups."""

import shutil
import subprocess
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction

from contacts.models import FicheContact
from spo_portal.kernel.tenancy.scope import SYSTEM, apply
from spo_portal.local import binaries, state
from spo_portal.local.errors import LauncherError
from tests.factories import World, acting_as_role, make_fiche, make_world, system
from tests.kernel.processes import role_parts


def conninfo(role: str) -> str:
    """Address of the test database for a real login as ``spo_<role>``."""
    return psycopg.conninfo.make_conninfo(**role_parts(role))


@pytest.fixture
def committed(transactional_db: None) -> World:
    world = make_world()
    with system():
        make_fiche(world.cio, world.lists, precisions="ligne du CIO")
        make_fiche(world.mission, world.lists, precisions="ligne de la mission")
    return world


def login(role: str) -> psycopg.Connection:
    try:
        return psycopg.connect(conninfo(role), autocommit=True)
    except psycopg.OperationalError as error:
        pytest.fail(f"no real login as {role}: {error}")


@pytest.fixture
def web(committed: World) -> Iterator[psycopg.Connection]:
    with login("web") as opened:
        yield opened


COUNT = "SELECT count(*) FROM contacts_fichecontact"


def test_the_web_login_sees_one_site_and_climbs_nowhere(committed: World, web: psycopg.Connection) -> None:
    assert web.execute("SELECT current_user, session_user").fetchone() == ("spo_web", "spo_web")
    assert web.execute(COUNT).fetchone() == (0,)
    web.execute("SELECT set_config('app.system', '1', false)")
    assert web.execute(COUNT).fetchone() == (0,)
    with web.transaction():
        web.execute("SELECT set_config('app.unit', %s, true)", [f"{{{committed.cio.pk}}}"])
        assert web.execute(COUNT).fetchone() == (1,)
    for attempt in (
        "SET ROLE spo_owner",
        "SET ROLE spo_worker",
        "SET SESSION AUTHORIZATION spo_owner",
        "TRUNCATE contacts_fichecontact",
        "ALTER TABLE contacts_fichecontact DISABLE ROW LEVEL SECURITY",
        "DROP POLICY own_site ON contacts_fichecontact",
        "CREATE POLICY mine ON contacts_fichecontact USING (true)",
        "ALTER ROLE spo_web BYPASSRLS",
        "GRANT spo_worker TO spo_web",
        "SELECT contacts_say_outcome_as_owner('\\x00', 'recue', NULL)",
        "CREATE TABLE public.mine (id int)",
        "DELETE FROM django_migrations",
        "COPY contacts_fichecontact TO '/tmp/x'",
        "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DELETE FROM kernel_auditevent",
    ):
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidObjectDefinition)):
            web.execute(attempt)


def test_a_malformed_scope_fails_and_shows_nothing(web: psycopg.Connection) -> None:
    for value in ("1", "{1", "{x}", "all", "{1}); --"):
        with pytest.raises(psycopg.DataError), web.transaction():  # noqa: PT012
            web.execute("SELECT set_config('app.unit', %s, true)", [value])
            web.execute(COUNT)


def test_the_worker_login_sees_nothing_until_it_says_so(committed: World) -> None:
    with login("worker") as worker:
        assert worker.execute(COUNT).fetchone() == (0,)
        with worker.transaction():
            worker.execute("SELECT set_config('app.system', '1', true)")
            assert worker.execute(COUNT).fetchone() == (2,)
        assert worker.execute(COUNT).fetchone() == (0,)
        for attempt in (
            "TRUNCATE contacts_fichecontact",
            "UPDATE kernel_auditevent SET action = ''",
            "SET ROLE spo_owner",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                worker.execute(attempt)


@pytest.mark.django_db
def test_trap_a_data_migration_by_the_owner_touches_nothing(world: World) -> None:
    """FORCE binds the owner too: a data migration needs the system scope, or it changes 0 rows without a
    word.
    """
    with system():
        make_fiche(world.cio, world.lists)
    with transaction.atomic(), acting_as_role("spo_owner"):
        assert FicheContact.objects.update(canal="telephone") == 0
        apply(SYSTEM)
        assert FicheContact.objects.update(canal="telephone") == 1


@pytest.mark.django_db
def test_twin_without_force_the_owner_sees_everything(world: World) -> None:
    with system():
        make_fiche(world.cio, world.lists)
    with transaction.atomic(), acting_as_role("spo_owner"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert FicheContact.objects.count() == 0
        cursor.execute("ALTER TABLE contacts_fichecontact NO FORCE ROW LEVEL SECURITY")
        assert FicheContact.objects.count() == 1


def test_trap_what_a_dump_reads_when_it_enables_row_security(committed: World) -> None:
    """``pg_dump --enable-row-security`` copies each table under row security: exit 0, no row, « a backup ».
    """
    with login("owner") as owner:
        owner.execute("SET row_security = on")
        assert copied(owner) == b""
        # Without the option it sets this, and fails loudly rather than lose rows.
        owner.execute("SET row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            copied(owner)


def test_the_documented_backup_reads_every_row(committed: World) -> None:
    """A backup is taken by a role above row security (docs/exploitation.md), never by the owner."""
    if not (state.read(settings.DATA_DIR) or {}).get("admin"):
        pytest.skip("the server was given to us: its administrator is not ours")
    with login("admin") as admin:
        admin.execute("SET row_security = off")
        assert copied(admin).count(b"ligne d") == 2


def copied(database: psycopg.Connection) -> bytes:
    with database.cursor() as cursor, cursor.copy("COPY contacts_fichecontact TO STDOUT") as copy:
        return b"".join(bytes(line) for line in copy)


def dump(role: str, *options: str) -> subprocess.CompletedProcess[str]:
    """The real command: the one beside the server's own programs, else the system's."""
    try:
        beside = binaries.postgres() / "pg_dump"
    except LauncherError:
        beside = None
    found = str(beside) if beside and beside.exists() else shutil.which("pg_dump")
    if not found:
        pytest.skip("no pg_dump on this machine; the same reads are proved by the COPY tests above")
    done = subprocess.run(
        [found, "--data-only", "--table=contacts_fichecontact", *options, conninfo(role)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if "server version mismatch" in done.stderr:
        pytest.skip(
            "this pg_dump is older than the server; the same reads are proved by the COPY tests above"
        )
    return done


def test_pg_dump_gives_an_empty_backup_a_refusal_or_everything(committed: World) -> None:
    empty = dump("owner", "--enable-row-security")
    assert empty.returncode == 0
    assert "ligne du CIO" not in empty.stdout
    refused = dump("owner")
    assert refused.returncode != 0
    assert "row-level security" in refused.stderr
    if (state.read(settings.DATA_DIR) or {}).get("admin"):
        whole = dump("admin")
        assert whole.returncode == 0, whole.stderr
        assert "ligne du CIO" in whole.stdout
        assert "ligne de la mission" in whole.stdout
