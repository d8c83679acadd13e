"""A bounded pool of capped document processes, spoken to over pipes; nothing reaches a disk.

Children are started with exec, never forked from this (threaded) process, and end by themselves when their
input closes: not with PR_SET_PDEATHSIG, which fires when the *thread* that started the child ends.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from spo_portal.kernel.errors import PortalError

logger = logging.getLogger("portal.pdf")

_FRAME = 12
_ROOT = Path(__file__).resolve().parents[2]
_MAX_ANSWER = 64 * 1024 * 1024
# Seconds given to an idle child to show that it lives.
_PING = 1.0


class PdfBusy(PortalError):
    """Every child is at work and the queue is full; a view answers 503 with ``Retry-After: retry_after``."""

    retry_after = 5

    def __init__(self) -> None:
        super().__init__("Trop de documents sont demandés en même temps. Recommencez dans quelques secondes.")


class PdfFailed(PortalError):
    """The document could not be made within its limits of time and memory; ``reason`` quotes no content."""

    def __init__(self, reason: str) -> None:
        super().__init__("Le document n’a pas pu être fabriqué. Raccourcissez les textes, puis recommencez.")
        self.reason = reason


@dataclass(frozen=True)
class Limits:
    """Caps of a pool: children, callers waiting, seconds waited and per document, bytes, documents each."""

    children: int = 1
    queue: int = 8
    wait: float = 5.0
    seconds: float = 10.0
    memory: int = 512 * 1024 * 1024
    documents: int = 500
    start: float = 60.0

    @classmethod
    def from_settings(cls) -> Limits:
        """Read PDF_CHILDREN, PDF_QUEUE, PDF_WAIT, PDF_SECONDS, PDF_MEMORY_MB, PDF_DOCUMENTS where set."""
        got = {
            name: getattr(settings, f"PDF_{name.upper()}")
            for name in ("children", "queue", "wait", "seconds", "documents")
            if hasattr(settings, f"PDF_{name.upper()}")
        }
        if hasattr(settings, "PDF_MEMORY_MB"):
            got["memory"] = settings.PDF_MEMORY_MB * 1024 * 1024
        return cls(**got)


def _frame(request: dict[str, Any], payload: bytes = b"") -> bytes:
    head = json.dumps(request).encode()
    return len(head).to_bytes(4, "big") + len(payload).to_bytes(8, "big") + head + payload


class _Child:
    """One document process and its two pipes."""

    def __init__(self, limits: Limits) -> None:
        self.made = 0
        self.ready = False
        self._limits = limits
        # A bare environment: no secret of the parent goes along. -B: no byte code written.
        kept = ("PATH", "HOME", "LD_LIBRARY_PATH", "FONTCONFIG_FILE", "FONTCONFIG_PATH", "VIRTUAL_ENV")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        environment |= {
            "PYTHONPATH": str(_ROOT),
            "MALLOC_ARENA_MAX": "1",
            "LANG": "C.UTF-8",
            "PYTHONUTF8": "1",
        }
        self.process = subprocess.Popen(
            [
                sys.executable, "-B", "-m", "spo_portal.kernel.pdf_child",
                str(limits.memory), str(int(limits.seconds) + 1),
            ],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            cwd="/", env=environment, close_fds=True, start_new_session=True, bufsize=0,
        )  # fmt: skip
        assert self.process.stdin is not None and self.process.stdout is not None  # noqa: S101, PT018
        self._in, self._out = self.process.stdin.fileno(), self.process.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)

    @property
    def alive(self) -> bool:
        """Say whether an idle child can still be used: a killed one has a closed output or an exit status."""
        return self.process.poll() is None

    def settle(self) -> bool:
        """Note, without waiting, whether the child has finished starting."""
        if not self.ready:
            poller = select.poll()
            poller.register(self._out, select.POLLIN)
            if poller.poll(0):
                with contextlib.suppress(PdfFailed):
                    self._wait_ready()
        return self.ready

    def _wait_ready(self) -> None:
        try:
            self._exchange(b"", time.monotonic() + self._limits.start)
        except PdfFailed as error:
            # Most often a missing system library: `python -m spo_portal.kernel.pdf_child 0 0` names it.
            raise PdfFailed(f"start ({error.reason})") from None
        self.ready = True

    def answers(self) -> bool:
        """Say whether an idle child still answers: one just killed may not look dead yet."""
        if not self.ready:
            return self.alive
        try:
            self._exchange(_frame({"ping": True}), time.monotonic() + _PING)
        except PdfFailed:
            return False
        return True

    def ask(self, request: dict[str, Any], payload: bytes) -> tuple[dict[str, Any], bytes]:
        """Send one request and return its answer, within the document's time."""
        if not self.ready:
            self._wait_ready()
        self.made += 1
        return self._exchange(_frame(request, payload), time.monotonic() + self._limits.seconds)

    def _exchange(self, data: bytes, deadline: float) -> tuple[dict[str, Any], bytes]:
        todo, got, need = memoryview(data), bytearray(), _FRAME
        poller = select.poll()
        poller.register(self._out, select.POLLIN)
        if todo:
            poller.register(self._in, select.POLLOUT)
        while len(got) < need:
            left = deadline - time.monotonic()
            if left <= 0:
                raise PdfFailed("time")
            for descriptor, _ in poller.poll(left * 1000):
                if descriptor == self._in:
                    try:
                        todo = todo[os.write(self._in, todo[:65536]) :]
                    except BrokenPipeError:
                        raise PdfFailed("ended") from None
                    if not todo:
                        poller.unregister(self._in)
                    continue
                chunk = os.read(self._out, 1 << 20)
                if not chunk:
                    raise PdfFailed("ended")
                got += chunk
                if need == _FRAME and len(got) >= _FRAME:
                    need += int.from_bytes(got[:4], "big") + int.from_bytes(got[4:12], "big")
                    if need > _MAX_ANSWER:
                        raise PdfFailed("size")
        head = _FRAME + int.from_bytes(got[:4], "big")
        return json.loads(got[_FRAME:head]), bytes(got[head:need])

    def kill(self) -> None:
        """End the child at once and reap it."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


class Pool:
    """At most ``limits.children`` processes, started when first needed; a bounded number of callers wait."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._free = threading.Condition()
        self._idle: list[_Child] = []
        self._busy = 0
        self._waiting = 0
        self._owner = os.getpid()

    def prewarm(self) -> None:
        """Start one child without waiting for it, so that the first document doesn't pay for its start."""
        with self._free:
            if not self._idle and not self._busy:
                self._idle.append(_Child(self.limits))

    def _take(self) -> _Child:
        deadline = time.monotonic() + self.limits.wait
        with self._free:
            if self._busy >= self.limits.children:
                if self._waiting >= self.limits.queue:
                    raise PdfBusy
                self._waiting += 1
                try:
                    while self._busy >= self.limits.children:
                        if not self._free.wait(deadline - time.monotonic()):
                            raise PdfBusy
                finally:
                    self._waiting -= 1
            self._busy += 1
            child = None
            if self._idle:
                # A child that has finished starting goes first, the last used one among them (warm caches).
                child = next((c for c in reversed(self._idle) if c.settle()), self._idle[-1])
                self._idle.remove(child)
        try:
            if child is not None and not child.answers():
                child.kill()
                child = None
            return child or _Child(self.limits)
        except OSError as error:
            self._give(None)
            raise PdfFailed("start") from error

    def _give(self, child: _Child | None) -> None:
        with self._free:
            self._busy -= 1
            if child is not None:
                self._idle.append(child)
            self._free.notify()

    def ask(self, request: dict[str, Any], payload: bytes) -> tuple[dict[str, Any], bytes]:
        """Have one request answered; a child that fails, overruns or has served enough is replaced."""
        child: _Child | None = self._take()
        assert child is not None  # noqa: S101
        try:
            answer, pdf = child.ask(request, payload)
        except BaseException as error:
            child = self._replace(child)
            if isinstance(error, PdfFailed):
                logger.warning("document refused: %s", error.reason)
            raise
        else:
            if "error" in answer or answer.get("retire") or child.made >= self.limits.documents:
                child = self._replace(child)
        finally:
            self._give(child)
        if "error" in answer:
            logger.warning("document refused: %s at %s", answer["error"], answer.get("where"))
            raise PdfFailed(str(answer["error"]))
        return answer, pdf

    def _replace(self, child: _Child) -> _Child | None:
        """End a child and start the next one now, while nobody waits for it."""
        child.kill()
        try:
            return _Child(self.limits)
        except OSError:
            return None

    def pids(self) -> list[int]:
        """Return the processes of the idle children, for supervision and tests."""
        with self._free:
            return [child.process.pid for child in self._idle]

    def close(self) -> None:
        """End the idle children; those at work end with their document. A forked copy owns none."""
        if os.getpid() != self._owner:
            return
        with self._free:
            idle, self._idle = self._idle, []
        for child in idle:
            child.kill()
