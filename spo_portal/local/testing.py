"""`make test` and `make bench`: pytest or the measures on private servers, stopped with them."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from spo_portal.local import children, environment, files
from spo_portal.local.demo import Signals, Stopped
from spo_portal.local.environment import PROJECT, Options
from spo_portal.local.errors import LauncherError
from spo_portal.local.servers import Servers

_SLOTS = 8


def run(options: Options, arguments: list[str], directory: Path = environment.DATA) -> int:
    """Run pytest with ``arguments`` on a cluster that forgets; its exit code.

    Runs at the same time in one checkout each get their own servers (.local/test, .local/test-2...).
    """
    with _slot(directory) as folder:
        return _run(options, folder, ["pytest", *arguments], durable=False)


def bench(options: Options, arguments: list[str], directory: Path = environment.DATA) -> int:
    """Run the measures on a cluster that keeps its promises to the disk, as in real use."""
    with files.locked(directory / "bench" / "run.lock"):
        return _run(options, directory / "bench", ["tests.bench", *arguments], durable=True)


@contextlib.contextmanager
def _slot(directory: Path) -> Iterator[Path]:
    for number in range(1, _SLOTS + 1):
        folder = directory / ("test" if number == 1 else f"test-{number}")
        lock = files.locked(folder / "run.lock", wait=False)
        try:
            lock.__enter__()
        except BlockingIOError:
            continue
        try:
            yield folder
        finally:
            lock.__exit__(None, None, None)
        return
    raise LauncherError(f"{_SLOTS} suites de tests tournent déjà dans ce dossier.")


def _run(options: Options, folder: Path, command: list[str], *, durable: bool) -> int:
    """Run ``python -m`` with ``command``; DATABASE_URL is the test login, or the administrator's for
    measures."""
    servers = Servers(
        folder,
        durable=durable,
        database_url=options.database_url,
        redis_url=options.redis_url,
        role_urls=options.role_urls,
    )
    signals = Signals()
    process: subprocess.Popen[bytes] | None = None
    try:
        urls = servers.start()
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=PROJECT,
            env=environment.inherited(
                DJANGO_SETTINGS_MODULE="spo_portal.settings.test",
                DATABASE_URL=urls.admin if durable else urls.test or urls.owner,
                OWNER_DATABASE_URL=urls.owner,
                WEB_DATABASE_URL=urls.web,
                WORKER_DATABASE_URL=urls.worker,
                REDIS_URL=urls.redis,
                DATA_DIR=str(folder),
                MAIL_DIR=str(files.private_folder(folder / "mails")),
            ),
            preexec_fn=children.tied(),
        )
        return process.wait()
    except Stopped:
        if process is not None:
            # A Ctrl-C has reached pytest too; a TERM sent to this process alone has not.
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
            children.ask(process, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()
        return 130
    finally:
        signals.count = max(signals.count, 1)
        servers.stop()
        files.give_back(folder)
