"""The launcher's only reader of the process environment (Django's own reader is ``spo_portal.env``)."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
DATA = PROJECT / ".local"

# Names that belong to another project when they come from the caller's shell.
_FOREIGN = (
    "DJANGO_SETTINGS_MODULE",
    "PGHOST",
    "PGPORT",
    "PGUSER",
    "PGDATABASE",
    "PGPASSWORD",
    "PGSERVICE",
    "PGOPTIONS",
)


@dataclass(frozen=True)
class Options:
    """What the caller may override; an empty value counts as absent."""

    port: int = 8000
    bind: str = ""
    database_url: str = ""
    redis_url: str = ""
    reference: str = ""
    seed_args: str = ""
    pg_bindir: str = ""
    role_urls: Mapping[str, str] = field(default_factory=dict)


def read() -> Options:
    """Options of this run; raises ValueError when PORT is not a port."""
    port = os.environ.get("PORT", "") or "8000"
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"PORT={port} n'est pas un numéro de port (1 à 65535).")
    return Options(
        port=int(port),
        bind=os.environ.get("BIND", ""),
        database_url=os.environ.get("DATABASE_URL", ""),
        redis_url=os.environ.get("REDIS_URL", ""),
        reference=os.environ.get("REFERENCE", ""),
        seed_args=os.environ.get("SEED_ARGS", ""),
        pg_bindir=os.environ.get("PG_BINDIR", ""),
        role_urls={
            role: value
            for role in ("owner", "web", "worker")
            if (value := os.environ.get(f"{role.upper()}_DATABASE_URL", ""))
        },
    )


def pg_bindir() -> str:
    """Directory of PostgreSQL binaries asked for by PG_BINDIR, or nothing."""
    return os.environ.get("PG_BINDIR", "")


def inherited(**changes: str) -> dict[str, str]:
    """Environment of a child of the portal: the caller's, without what is foreign, plus ``changes``."""
    values = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    # `python` in the Procfile is the one that runs the supervisor.
    own = str(Path(sys.executable).parent)
    values["PATH"] = os.pathsep.join([own, values.get("PATH", "") or os.defpath])
    values["PYTHONUNBUFFERED"] = "1"
    return values | changes


def bare() -> dict[str, str]:
    """Environment of a database server: nothing of the caller's but the search path."""
    return {"PATH": os.environ.get("PATH", "") or os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
