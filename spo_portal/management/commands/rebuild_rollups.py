"""``manage.py rebuild_rollups``: every figure again from the fiches, cell by cell."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from dashboards.services.rebuild import cells, rebuild


class Command(BaseCommand):
    help = "Recompte tous les chiffres à partir des fiches."

    def handle(self, **options: Any) -> None:
        todo = cells(timezone.localdate())
        last = -1
        for done in rebuild(todo):
            percent = done * 100 // len(todo)
            if percent != last and self.stdout.isatty():
                self.stdout.write(f"\r{percent:3} %  {done} / {len(todo)}", ending="")
                last = percent
        self.stdout.write(f"{len(todo)} cases (lieu, mois) recomptées.")
