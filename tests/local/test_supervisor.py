"""`make demo` from start to stop, on a stand-in portal whose processes are three lines long."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from spo_portal.local import children, demo, state
from tests.local.conftest import clean

PROJECT = Path(__file__).resolve().parents[2]

MANAGE = """
import json, os, sys, pathlib, psycopg
calls = pathlib.Path(os.environ["DATA_DIR"]) / "calls"
with calls.open("a") as stream:
    stream.write(" ".join(sys.argv[1:]) + chr(10))
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    assert connection.execute("SELECT current_user").fetchone() == ("spo_owner",)
    if sys.argv[1] == "migrate":
        connection.execute("CREATE TABLE IF NOT EXISTS django_migrations (id int)")
if sys.argv[1] == "seed_demo":
    account = {"email": "conseil@demo.example", "password": "mot-de-passe", "role": "conseiller"}
    (calls.parent / "demo_accounts.json").write_text(json.dumps([account]))
"""
WEB = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        names = ("DATABASE_URL", "DEMO", "BASE_URL", "PGHOST", "DJANGO_SETTINGS_MODULE")
        body = repr({name: os.environ.get(name, "") for name in names}).encode()
        self.send_response(200); self.end_headers(); self.wfile.write(body)
        if self.path == "/": print("ERROR une panne à montrer", flush=True)
    def log_message(self, *arguments): pass
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
WORKER = """
import os, pathlib, subprocess, time
child = subprocess.Popen(["sleep", "1000"])
(pathlib.Path(os.environ["DATA_DIR"]) / "worker.pids").write_text(f"{os.getpid()} {child.pid}")
time.sleep(1000)
"""
PROCFILE = "web: python web.py\nworker: python worker.py\n"


class Portal:
    """A stand-in checkout and the supervisor running in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / ".local"
        shutil.copytree(PROJECT / "spo_portal" / "local", folder / "spo_portal" / "local")
        (folder / "spo_portal" / "__init__.py").write_text("")
        (folder / "scripts").mkdir()
        shutil.copy(PROJECT / "scripts" / "process", folder / "scripts" / "process")
        for name, text in (
            ("manage.py", MANAGE),
            ("web.py", WEB),
            ("worker.py", WORKER),
            ("Procfile", PROCFILE),
        ):
            (folder / name).write_text(text, "utf-8")
        (folder / "requirements.lock").write_text("")
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None

    def start(self, **changes: str) -> str:
        """Start and read the terminal until the portal is ready or the supervisor gave up."""
        values = {"PATH": os.defpath, "HOME": "/nonexistent", "PORT": str(self.port), "PGHOST": "ailleurs"}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "spo_portal.local", "demo"],
            cwd=self.folder,
            env=values | changes,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        seen = ""
        assert self.process.stdout
        for line in self.process.stdout:
            seen += line
            if line.startswith("Courriels"):
                return seen
        self.process.communicate(timeout=60)
        return seen

    def end(self, number: int) -> tuple[int, str]:
        assert self.process
        self.process.send_signal(number)
        output = self.process.communicate(timeout=60)[0]
        return self.process.returncode, output

    def page(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5) as answer:
            return answer.read().decode()

    def worker(self) -> list[int]:
        return [int(pid) for pid in (self.data / "worker.pids").read_text().split()]

    def servers(self) -> list[int]:
        return [int(path.read_text().split()[0]) for path in self.data.glob("pg*/postmaster.pid")]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(condition: object, seconds: float = 15.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if condition():  # type: ignore[operator]
                return True
        except (OSError, ValueError):
            pass
        time.sleep(0.05)
    return False


@pytest.fixture
def portal(place: Path) -> Iterator[Portal]:
    made = Portal(place / "un portail")
    yield made
    if made.process is not None and made.process.poll() is None:
        made.process.kill()
        made.process.communicate()
    clean(place)


def test_the_whole_life_of_a_demonstration(portal: Portal) -> None:
    seen = portal.start()
    assert f"http://127.0.0.1:{portal.port}" in seen
    assert "conseil@demo.example" in seen
    assert "mot-de-passe" in seen
    assert (portal.data / "calls").read_text().splitlines() == [
        "migrate --no-input --verbosity 0",
        "load_reference",
        "seed_demo",
    ]
    page = portal.page()
    assert "spo_web@" in page
    assert "'DEMO': '1'" in page
    assert "'PGHOST': ''" in page
    urls = state.read(portal.data)
    assert urls
    with psycopg.connect(urls["worker"]) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("spo_worker",)

    # A second one says so and harms nothing.
    second = subprocess.run(
        [sys.executable, "-m", "spo_portal.local", "demo"],
        cwd=portal.folder,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert "tourne déjà" in second.stdout
    assert str(portal.port) in second.stdout

    # Whatever dies comes back: a process with its helpers, and a server.
    before = portal.worker()
    os.kill(before[0], signal.SIGKILL)
    assert eventually(lambda: portal.worker() != before)
    assert eventually(lambda: not children.alive(before[1]))
    os.kill(portal.servers()[0], signal.SIGKILL)
    assert eventually(lambda: answers(urls["web"]))

    pids = portal.worker() + portal.servers()
    code, output = portal.end(signal.SIGINT)
    assert code == 0
    assert "Traceback" not in output
    assert "une panne à montrer" in seen + output
    assert "worker s'est arrêté (signal 9)" in output
    assert not [pid for pid in pids if children.alive(pid)]
    assert state.read(portal.data) is None

    # The second start keeps the data and runs nothing again.
    calls = (portal.data / "calls").read_text()
    portal.start()
    assert (portal.data / "calls").read_text() == calls
    pids = portal.worker() + portal.servers()
    assert portal.process
    portal.process.kill()
    portal.process.communicate()
    assert eventually(lambda: not [pid for pid in pids[:1] + pids[2:] if children.alive(pid)])
    os.kill(pids[1], signal.SIGKILL)  # the stand-in worker does not look after its helper; Celery does

    # After a supervisor killed outright, and new code: migrated and loaded again, not seeded; then a TERM.
    (portal.folder / "spo_portal" / "new.py").write_text("")
    portal.start()
    assert (portal.data / "calls").read_text() == calls + "migrate --no-input --verbosity 0\nload_reference\n"
    assert portal.end(signal.SIGTERM)[0] == 0
    assert not [path for path in portal.data.glob("*.lock") if path.stat().st_mode & 0o077]


def answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def test_two_accounts_of_each_role_are_shown_and_the_others_counted(tmp_path: Path) -> None:
    path = tmp_path / "demo_accounts.json"
    assert "Aucun compte" in demo.accounts(path)
    rows = [
        {
            "email": f"{role}{n}@demo.example",
            "password": "p",
            "role": role,
            "scope": "x",
            "region": f"R{n // 3}",
        }
        for role in ("conseiller", "porteur")
        for n in range(5)
    ]
    path.write_text(json.dumps(rows), "utf-8")
    shown = demo.accounts(path)
    assert [word for word in shown.split() if "@" in word] == [
        f"{role}{n}@demo.example" for role in ("conseiller", "porteur") for n in (0, 3)
    ]
    assert "(6 autres comptes dans .local/demo_accounts.json)" in shown


def test_what_a_person_can_mend_is_said_in_one_sentence(portal: Portal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = taken.getsockname()[1]
        assert f"Le port {busy} est indisponible" in portal.start(PORT=str(busy))
    assert "n'est pas un numéro de port" in portal.start(PORT="abc")
    assert "n'est pas un dossier" in portal.start(REFERENCE="/nulle/part")
    unreachable = portal.start(DATABASE_URL="postgresql://postgres:secret@127.0.0.1:1/portal")
    assert "DATABASE_URL : connexion impossible" in unreachable
    assert "secret" not in unreachable
    assert "Traceback" not in unreachable
    assert "REDIS_URL" in portal.start(REDIS_URL="redis://127.0.0.1:1/0")


def test_a_process_that_cannot_start_ends_the_run_with_its_log(portal: Portal) -> None:
    (portal.folder / "web.py").write_text("raise SystemExit('réglage absent')", "utf-8")
    output = portal.start()
    assert portal.process
    assert portal.process.wait(30) == 1
    assert "web ne démarre pas" in output
    assert "réglage absent" in output
    assert not portal.servers()


def test_reset_forgets_the_data_and_keeps_the_keys(portal: Portal) -> None:
    portal.start()
    keys = json.loads((portal.data / "secrets.json").read_text())
    command = [sys.executable, "-m", "spo_portal.local", "reset"]
    reset = {"cwd": portal.folder, "env": {"PATH": os.defpath}, "text": True, "check": False}
    refused = subprocess.run(command, capture_output=True, **reset)  # type: ignore[call-overload]
    assert refused.returncode == 1
    assert "arrêtez" in refused.stdout
    portal.end(signal.SIGTERM)
    done = subprocess.run(command, capture_output=True, **reset)  # type: ignore[call-overload]
    assert done.returncode == 0
    assert sorted(path.name for path in portal.data.iterdir()) == [
        "demo.lock",
        "secrets.json",
        "secrets.lock",
    ]
    assert json.loads((portal.data / "secrets.json").read_text()) == keys
