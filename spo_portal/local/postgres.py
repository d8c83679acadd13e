"""A private PostgreSQL: socket only, no TCP, data in a folder named by its major version."""

import contextlib
import os
import re
import signal
import subprocess
import time
from pathlib import Path

from spo_portal.local import binaries, children, environment, files
from spo_portal.local.errors import LauncherError

SUPERUSER = "postgres"
_START_SECONDS = 120.0
_STALE_SECONDS = 20.0
_ACCEPTING, _REJECTING = 0, 1

_ALWAYS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "Europe/Paris",
    "log_timezone": "Europe/Paris",
    # What a person typed never reaches a log: neither statements nor the rows quoted by an error's detail.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}
# Tests only: a power cut may lose everything, and nothing is lost.
_VOLATILE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "1GB"}


class Cluster:
    """The cluster of ``directory``; ``process`` is set only when this object started it."""

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        self.directory = directory
        self.durable = durable
        existing = sorted(directory.glob("pg[0-9]*"))
        self.account = files.service_account(existing[-1] if existing else None)
        self.home = files.data_home(directory, self.account)
        self.bin = binaries.for_account(binaries.postgres(), self.account, self.home)
        self.data = self.home / f"pg{self._major()}"
        self.socket = files.socket_folder(self.home, "pg-socket", self.account)
        self.log = directory / "logs" / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None

    def _major(self) -> str:
        version = subprocess.run(
            [self.bin / "postgres", "--version"],
            check=True,
            capture_output=True,
            text=True,
            env=environment.bare(),
        ).stdout
        found = re.search(r"(\d+)", version)
        if found is None or int(found[1]) < 15:
            raise LauncherError(f"PostgreSQL 15 ou plus est nécessaire ; {self.bin} : {version.strip()}.")
        return found[1]

    def start(self, *, attached: bool = True) -> bool:
        """Make the cluster accept connections; True when this call started it, False when it already ran.

        The caller holds the lock of the directory. A server that is going down, or whose pid file is
        stale, is waited for rather than trusted. ``attached`` ties the server's life to this process.
        """
        self._create()
        end = time.monotonic() + _START_SECONDS
        stale_end = time.monotonic() + _STALE_SECONDS
        while time.monotonic() < end:
            state = self._state()
            if state == _ACCEPTING:
                return False
            if state == _REJECTING:
                time.sleep(0.05)
                continue
            self._drop_stale_pid_file()
            if self._launch(attached, end):
                return True
            if time.monotonic() > stale_end:
                break
            time.sleep(0.2)
        raise LauncherError(f"PostgreSQL ne démarre pas. Fin de {self.log} :\n{children.tail(self.log)}")

    def stop(self) -> None:
        """Stop the server, whoever started it, without waiting for its clients."""
        if self.process is not None:
            children.stop(self.process, grace=60, request=signal.SIGINT)
            self.process = None
            return
        pid = self._pid()
        if pid and children.alive(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)
            if not children.wait_gone(pid, 60):
                os.kill(pid, signal.SIGQUIT)
                children.wait_gone(pid, 10)

    def erase(self) -> None:
        """Forget the data of the cluster (the server is stopped)."""
        for path in (self.data, self._new):
            files.remove(path)

    @property
    def _new(self) -> Path:
        return self.data.with_name(self.data.name + ".new")

    def _create(self) -> None:
        """Initialise beside, then rename: a half-made cluster is never taken for a whole one."""
        if self.data.exists():
            owner = self.account.uid if self.account else os.geteuid()
            if self.data.lstat().st_uid != owner:
                raise LauncherError(
                    f"{self.data} appartient à un autre compte : relancez avec ce compte, ou « make reset »."
                )
            return
        files.remove(self._new)
        files.private_folder(self._new, self.account)
        major = int(self.data.name.removeprefix("pg"))
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if major >= 17 else []
        command = [
            str(self.bin / "initdb"), f"--pgdata={self._new}", f"--username={SUPERUSER}", "--encoding=UTF8",
            "--locale=C.UTF-8", *locale, "--auth-local=trust", "--auth-host=reject", "--no-instructions",
            "--no-sync",
        ]  # fmt: skip
        process = children.spawn(
            command, log=self.log, environment=environment.bare(), cwd=self.home, account=self.account
        )
        if process.wait() != 0:
            files.remove(self._new)
            raise LauncherError(f"initdb a échoué. Fin de {self.log} :\n{children.tail(self.log)}")
        self._new.rename(self.data)

    def _launch(self, attached: bool, end: float) -> bool:
        settings = {**_ALWAYS, "unix_socket_directories": str(self.socket)}
        if not self.durable:
            settings |= _VOLATILE
        command = [str(self.bin / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        process = children.spawn(
            command,
            log=self.log,
            environment=environment.bare(),
            cwd=self.home,
            account=self.account,
            death_signal=signal.SIGINT if attached else None,
        )
        try:
            while process.poll() is None and time.monotonic() < end:
                if self._state() == _ACCEPTING:
                    self.process = process
                    return True
                time.sleep(0.02)
        finally:
            # A stop asked in the middle of a start leaves nothing running behind.
            if self.process is not process:
                children.bury(process)
        return False

    def _state(self) -> int:
        """Exit code of pg_isready; unlike ``pg_ctl status`` it does not take a zombie for a server."""
        command = [
            self.bin / "pg_isready",
            "-q",
            "-t",
            "2",
            "-h",
            self.socket,
            "-p",
            "5432",
            "-d",
            "postgres",
        ]
        return subprocess.run(command, check=False, env=environment.bare(), cwd=self.home).returncode

    def _pid(self) -> int:
        try:
            return int((self.data / "postmaster.pid").read_text("utf-8").split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return 0

    def _drop_stale_pid_file(self) -> None:
        """Remove a pid file whose number now belongs to another program (usual after a container restart).

        Kept as long as any process works in the data folder, as PostgreSQL's do.
        """
        pid = self._pid()
        if not pid or not children.alive(pid):
            return
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (folder / "cwd").readlink() == self.data.resolve():
                    return
        if Path("/proc/self").exists():
            (self.data / "postmaster.pid").unlink(missing_ok=True)
