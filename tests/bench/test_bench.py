"""The bench stays alive: every measure runs at a tiny scale, on its own database, with real processes."""

import subprocess
import sys
from pathlib import Path

from spo_portal.local import environment
from tests.bench import start_measure
from tests.bench.report import Report, quantile, words


def test_every_measure_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--petit", "fiche", "page", "pdf", "export", "delai"],
        cwd=environment.PROJECT,
        env=environment.inherited(DATA_DIR=str(tmp_path)),
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    for title in ("1. Enregistrer", "2. Page", "3. Fiche en PDF", "4. Export", "5. De la fiche aux chiffres"):
        assert title in done.stdout
    # A floor beside each measure.
    assert done.stdout.count("plancher") >= 8


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
