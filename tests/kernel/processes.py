"""Real processes for the fault tests, on the test database, ended by their own id."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.db import connection

from spo_portal.local import state


def role_parts(role: str) -> dict[str, str]:
    """Login of a role to the test database: the cluster's own secrets when they are known."""
    given = connection.settings_dict
    known = (state.read(settings.DATA_DIR) or {}).get(role, "")
    secret = psycopg.conninfo.conninfo_to_dict(known).get("password", "") if known else given["PASSWORD"]
    parts = {
        "user": "postgres" if role == "admin" else f"spo_{role}",
        "host": given["HOST"], "port": given["PORT"], "password": str(secret or ""), "dbname": given["NAME"],
    }  # fmt: skip
    return {key: str(value) for key, value in parts.items() if value}


def database_url(role: str) -> str:
    parts = role_parts(role)
    secret = f":{quote(parts['password'], safe='')}" if "password" in parts else ""
    query = "&".join(f"{key}={quote(parts[key], safe='')}" for key in ("host", "port") if key in parts)
    return f"postgresql://{parts['user']}{secret}@/{parts['dbname']}?{query}"


def spawn(arguments: list[str], *, folder: Path, **environment: str) -> subprocess.Popen[bytes]:
    """A Python process of the portal, leader of its own group, its output in ``folder``."""
    with (folder / "process.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "spo_portal.settings.test", **environment},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def kill(process: subprocess.Popen[bytes]) -> None:
    """``kill -9`` of the process and of its children: no time to say goodbye."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def wait_for(condition: Callable[[], bool], *, seconds: float) -> float:
    """Seconds until ``condition`` holds; fails when it takes longer than ``seconds``."""
    start = time.monotonic()
    while not condition():
        if time.monotonic() - start > seconds:
            raise AssertionError(f"not within {seconds} s")
        time.sleep(0.05)
    return time.monotonic() - start
