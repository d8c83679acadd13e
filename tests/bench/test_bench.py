"""The bench stays alive: every measure runs at a tiny scale, on its own database, with real processes."""

import subprocess
import sys
from pathlib import Path

from spo_portal.local import environment
from tests.bench import start_measure
from tests.bench.report import Report, quantile, words


def test_every_measure_runs(tmp_path: Path) -> None:
    """Two runs side by side: the documents need neither the database nor the server."""
    plan = {"served": ["fiche", "page", "export", "rapport", "ami", "delai"], "printed": ["pdf", "classeur"]}
    runs = []
    for name, wanted in plan.items():
        variables = environment.inherited(DATA_DIR=str(tmp_path / name))
        command = [sys.executable, "-m", "tests.bench", "--petit", *wanted]
        runs.append(
            subprocess.Popen(
                command,
                cwd=environment.PROJECT,
                env=variables,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
    said = "".join(run.communicate(timeout=300)[0] for run in runs)
    assert [run.returncode for run in runs] == [0, 0], said[-6000:]
    for title in (
        "1. Enregistrer",
        "2. Pages",
        "région, ",
        "3. Fiche en PDF",
        "4. Export",
        "4 bis.",
        "4 ter.",
        "2 rapports par le travail",
        "5. De la fiche aux chiffres",
        "8. Appel",
    ):
        assert title in said
    # A floor beside each measure.
    assert said.count("plancher") >= 8


def test_a_copy_of_the_tree_holds_what_make_demo_needs() -> None:
    with start_measure.copy_of_tree() as tree:
        for name in ("Makefile", "Procfile", "manage.py", "requirements-local.lock", "scripts/setup"):
            assert (tree / name).is_file()
        assert not (tree / ".venv").exists()
        assert not (tree / ".local").exists()


def test_an_unknown_measure_is_refused() -> None:
    from tests.bench.__main__ import main

    assert main(["inconnue"]) == 2


def test_rows_say_whether_the_aim_was_met() -> None:
    report = Report(quiet=True)
    report.title("T")
    report.row("a", 3.0, "ms", floor=2.0, most_ratio=1.2)
    report.row("b", 3.0, "ms", floor=2.0, least_ratio=1.2)
    report.row("c", 3.0, "ms", most=2.0)
    report.row("d", 3.0, "ms", floor=2.0)
    assert report.missed() == ["T : a", "T : c"]
    assert quantile([1, 2, 3, 4], 0.5) in {2, 3}
    assert words(1234.5) == "1\u202f234"
