"""Measure 6: first and second start of ``make demo`` in a copy of the tree, the environment made from
nothing."""

import contextlib
import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from spo_portal.local import children, environment, servers
from tests.bench.place import PROJECT, free_port
from tests.bench.report import Report

_LIMIT = 600.0
_LEFT_OUT = {
    ".git",
    ".venv",
    ".local",
    "staticfiles",
    "__pycache__",
    ".pytest_cache",
    ".ruff_cache",
    "node_modules",
}


def starts(report: Report, *, fast: bool) -> None:
    """Seconds from the command to a portal that answers ready; phases as the command tells them."""
    report.title("6. Démarrages de make demo" + (" (environnement Python déjà fait)" if fast else ""))
    with copy_of_tree() as tree:
        first, phases = _start(tree, fast)
        second, _ = _start(tree, fast)
        python = _python_alone(tree, fast)
    install = phases.get("Paquets Python", 0.0)
    report.row("premier", first, "s", floor=install or None)
    report.row("premier", first, "s", most=90)
    report.row("second", second, "s", floor=python)
    report.row("second", second, "s", most=6)
    report.note(
        "premier, phases : " + " ; ".join(f"{name} {seconds:.1f} s" for name, seconds in phases.items())
    )
    report.note("planchers : l’installation des paquets ; charger Django une fois")


@contextlib.contextmanager
def copy_of_tree() -> Iterator[Path]:
    """A copy of the checkout as a clone would give it, changes not yet committed included."""
    folder = Path(tempfile.mkdtemp(prefix="spo-bench-", dir="/tmp"))
    folder.chmod(0o755)
    tree = folder / "portail"
    try:
        for name in _files():
            source, target = PROJECT / name, tree / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        yield tree
    finally:
        with contextlib.suppress(Exception):
            servers.stop(tree / ".local")
        shutil.rmtree(folder, ignore_errors=True)


def _files() -> list[str]:
    command = ["git", "-C", str(PROJECT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    with contextlib.suppress(OSError):
        listed = subprocess.run(command, capture_output=True, check=False)
        if listed.returncode == 0 and listed.stdout:
            return sorted({os.fsdecode(name) for name in listed.stdout.split(b"\0") if name})
    found = []
    for folder, names, leaves in os.walk(PROJECT):
        names[:] = [name for name in names if name not in _LEFT_OUT]
        found += [str(Path(folder, leaf).relative_to(PROJECT)) for leaf in leaves]
    return found


def command(fast: bool) -> list[str]:
    return [sys.executable, "-m", "spo_portal.local", "demo"] if fast else ["make", "demo"]


def _start(tree: Path, fast: bool) -> tuple[float, dict[str, float]]:
    port = free_port()
    given = {
        "DATABASE_URL",
        "REDIS_URL",
        "OWNER_DATABASE_URL",
        "WEB_DATABASE_URL",
        "WORKER_DATABASE_URL",
        "DATA_DIR",
    }
    given |= {"MAIL_DIR", "REFERENCE", "SEED_ARGS", "BIND", "VIRTUAL_ENV", "DEMO", "BASE_URL"}
    variables = {name: value for name, value in environment.inherited().items() if name not in given}
    log = tree.parent / "demo.log"
    begin = log.stat().st_size if log.exists() else 0
    started, seen = time.monotonic(), {}
    process = children.spawn(command(fast), log=log, environment=variables | {"PORT": str(port)}, cwd=tree)
    try:
        while not _ready(port):
            for name in re.findall(r"^· ([^\n(:]+)", log.read_text("utf-8", "replace")[begin:], re.MULTILINE):
                seen.setdefault(name.strip(), time.monotonic())
            if process.poll() is not None or time.monotonic() - started > _LIMIT:
                raise RuntimeError(f"make demo did not start:\n{children.tail(log, 30)}")
            time.sleep(0.1)
        total = time.monotonic() - started
    finally:
        # Ctrl-C reaches the whole group; the supervisor stops its servers itself.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        children.bury(process)
    moments = [*seen.values(), started + total]
    return total, {name: end - at for (name, at), end in zip(seen.items(), moments[1:], strict=True)}


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/sante/pret/")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _python_alone(tree: Path, fast: bool) -> float:
    python = sys.executable if fast else str(tree / ".venv" / "bin" / "python")
    code = "import django; django.setup()"
    variables = environment.inherited(
        DJANGO_SETTINGS_MODULE="spo_portal.settings.local", DATA_DIR=str(tree / ".local")
    )
    spent = []
    for _ in range(3):
        started = time.monotonic()
        subprocess.run([python, "-c", code], cwd=tree, env=variables, check=True)
        spent.append(time.monotonic() - started)
    return sorted(spent)[1]
