"""What runs now, kept in .local/run.json (mode 0600): a command run by hand finds the servers there."""

import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path

from spo_portal.local import children, files
from spo_portal.local.environment import DATA

_NAME = "run.json"


def write(directory: Path, urls: Mapping[str, str], *, socket_path: str = "", address: str = "") -> None:
    """Save the addresses; ``socket_path`` is the embedded PostgreSQL's, whose answer proves that it runs."""
    content = {"pid": os.getpid(), "socket": socket_path, "address": address, "urls": dict(urls)}
    files.write_private(directory / _NAME, json.dumps(content, indent=1))


def read(directory: Path = DATA) -> dict[str, str] | None:
    """Addresses ``owner``, ``web``, ``worker``, ``admin``, ``test`` and ``redis`` of what runs, or None."""
    content = _content(directory)
    if content is None:
        return None
    path = str(content.get("socket", ""))
    running = _listens(path) if path else children.alive(_pid(content))
    urls = content.get("urls")
    return (
        {str(key): str(value) for key, value in urls.items()} if running and isinstance(urls, dict) else None
    )


def address(directory: Path = DATA) -> str:
    """Web address of the supervisor that runs, or nothing."""
    content = _content(directory)
    return str(content.get("address", "")) if content and children.alive(_pid(content)) else ""


def clear(directory: Path) -> None:
    """Forget what ran, unless another process has written since."""
    content = _content(directory)
    if content is not None and _pid(content) == os.getpid():
        (directory / _NAME).unlink(missing_ok=True)


def _content(directory: Path) -> dict[str, object] | None:
    try:
        content = json.loads((Path(directory) / _NAME).read_text("utf-8"))
    except (FileNotFoundError, PermissionError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _pid(content: Mapping[str, object]) -> int:
    pid = content.get("pid")
    return pid if isinstance(pid, int) and pid > 0 else 2**22 + 1


def _listens(path: str) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(path)
    except OSError:
        return False
    return True
