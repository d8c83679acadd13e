"""``manage.py rebuild_rollups``: every figure again from the fiches, several territories at a time."""

import os
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dashboards.services.rebuild import rebuild, territories

WIDTH = 30


class Command(BaseCommand):
    help = "Recompte tous les chiffres à partir des fiches, territoire par territoire."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--processes",
            type=int,
            default=0,
            help="territoires recomptés à la fois (sans réponse : autant que de processeurs)",
        )

    def handle(self, **options: Any) -> None:
        processes = int(options.get("processes") or os.cpu_count() or 1)
        if processes < 1:
            raise CommandError("--processes est un nombre à partir de 1.")
        today = timezone.localdate()
        todo = territories(today)
        total = sum(fiches + 1 for _, fiches in todo)
        started, done, fiches_done = time.monotonic(), 0, 0
        for number, (_, fiches) in enumerate(rebuild(todo, today, processes=processes), 1):
            done, fiches_done = done + fiches + 1, fiches_done + fiches
            self._progress(number, len(todo), done / total, time.monotonic() - started)
        self.stdout.write(f"{len(todo)} territoires recomptés, {fiches_done} fiches.")

    def _progress(self, number: int, count: int, share: float, seconds: float) -> None:
        """A bar on a terminal; elsewhere a line at each tenth."""
        left = seconds * (1 - share) / share
        text = f"{share:4.0%}  {number} / {count} territoires, encore {left:.0f} s"
        if self.stderr.isatty():
            filled = round(WIDTH * share)
            bar = "#" * filled + "." * (WIDTH - filled)
            self.stderr.write(f"\r[{bar}] {text}   ", ending="" if number < count else "\n")
            self.stderr.flush()
        elif number == count or number * 10 // count != (number - 1) * 10 // count:
            self.stderr.write(text)
