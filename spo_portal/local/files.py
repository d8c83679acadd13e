"""Files of the launcher: locks, private files, the account servers run as, short socket paths."""

import contextlib
import fcntl
import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spo_portal.local.environment import PROJECT
from spo_portal.local.errors import LauncherError

# sun_path holds 107 bytes on Linux and 103 on macOS; the longest name put in a folder is ".s.PGSQL.5432".
_LONGEST_SOCKET_FOLDER = 103 - len("/.s.PGSQL.5432")
_PLAIN = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+ ")


@dataclass(frozen=True)
class Account:
    """A system account a server runs as."""

    uid: int
    gid: int
    name: str


@contextlib.contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold an exclusive lock on ``path``; without ``wait`` a taken lock raises BlockingIOError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


def write_private(path: Path, content: str) -> None:
    """Replace ``path`` in one step, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(content)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def service_account(existing: Path | None = None) -> Account | None:
    """Account PostgreSQL runs as when the launcher is root (PostgreSQL refuses root); None otherwise.

    The owner of data already there, else the owner of the checkout, else ``postgres``, else ``nobody``.
    """
    if os.geteuid() != 0:
        return None
    owners = [path.stat().st_uid for path in (existing, PROJECT) if path is not None and path.exists()]
    for uid in owners:
        with contextlib.suppress(KeyError):
            if uid != 0:
                return _account(pwd.getpwuid(uid))
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return _account(pwd.getpwnam(name))
    raise LauncherError("PostgreSQL refuse root, et il n'y a ni compte « postgres » ni compte « nobody ».")


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def reachable(path: Path, account: Account | None) -> bool:
    """Whether ``account`` may walk to ``path`` and read it (without it: yes)."""
    if account is None:
        return True
    for folder in (path, *path.parents):
        found = folder.stat()
        if found.st_uid == account.uid:
            needed = stat.S_IXUSR | stat.S_IRUSR
        elif found.st_gid == account.gid:
            needed = stat.S_IXGRP | stat.S_IRGRP
        else:
            needed = stat.S_IXOTH | stat.S_IROTH
        if folder != path:
            needed &= stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
        if found.st_mode & needed != needed:
            return False
    return True


def fingerprint(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:10]


def closed_home(directory: Path) -> Path:
    """Root's folder for the data of a checkout that the servers' account can't walk to."""
    return Path("/var/lib/spo-portal-local") / fingerprint(directory)


def data_home(directory: Path, account: Account | None) -> Path:
    """Where servers keep data: ``directory``, or a root-owned folder when their account can't walk to it.

    A checkout in a closed home (0700) stays closed: no permission of a parent folder is ever changed.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if reachable(directory, account):
        return directory
    home = closed_home(directory)
    home.mkdir(mode=0o755, parents=True, exist_ok=True)
    for folder in (home, home.parent):
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022:
            raise LauncherError(f"{folder} devrait être un dossier de root, fermé en écriture aux autres.")
    return home


def private_folder(path: Path, account: Account | None = None) -> Path:
    """Create ``path`` with mode 0700 for ``account``; refuse one that somebody else put there."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700, parents=True)
        if account is not None:
            os.chown(path, account.uid, account.gid)
    found = path.lstat()
    owners = {account.uid} if account is not None else {os.geteuid()}
    if account is None and os.geteuid() == 0:
        owners.add(PROJECT.stat().st_uid)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners:
        raise LauncherError(f"{path} appartient à un autre compte : supprimez ce dossier, puis recommencez.")
    if stat.S_IMODE(found.st_mode) != 0o700:
        path.chmod(0o700)
    return path


def socket_folder(home: Path, name: str, account: Account | None = None) -> Path:
    """Private folder for a server's socket: beside its data, or a short one when that path is too long."""
    folder = home / name
    if len(os.fsencode(folder)) > _LONGEST_SOCKET_FOLDER or not set(str(folder)) <= _PLAIN:
        folder = Path("/tmp") / f"spo-{os.geteuid()}-{fingerprint(home)}-{name}"  # noqa: S108 (owner checked below)
    return private_folder(folder, account)


def give_back(directory: Path) -> None:
    """After a run as root in somebody's checkout, hand what root wrote in ``directory`` to that person."""
    owner = PROJECT.stat()
    if os.geteuid() != 0 or owner.st_uid == 0 or not directory.is_dir():
        return
    for folder, names, leaves in os.walk(directory):
        for path in (Path(folder), *(Path(folder) / leaf for leaf in leaves)):
            with contextlib.suppress(OSError):
                if path.lstat().st_uid == 0:
                    os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
        names[:] = [name for name in names if not (Path(folder) / name).is_symlink()]


def remove(path: Path) -> None:
    """Delete a file, a link or a tree; nothing there is fine."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)
