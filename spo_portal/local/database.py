"""Brings the demo's database up to date: migrations, reference and demo data, each only when needed."""

import hashlib
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from spo_portal.local import children
from spo_portal.local.environment import PROJECT
from spo_portal.local.errors import LauncherError

_SKIPPED = {"__pycache__", "tests", "docs", "staticfiles", "node_modules"}


class Steps:
    """The commands that prepare a database, and the note saying what was done.

    The note is the comment of django_migrations: it lives and dies with the data it speaks of.
    """

    def __init__(
        self, owner_url: str, environment: Mapping[str, str], *, reference: str, seed_args: str
    ) -> None:
        self.owner_url = owner_url
        self.environment = environment
        self.reference = Path(reference).expanduser().resolve() if reference else None
        self.seed_args = shlex.split(seed_args)
        if self.reference is not None and not self.reference.is_dir():
            raise LauncherError(f"REFERENCE={reference} n'est pas un dossier.")

    def run(self, say: Callable[[str], None]) -> None:
        """Migrate, load, seed; on a second start with the same code and data nothing is run."""
        note = self._note()
        code, data = _code(), _listing(self.reference) if self.reference else ""
        if note.get("code") != code or note.get("applied") != self._applied():
            say("Migration de la base")
            self._manage("migrate", "--no-input", "--verbosity", "0")
            note = self._note() | {"code": code, "applied": self._applied()}
            if not note.get("reference"):
                note["reference"] = None
            self._keep(note)
        # Without REFERENCE, what an earlier start loaded from a folder stays.
        loaded = note.get("reference")
        if loaded is None or (data and loaded != data):
            say(f"Référentiel : {self.reference or 'celui du projet'}")
            self._manage("load_reference", *([str(self.reference)] if self.reference else []))
            note["reference"] = data
            self._keep(note)
        if not note.get("seeded"):
            say("Données de démonstration")
            self._manage("seed_demo", *self.seed_args)
            self._keep(note | {"seeded": True})

    def _manage(self, *arguments: str) -> None:
        """Run a command of the portal as the owner of the tables, its progress on the terminal."""
        process = subprocess.Popen(
            [sys.executable, str(PROJECT / "manage.py"), *arguments],
            env=dict(self.environment),
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=children.tied(),
        )
        try:
            code = process.wait()
        finally:
            children.bury(process)
        if code != 0:
            raise LauncherError(f"« manage.py {' '.join(arguments)} » a échoué (code {code}).")

    def _note(self) -> dict[str, object]:
        with psycopg.connect(self.owner_url) as connection:
            row = connection.execute(
                "SELECT obj_description(to_regclass('public.django_migrations'), 'pg_class')"
            ).fetchone()
        try:
            note = json.loads(row[0]) if row and row[0] else {}
        except ValueError:
            return {}
        return note if isinstance(note, dict) else {}

    def _keep(self, note: Mapping[str, object]) -> None:
        with psycopg.connect(self.owner_url) as connection:
            connection.execute(
                sql.SQL("COMMENT ON TABLE public.django_migrations IS {}").format(
                    sql.Literal(json.dumps(note))
                )
            )

    def _applied(self) -> list[int]:
        """Number and last of the migrations applied: a migration made or undone by hand shows."""
        with psycopg.connect(self.owner_url) as connection:
            found = connection.execute("SELECT to_regclass('public.django_migrations')").fetchone()
            if found is None or found[0] is None:
                return []
            row = connection.execute(
                "SELECT count(*), coalesce(max(id), 0) FROM public.django_migrations"
            ).fetchone()
        return [int(value) for value in row] if row else []


def _code() -> str:
    """Fingerprint of everything a migration or a load may depend on."""
    folders = [folder for folder in sorted(PROJECT.iterdir()) if (folder / "__init__.py").exists()]
    listings = [_listing(folder) for folder in folders] + [_listing(PROJECT / "requirements.lock")]
    return hashlib.sha256("".join(listings).encode()).hexdigest()[:20]


def _listing(path: Path) -> str:
    """Fingerprint of a file or a folder: names, sizes and times."""
    digest = hashlib.sha256(os.fsencode(path))
    paths = [path] if path.is_file() else []
    for folder, names, leaves in os.walk(path):
        names[:] = sorted(name for name in names if name not in _SKIPPED and not name.startswith("."))
        paths += [Path(folder) / leaf for leaf in sorted(leaves)]
    for leaf in paths:
        found = leaf.stat()
        digest.update(f"{leaf}\0{found.st_size}\0{found.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:20]
