"""``manage.py check_rules``: judge the validation rules of every territory, at any time."""

from django.core.management.base import BaseCommand

from dashboards.services.build_all import ensure_all
from dashboards.services.checking import evaluate_all


class Command(BaseCommand):
    help = "Refait les contrôles de cohérence de tous les territoires, sur les derniers chiffres."

    def handle(self, **_: object) -> None:
        ensure_all()
        counts = list(evaluate_all())
        self.stdout.write(f"{len(counts)} territoires contrôlés, {sum(counts)} constats ouverts.")
