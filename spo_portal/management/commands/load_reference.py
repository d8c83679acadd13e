"""``manage.py load_reference [DIR]``: load the reference data, built in or from a directory."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from contacts.services.reference import load_lists_and_rules
from labelling.services.reference import load_label_history
from spo_portal.kernel import audit
from spo_portal.kernel.tenancy.scope import SYSTEM, scoped
from territories.access import SYSTEM_ACTOR
from territories.reference.reader import read_reference
from territories.services.reference import load_places
from territories.services.upsert import Summary


class _DryRun(Exception):
    """Rolls everything back on purpose."""


class Command(BaseCommand):
    help = "Charge le référentiel (régions, territoires, communes, réseaux, lieux, listes, règles)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "directory", nargs="?", help="dossier des fichiers ; sans lui, le référentiel intégré"
        )
        parser.add_argument("--dry-run", action="store_true", help="dit ce qui changerait, ne change rien")
        parser.add_argument("--quiet", action="store_true", help="ne dit que ce qui a été refusé")

    def handle(self, *, directory: str | None, dry_run: bool, quiet: bool, **_: object) -> None:
        folder = Path(directory) if directory else None
        if folder is not None and not folder.is_dir():
            raise CommandError(f"Le dossier {folder} n’existe pas.")
        reference = read_reference(folder)
        summary = Summary(reference.version, refusals=list(reference.refusals))
        try:
            with scoped(SYSTEM):
                regions = load_places(reference, summary)
                load_label_history(reference, regions, summary)
                load_lists_and_rules(reference, regions, summary)
                if dry_run:
                    raise _DryRun
                if summary.changes:
                    self._note(summary)
        except _DryRun:
            self.stdout.write("Essai à blanc : rien n’a été enregistré.")
        self._report(summary, quiet)

    def _note(self, summary: Summary) -> None:
        """Which version changed how many rows of each kind, and when: the trail keeps it 36 months."""
        counts = {kind: [t.added, t.changed] for kind, t in summary.tallies.items() if t.added or t.changed}
        audit.record(
            "territories.reference_loaded",
            by=SYSTEM_ACTOR,
            object_type="reference",
            object_id=summary.version,
            data={"changes": counts, "refused": len(summary.refusals)},
        )

    def _report(self, summary: Summary, quiet: bool) -> None:
        if not quiet:
            self.stdout.write(f"Référentiel, version {summary.version}")
            for kind, tally in summary.tallies.items():
                self.stdout.write(
                    f"  {kind:24} {tally.added:6} ajoutés {tally.changed:6} modifiés {tally.same:6} inchangés"
                )
        for refusal in summary.refusals:
            self.stdout.write(f"  refusé : {refusal}")
