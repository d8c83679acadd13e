"""The processes of the Procfile under one supervisor: started, watched, started again, stopped."""

import contextlib
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from spo_portal.local import children
from spo_portal.local.environment import PROJECT

_STABLE_SECONDS = 30.0
_LONGEST_PAUSE = 15.0
# The same error is told once in this time.
_SILENCE_SECONDS = 60.0
_TIME = re.compile(r"^\[?\d{4}-\d\d-\d\d[T ][\d:.,]+( ?[+-]\d{4})?\]? ?")
_TROUBLE = re.compile(r"\b(ERROR|CRITICAL)\b|^Traceback|^\w+(\.\w+)*(Error|Exception)\b")


def names(procfile: Path = PROJECT / "Procfile") -> list[str]:
    """Names of the processes, in the order of the Procfile."""
    lines = procfile.read_text("utf-8").splitlines()
    return [line.split(":", 1)[0] for line in lines if line.strip() and not line.startswith("#")]


class Process:
    """One process of the Procfile, run through scripts/process as docker-compose does."""

    def __init__(self, name: str, environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.environment = environment
        self.log = log
        self.failures = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._next = 0.0
        self._said: dict[str, float] = {}
        self._read = log.stat().st_size if log.exists() else 0

    def start(self) -> None:
        script = str(PROJECT / "scripts" / "process")
        self._process = children.spawn(
            [script, self.name], log=self.log, environment=self.environment, cwd=PROJECT
        )
        self._started = time.monotonic()

    def watch(self, say: Callable[[str], None], *, starting: bool = False) -> None:
        """Start again a process that died, after a pause that doubles while it keeps dying.

        Errors it logs are repeated on the terminal, but those of the start, when a page is asked too early.
        """
        if starting:
            self._read = self.log.stat().st_size if self.log.exists() else 0
        else:
            self._report(say)
        now = time.monotonic()
        if self._process is not None:
            code = self._process.poll()
            if code is None:
                if now - self._started > _STABLE_SECONDS:
                    self.failures = 0
                return
            children.bury(self._process)
            self._process = None
            pause = min(0.25 * 2**self.failures, _LONGEST_PAUSE)
            self.failures += 1
            self._next = now + pause
            say(f"{self.name} s'est arrêté ({_reason(code)}) ; il repart. Journal : {self.log}")
            if self.name == "beat":
                # A schedule file cut short by a kill would stop every new start; its content is only dates.
                for path in self.log.parent.parent.glob("beat-schedule*"):
                    path.unlink(missing_ok=True)
        elif now >= self._next:
            self.start()

    def ask(self) -> None:
        """Ask the process to end its work and stop."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                children.ask(self._process)

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def bury(self) -> None:
        """Kill what is left of the process and of its helpers."""
        if self._process is not None:
            children.bury(self._process)
            self._process = None

    def _report(self, say: Callable[[str], None]) -> None:
        """Repeat on the terminal the errors the process wrote to its log."""
        try:
            size = self.log.stat().st_size
        except FileNotFoundError:
            return
        if size < self._read:
            self._read = 0
        if size == self._read:
            return
        with self.log.open("rb") as stream:
            stream.seek(self._read)
            content = stream.read(200_000)
        self._read += len(content)
        now = time.monotonic()
        for line in content.decode("utf-8", "replace").splitlines():
            text = _TIME.sub("", line)[:300]
            if _TROUBLE.search(text) and now - self._said.get(text, -_SILENCE_SECONDS) >= _SILENCE_SECONDS:
                say(f"{self.name} : {text}")
                self._said = {key: when for key, when in self._said.items() if now - when < _SILENCE_SECONDS}
                self._said[text] = now


def stop_all(processes: list[Process], *, grace: float, hurry: Callable[[], bool]) -> None:
    """Ask all at once, wait ``grace`` seconds at most (none once ``hurry()``), then kill what is left."""
    for process in processes:
        process.ask()
    end = time.monotonic() + grace
    while any(process.running() for process in processes) and time.monotonic() < end and not hurry():
        time.sleep(0.05)
    for process in processes:
        process.bury()


def _reason(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"code {code}"
