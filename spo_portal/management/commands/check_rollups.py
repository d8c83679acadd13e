"""``manage.py check_rollups``: recount every figure from the fiches; exit 1 on a difference."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from dashboards.services.rebuild import cells, differences


class Command(BaseCommand):
    help = "Compare tous les chiffres à un recomptage des fiches. Code de sortie 1 s’il y a un écart."

    def handle(self, **options: Any) -> None:
        todo = cells(timezone.localdate())
        found = [difference for cell in todo for difference in differences(cell)]
        for d in found[:50]:
            self.stdout.write(
                f"lieu {d.site_id}, {d.month:%m/%Y}, {d.dimension} {d.value or '-'} :"
                f" {d.stored} au tableau, {d.counted} recomptés"
            )
        self.stdout.write(f"{len(todo)} cases vérifiées, {len(found)} écarts.")
        if found:
            sys.exit(1)
