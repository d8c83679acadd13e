"""Places where the launcher's tests start real servers, emptied afterwards whatever happened."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from spo_portal.local import files, servers
from spo_portal.local.errors import LauncherError


@pytest.fixture
def place() -> Iterator[Path]:
    """A short, world-readable folder (pytest's own is closed, closed to a server's account)."""
    folder = Path(tempfile.mkdtemp(prefix="spo-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    clean(folder)


def clean(folder: Path) -> None:
    for data in {path.parent for path in folder.rglob("servers.lock")}:
        with contextlib.suppress(LauncherError):
            servers.stop(data)
        for base in {data, files.closed_home(data)}:
            files.remove(files.closed_home(data))
            for path in Path("/tmp").glob(f"spo-*-{files.fingerprint(base)}-*"):
                files.remove(path)
    shutil.rmtree(folder, ignore_errors=True)
