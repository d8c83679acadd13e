"""``python -m tests.bench [measure…] [--petit]``: every measure beside its floor. Run by ``make bench``."""

import argparse
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import django
from django.db import connections
from django.utils import timezone

from tests.bench import place as places
from tests.bench.place import Place
from tests.bench.report import Report
from tests.bench.scale import FULL, TINY, Scale

NAMES = {
    "fiche": "enregistrer une fiche",
    "page": "pages du territoire et de la région",
    "pdf": "fiche en PDF",
    "export": "export CSV",
    "classeur": "classeur XLSX",
    "rapport": "rapport annuel, seul et par quinze",
    "ami": "dossiers d’un appel et fiche de décision",
    "annuaire": "annuaire public de 40 000 lieux",
    "couverture": "couverture par le label, sur les mêmes lieux",
    "delai": "de la fiche aux chiffres",
    "chiffres": "chiffres de 340 territoires",
    "demarrage": "démarrages de make demo",
}
SERVED = {"fiche", "page", "export", "rapport", "ami", "delai"}
# These read releases.
RELEASED = {"page", "rapport"}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("mesures", nargs="*", help=", ".join(NAMES))
    parser.add_argument("--complet", action="store_true", help="les chiffres sur dix millions de fiches")
    parser.add_argument("--petit", action="store_true", help="à toute petite échelle, pour vérifier le banc")
    parser.add_argument(
        "--reprendre", action="store_true", help="garde et reprend la base et l'environnement"
    )
    given = parser.parse_args(arguments)
    wanted = given.mesures or list(NAMES)
    unknown = [name for name in wanted if name not in NAMES]
    if unknown:
        print(f"Mesure inconnue : {', '.join(unknown)}. Mesures : {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    report = Report()
    if "chiffres" in wanted:
        # On a database of its own, hence in a process of its own.
        size = ["--fiches", "4000"] if given.petit else ["--complet"] if given.complet else []
        size += ["--reprendre"] if given.reprendre else []
        subprocess.run([sys.executable, "-m", "tests.bench.figures_measure", *size], check=True)
        wanted = [name for name in wanted if name != "chiffres"]
        if not wanted:
            # That process has said what it held and missed.
            return 0
    run(wanted, TINY if given.petit else FULL, report, fast=given.reprendre)
    missed = report.missed()
    report.say("\nTous les objectifs sont tenus." if not missed else "\nObjectifs manqués :")
    for line in missed:
        report.say(f"  {line}")
    # Never a failure: these are observations of one machine, not assertions.
    return 0


def run(wanted: list[str], scale: Scale, report: Report, *, fast: bool = False) -> None:
    """Prepare what the wanted measures need, run them in order, clean up."""
    if set(wanted) & SERVED == {"ami"}:
        # The files of a call ask for no fiche: a few are there for the accounts.
        scale = replace(scale, fiches=min(scale.fiches, 4_000), copies=1, places=0)
    place = places.from_environment(
        f"spo_bench_{scale.fiches}", Path(os.environ["DATA_DIR"]), small=scale.fiches < 10_000
    )
    own = places.from_environment(
        f"spo_bench_annuaire_{scale.directory}", place.folder, small=scale.directory < 10_000
    )
    # This process reads as the worker, in the measuring database.
    os.environ |= {"DATABASE_URL": place.worker, "DJANGO_SETTINGS_MODULE": "spo_portal.settings.local"}
    django.setup()
    from tests.bench import annuaire_measure, couverture_measure, export_measure, pdf_measure, start_measure

    if set(wanted) & SERVED:
        try:
            _served(place, wanted, scale, report, keep=fast)
        finally:
            connections.close_all()
            if not fast:
                places.drop(place)
    if set(wanted) & {"annuaire", "couverture"}:
        try:
            annuaire_measure.prepare(own, scale, report, keep=fast)
            if "annuaire" in wanted:
                annuaire_measure.directory(own, scale, report)
            if "couverture" in wanted:
                couverture_measure.coverage(own, scale, report)
        finally:
            if not fast:
                places.drop(own)
    if "pdf" in wanted:
        pdf_measure.printed(scale, report)
    if "classeur" in wanted:
        export_measure.workbook(scale, report)
    if "demarrage" in wanted:
        start_measure.starts(report, fast=fast)


def _served(place: Place, wanted: list[str], scale: Scale, report: Report, *, keep: bool) -> None:
    """The measures that need the million fiches and a server."""
    from tests.bench import (
        ami_measure,
        data,
        export_measure,
        http_measures,
        lag_measure,
        page_measure,
        releases,
        report_measure,
    )

    kept = keep and places.exists(place)
    if kept:
        place.manage("migrate", "--no-input", "--verbosity", "0")
    else:
        report.step("Base de mesure")
        places.create(place)
    report.step(f"{scale.fiches} fiches" + (" (gardées)" if kept else ""))
    today = timezone.localdate()
    world = (
        data.find(place)
        if kept
        else data.fill(place, fiches=scale.fiches, today=today, copies=scale.copies, places=scale.places)
    )
    chosen: list[int] = []
    if set(wanted) & RELEASED:
        report.step("Publications")
        real = scale.reports if "rapport" in wanted else 1
        chosen = releases.publish(place, world, real=real, today=today)
    report.step("Mesures")
    port, bare_port = places.free_port(), places.free_port()
    with place.process("web", "web", port) as web, place.bare(bare_port):
        if "fiche" in wanted:
            http_measures.save(place, world, port, bare_port, scale, report)
        if "page" in wanted:
            page_measure.pages(place, world, port, bare_port, scale, report)
        if "export" in wanted:
            export_measure.export(place, world, port, web.pid, scale, report)
        if "rapport" in wanted:
            report_measure.reports(world, chosen, scale, report)
        if "ami" in wanted:
            ami_measure.calls(place, world, port, bare_port, scale, report)
        if "delai" in wanted:
            lag_measure.lag(place, world, port, scale, report)


if __name__ == "__main__":
    sys.exit(main())
