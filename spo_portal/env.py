"""The only reader of the process environment.

A missing name stops the start with a sentence saying what to set; nothing else in the portal
reads ``os.environ``.
"""

import os
import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_REQUIRED = object()
_TRUE = {"1", "true", "yes", "oui", "on"}


def text(name: str, default: object = _REQUIRED, *, hint: str = "") -> str:
    """Value of the variable ``name``; without a default a missing one stops the start with ``hint``."""
    value = os.environ.get(name, "")
    if value:
        return value
    if default is _REQUIRED:
        raise ImproperlyConfigured(f"Environment variable {name} is missing. {hint}".strip())
    return str(default)


def flag(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, "")
    return value.strip().lower() in _TRUE if value else default


def integer(name: str, default: int) -> int:
    """A whole number, zero or more."""
    value = os.environ.get(name, "")
    try:
        number = int(value) if value else default
        if number < 0:
            raise ValueError("negative")
        return number
    except ValueError as error:
        raise ImproperlyConfigured(
            f"Environment variable {name} must be a whole number, zero or more, not {value!r}."
        ) from error


def words(name: str, default: str = "") -> list[str]:
    """Comma-separated values, blanks dropped."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def tiles(value: str) -> str:
    """Address of the tiles of a map: https, with {z}, {x} and {y}; or nothing."""
    address = re.fullmatch(r"https://[a-z0-9.-]+(:[0-9]+)?/[^\s;,'\"]*", value)
    if value and not (address and all(mark in value for mark in ("{z}", "{x}", "{y}"))):
        raise ImproperlyConfigured(
            f"MAP_TILES_URL must be an https address that holds {{z}}, {{x}} and {{y}}, not {value!r}."
        )
    return value


def path(name: str, default: Path) -> Path:
    return Path(text(name, default)).expanduser().resolve()


def database(url: str, *, pool_max: int = 0) -> dict[str, object]:
    """Django settings for ``postgresql://role:secret@host:port/name?host=/socket/dir``.

    A socket directory is accepted as ``?host=`` or as a percent-encoded host. ``pool_max`` > 0 keeps
    that many connections open in the process (then CONN_MAX_AGE must stay 0, which it does).
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must start with postgresql:// (PostgreSQL 15 or newer).")
    query = dict(parse_qsl(parts.query))
    options: dict[str, object] = {"connect_timeout": 5, "application_name": "spo_portal"}
    host = query.pop("host", "") or unquote(parts.hostname or "")
    port = query.pop("port", "") or str(parts.port or "")
    options.update(query)
    if pool_max:
        options["pool"] = {"min_size": 1, "max_size": pool_max, "timeout": 5, "max_lifetime": 600}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": port,
        "CONN_MAX_AGE": 0,
        # A pooled connection is tried before it serves: a database that came back costs no request its
        # answer.
        "CONN_HEALTH_CHECKS": bool(pool_max),
        "OPTIONS": options,
    }


def broker(url: str) -> str:
    """Celery's spelling of a Redis address: ``unix://`` becomes ``redis+socket://``."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    db = dict(parse_qsl(parts.query)).get("db", "0")
    return f"redis+socket://{parts.path}?virtual_host={db}"
