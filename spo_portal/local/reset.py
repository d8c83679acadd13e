"""`make reset`: forget the local data, keep the keys and the passwords of given servers."""

import contextlib
from pathlib import Path

from spo_portal.local import environment, files, state
from spo_portal.local.environment import Options
from spo_portal.local.errors import LauncherError

# A later start on the same given server needs the passwords made for its roles.
_KEPT = {"secrets.json", "secrets.lock", "demo.lock"}


def run(options: Options, directory: Path = environment.DATA) -> int:
    """Erase what `make demo` and `make test` made; refused while the portal runs."""
    if not directory.exists():
        print("Rien à effacer.")
        return 0
    try:
        with files.locked(directory / "demo.lock", wait=False):
            _erase(directory)
    except BlockingIOError:
        where = state.address(directory)
        print(f"Le portail{f' ({where})' if where else ''} ou des tests tournent : arrêtez-les d'abord.")
        return 1
    print("Données locales effacées. « make demo » repart de zéro.")
    if options.database_url:
        print("La base de DATABASE_URL n'a pas été touchée.")
    return 0


def _erase(directory: Path) -> None:
    from spo_portal.local import servers

    with contextlib.ExitStack() as locks:
        folders = [folder for folder in (*directory.glob("test*"), directory / "bench") if folder.is_dir()]
        for folder in folders:
            locks.enter_context(files.locked(folder / "run.lock", wait=False))
        for folder in (directory, *folders):
            # Without binaries nothing can run, and there is nothing to stop.
            with contextlib.suppress(LauncherError):
                servers.stop(folder)
            files.remove(files.closed_home(folder))
    for path in directory.iterdir():
        if path.name not in _KEPT:
            files.remove(path)
