"""``manage.py seed_demo --seed N --territories N --fiches N``: same numbers, same demonstration."""

import dataclasses
import json
import os
from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from spo_portal.demo.seed import seed


class Command(BaseCommand):
    help = "Remplit le portail pour une démonstration (comptes et fiches fictifs)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=2013, help="même graine, mêmes fiches")
        parser.add_argument("--territories", type=int, default=34, help="nombre de territoires garnis")
        parser.add_argument("--fiches", type=int, default=14_000, help="nombre de fiches")

    def handle(self, **options: object) -> None:
        territories, fiches = int(str(options["territories"])), int(str(options["fiches"]))
        if not 1 <= territories <= 10_000 or not 0 <= fiches <= 20_000_000:
            raise CommandError("--territories va de 1 à 10 000, --fiches de 0 à 20 000 000.")
        seeded = seed(
            seed=int(str(options["seed"])), territories=territories, fiches=fiches, progress=self._progress
        )
        path = self._write([dataclasses.asdict(account) for account in seeded.accounts])
        self.stdout.write(
            f"{len(seeded.accounts)} comptes, {seeded.created} fiches ajoutées, {seeded.known} déjà là."
            f" Comptes : {path}"
        )

    def _progress(self, done: int, total: int) -> None:
        if self.stdout.isatty() and total:
            width = 30 * done // total
            self.stdout.write(f"\r  [{'#' * width}{'.' * (30 - width)}] {done} / {total} fiches ", ending="")
            self.stdout.flush()
            if done >= total:
                self.stdout.write("")

    def _write(self, accounts: list[dict[str, object]]) -> Path:
        path = Path(settings.DATA_DIR) / "demo_accounts.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps(accounts, ensure_ascii=False, indent=1), encoding="utf-8")
        temporary.chmod(0o600)
        os.replace(temporary, path)
        return path
