"""A PostgreSQL given by DATABASE_URL: the roles are made there, and nobody else's password is changed."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from spo_portal.local import external, files, secrets, servers
from spo_portal.local.errors import LauncherError
from tests.local.conftest import clean

PROJECT = Path(__file__).resolve().parents[2]
ROLES = ("spo_owner", "spo_web", "spo_worker")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Administrator's address of a server that asks every other role for its password."""
    folder = Path("/tmp") / f"spo-external-{time.time_ns()}"
    folder.mkdir(mode=0o755)
    urls = servers.start(folder)
    rules = next(folder.glob("pg[0-9]*")) / "pg_hba.conf"
    rules.write_text("local all postgres trust\nlocal all all scram-sha-256\n", "utf-8")
    with psycopg.connect(urls.admin, autocommit=True) as connection:
        connection.execute("SELECT pg_reload_conf()")
    time.sleep(0.3)
    yield urls.admin
    clean(folder)


@pytest.fixture
def admin(server: str) -> Iterator[str]:
    """The same, in a fresh database, without any of the portal's roles."""
    name = f"base{time.time_ns()}"
    other = server.replace("/portal?", f"/{name}?")
    with psycopg.connect(server, autocommit=True) as connection:
        for role in ROLES:
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                connection.execute(f"REASSIGN OWNED BY {role} TO postgres")
                connection.execute(f"DROP OWNED BY {role}")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        template = server.replace("/portal?", "/template1?")
        with psycopg.connect(template, autocommit=True) as inside:
            for role in ROLES:
                if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                    inside.execute(f"REASSIGN OWNED BY {role} TO postgres")
                    inside.execute(f"DROP OWNED BY {role}")
        for role in ROLES:
            connection.execute(f"DROP ROLE IF EXISTS {role}")
    yield other
    with psycopg.connect(server, autocommit=True) as connection:
        for role in ROLES:
            with psycopg.connect(other, autocommit=True) as inside:
                if inside.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                    inside.execute(f"REASSIGN OWNED BY {role} TO postgres")
                    inside.execute(f"DROP OWNED BY {role}")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_roles_and_passwords_are_made_once_and_kept(admin: str, tmp_path: Path) -> None:
    urls = external.prepare(tmp_path, admin, {})
    with psycopg.connect(urls["owner"]) as connection:
        connection.execute("CREATE TABLE made (n int)")
    with psycopg.connect(urls["web"]) as connection:
        connection.execute("INSERT INTO made VALUES (1)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("TRUNCATE made")
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert external.prepare(tmp_path, admin, {}) == urls
    with psycopg.connect(admin) as connection:
        row = connection.execute("SELECT rolcreatedb FROM pg_roles WHERE rolname = 'spo_owner'").fetchone()
    assert row == (False,)
    # Another checkout may take over roles made for a demo.
    assert external.prepare(tmp_path / "other", admin, {})["web"] != urls["web"]


def test_tests_can_run_on_a_given_server(admin: str, tmp_path: Path) -> None:
    urls = external.prepare(tmp_path, admin, {}, test_role=True)
    name = f"test_{time.time_ns()}"
    try:
        with psycopg.connect(urls["test"], autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        with psycopg.connect(urls["test"], dbname=name) as connection:
            connection.execute("SET ROLE spo_owner")
            connection.execute("CREATE TABLE made (t text)")
            connection.execute("CREATE INDEX ON made USING gin (t gin_trgm_ops)")
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def test_somebody_elses_roles_keep_their_password(admin: str, tmp_path: Path) -> None:
    with psycopg.connect(admin, autocommit=True) as connection:
        for role in ROLES:
            connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'theirs'")
    with pytest.raises(LauncherError, match="existe déjà") as caught:
        external.prepare(tmp_path, admin, {})
    assert "WEB_DATABASE_URL" in str(caught.value)
    given = {role.removeprefix("spo_"): external.address(admin, role, "theirs") for role in ROLES}
    assert external.prepare(tmp_path, admin, given) == given


def test_a_role_above_row_level_security_is_refused(admin: str, tmp_path: Path) -> None:
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("CREATE ROLE spo_web LOGIN BYPASSRLS")
    with pytest.raises(LauncherError, match="contourner le cloisonnement"):
        external.prepare(tmp_path, admin, {})


def test_an_account_without_rights_is_told_so(admin: str, tmp_path: Path) -> None:
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("CREATE ROLE spo_owner LOGIN PASSWORD 'theirs'")
    poor = external.address(admin, "spo_owner", "theirs")
    with pytest.raises(LauncherError, match="ne peut pas en créer"):
        external.prepare(tmp_path, poor, {})


def test_the_start_up_step_of_docker_compose_sets_the_given_passwords(admin: str, tmp_path: Path) -> None:
    given = {role: external.address(admin, role, f"p@ss/{role}") for role in ROLES}
    values = {f"{role.removeprefix('spo_').upper()}_DATABASE_URL": url for role, url in given.items()}
    command = [sys.executable, "-W", "error", "-m", "spo_portal.local", "roles"]
    for _ in range(2):
        done = subprocess.run(
            command, cwd=PROJECT, env=values | {"DATABASE_URL": admin}, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
    for url in given.values():
        psycopg.connect(url).close()
    # Real roles carry no demo mark: a demo pointed at this server leaves them alone.
    with pytest.raises(LauncherError, match="existe déjà"):
        external.prepare(tmp_path, admin, {})


def test_addresses_are_written_for_every_kind_of_server() -> None:
    address = external.address
    assert address("postgresql://a:b@h:5433/d?sslmode=require", "spo_web", "p@s/s") == (
        "postgresql://spo_web:p%40s%2Fs@h:5433/d?sslmode=require"
    )
    assert address("postgresql://a@/d?host=/x%20y&user=z", "spo_web", None) == (
        "postgresql://spo_web@/d?host=/x%20y"
    )


def test_keys_are_made_once(tmp_path: Path) -> None:
    keys = secrets.read_or_create(tmp_path)
    assert secrets.read_or_create(tmp_path) == keys
    assert len(set(keys.values())) == 2
    assert min(map(len, keys.values())) >= 50
    files.write_private(tmp_path / "secrets.json", "half a fi")
    assert set(secrets.read_or_create(tmp_path)) == {"SECRET_KEY", "CODE_KEY"}
