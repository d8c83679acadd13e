"""A private Valkey (free Redis): unix socket in a closed folder, no TCP, all on disk within a second."""

import contextlib
import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from spo_portal.local import binaries, children, environment, files
from spo_portal.local.errors import LauncherError

_START_SECONDS = 20.0


class Valkey:
    """The server of ``directory``; ``process`` is set only when this object started it."""

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        self.directory = directory
        self.durable = durable
        self.data = directory / "valkey"
        self.socket = files.socket_folder(directory, "valkey-socket") / "valkey.sock"
        self.log = directory / "logs" / "valkey.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}?db=0"

    def start(self, *, attached: bool = True) -> bool:
        """Make the server answer; True when this call started it. The caller holds the directory's lock.

        Data it can't read (written by a newer version, damaged) are put aside: PostgreSQL is the queue of
        record, so nothing is lost with them.
        """
        if answers(self.socket):
            return False
        if self._launch(attached):
            return True
        if self.data.exists():
            aside = self.data.with_name("valkey.unreadable")
            files.remove(aside)
            self.data.rename(aside)
            if self._launch(attached):
                return True
        raise LauncherError(f"Valkey ne démarre pas. Fin de {self.log} :\n{children.tail(self.log)}")

    def stop(self) -> None:
        """Stop the server, whoever started it."""
        if self.process is not None:
            children.stop(self.process, grace=10)
            self.process = None
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(str(self.socket))
            client.sendall(b"SHUTDOWN\r\n")
            client.recv(64)

    def _launch(self, attached: bool) -> bool:
        files.private_folder(self.data)
        self.socket.unlink(missing_ok=True)
        command = [
            str(binaries.valkey()), "--port", "0",
            "--unixsocket", str(self.socket), "--unixsocketperm", "700",
            "--dir", str(self.data), "--appendonly", "yes" if self.durable else "no", "--save", "",
            "--maxmemory-policy", "noeviction", "--daemonize", "no", "--loglevel", "warning",
        ]  # fmt: skip
        process = children.spawn(
            command,
            log=self.log,
            environment=environment.bare(),
            cwd=self.data,
            death_signal=signal.SIGTERM if attached else None,
        )
        end = time.monotonic() + _START_SECONDS
        try:
            while process.poll() is None and time.monotonic() < end:
                if answers(self.socket):
                    self.process = process
                    return True
                time.sleep(0.01)
        finally:
            # A stop asked in the middle of a start leaves nothing running behind.
            if self.process is not process:
                children.bury(process)
        return False


def answers(path: Path) -> bool:
    """Whether a server at this socket says PONG (one that still loads its file does not)."""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
    except OSError:
        return False
