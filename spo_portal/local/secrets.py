"""Keys generated once for a local installation and kept in .local/secrets.json (mode 0600)."""

import json
import secrets
from pathlib import Path

from spo_portal.local import files

_NAMES = ("SECRET_KEY", "CODE_KEY")


def read_or_create(directory: Path) -> dict[str, str]:
    """``SECRET_KEY`` and ``CODE_KEY``; another CODE_KEY would void the return codes in circulation."""
    stored = _read(directory)
    if all(stored.get(name) for name in _NAMES):
        return {name: stored[name] for name in _NAMES}
    with files.locked(directory / "secrets.lock"):
        stored = _read(directory)
        for name in _NAMES:
            stored.setdefault(name, secrets.token_urlsafe(48))
        _write(directory, stored)
    return {name: stored[name] for name in _NAMES}


def password(directory: Path, server: str, role: str) -> str | None:
    """Password kept for ``role`` on a server that was given by address."""
    return _read(directory).get(f"password {role} {server}")


def keep_password(directory: Path, server: str, role: str, value: str) -> None:
    with files.locked(directory / "secrets.lock"):
        _write(directory, _read(directory) | {f"password {role} {server}": value})


def _read(directory: Path) -> dict[str, str]:
    try:
        content = json.loads((directory / "secrets.json").read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _write(directory: Path, content: dict[str, str]) -> None:
    files.write_private(directory / "secrets.json", json.dumps(content, indent=1))
