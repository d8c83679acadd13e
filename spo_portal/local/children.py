"""Child processes that never outlive their supervisor."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from spo_portal.local.files import Account

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_LARGEST_LOG = 5_000_000


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    cwd: Path,
    account: Account | None = None,
    death_signal: int | None = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start ``command`` as the leader of its own session, its output added to ``log``.

    Linux sends it ``death_signal`` when this process dies, even by SIGKILL; None lets it live on.
    Its own session keeps a Ctrl-C of the terminal away from it: the supervisor decides the order of the stop.
    """
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > _LARGEST_LOG:
            log.replace(log.with_suffix(".log.1"))
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    identity: dict[str, object] = {}
    if account is not None:
        identity = {"user": account.uid, "group": account.gid, "extra_groups": [], "umask": 0o077}
    try:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=cwd,
            start_new_session=True,
            preexec_fn=tied(death_signal) if death_signal is not None else None,
            **identity,  # type: ignore[call-overload]
        )
    finally:
        os.close(descriptor)


def tied(death_signal: int = signal.SIGTERM) -> Callable[[], None] | None:
    """What the child runs before ``exec``: after the change of user, which would clear the setting."""
    libc = _LIBC
    if libc is None:
        return None
    parent = os.getpid()

    def prepare() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def stop(process: subprocess.Popen[bytes], *, grace: float, request: int = signal.SIGTERM) -> None:
    """Ask ``process`` to stop, wait ``grace`` seconds, then kill it and what is left of its group."""
    ask(process, request)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(grace)
    bury(process)


def ask(process: subprocess.Popen[bytes], request: int = signal.SIGTERM) -> None:
    """Send ``request`` to the process itself (its helpers answer to it); nothing when it is gone."""
    if process.poll() is None:
        process.send_signal(request)


def bury(process: subprocess.Popen[bytes]) -> None:
    """Kill whatever still runs in the group ``process`` leads, and reap it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def alive(pid: int) -> bool:
    """Whether ``pid`` runs; a zombie does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()[0] not in {"Z", "X"}
    return True


def wait_gone(pid: int, seconds: float) -> bool:
    """Wait until ``pid`` no longer runs; False when it still does after ``seconds``."""
    end = time.monotonic() + seconds
    while alive(pid):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def tail(log: Path, lines: int = 15) -> str:
    """Last lines of a log, for a message."""
    try:
        return "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""
