"""Measure 4: the CSV export of one large site, against COPY of the same rows; a workbook, against xlsxwriter.

The site holds a tenth of the fiches: a million rows at ten million fiches.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from tests.bench import client
from tests.bench.data import PASSWORD, World
from tests.bench.place import PROJECT, Place
from tests.bench.report import Report, median
from tests.bench.scale import Scale

_COPY = (
    "COPY (SELECT reference, jour, canal, sexe, age, statut, demandes, reponses, reoriented, suite, suite_at,"
    " entry FROM contacts_fichecontact WHERE site_id = {site} ORDER BY jour DESC, id DESC)"
    " TO STDOUT WITH (FORMAT csv)"
)


def export(place: Place, world: World, port: int, web_pid: int, scale: Scale, report: Report) -> None:
    """Rows per second over HTTP and the web processes' peak of memory, export and COPY interleaved."""
    report.title("4. Export CSV des fiches d’un lieu")
    browser = client.Browser(port)
    browser.log_in(world.referent.email, PASSWORD)
    browser.open("GET", "/fiches/")
    ours, floor, peaks, rows = [], [], [], 0
    with psycopg.connect(place.worker, autocommit=True) as connection:
        connection.execute("SELECT set_config('app.system', '1', false)")
        before = _peak(web_pid)
        for _ in range(scale.exports):
            started, rows, tail = time.perf_counter(), 0, b""
            for block in browser.download("/fiches/export.csv"):
                rows += block.count(b"\n")
                tail = block
            ours.append((rows - 1) / (time.perf_counter() - started))
            if not tail.endswith(b"\n"):
                raise RuntimeError("the export was cut")
            peaks.append(_peak(web_pid))
            started, copied = time.perf_counter(), 0
            with connection.cursor().copy(_COPY.format(site=int(world.referent.site_id or 0))) as copy:
                for data in copy:
                    copied += bytes(data).count(b"\n")
            floor.append(copied / (time.perf_counter() - started))
            if copied != rows - 1:
                raise RuntimeError(f"{rows - 1} rows exported, {copied} in the table")
    report.row("lignes par seconde", median(ours), "lignes", floor=median(floor), least_ratio=0.5)
    report.row("mémoire du serveur, pic", max(peaks), "Mo", floor=before, most=None)
    report.row("mémoire du serveur, pic", max(peaks), "Mo", most=150)
    report.note(f"{rows - 1} lignes ; plancher de la mémoire : le pic du même processus avant l’export")


def workbook(scale: Scale, report: Report) -> None:
    """A workbook of ``scale.sheet_rows`` rows: fresh processes, ours and xlsxwriter alone in turn."""
    report.title("4 bis. Classeur XLSX")
    made: dict[str, list[dict[str, float]]] = {"ours": [], "bare": []}
    for _ in range(scale.exports):
        for which, found in made.items():
            done = subprocess.run(
                [sys.executable, "-m", "tests.bench.xlsx_alone", which, str(scale.sheet_rows)],
                cwd=PROJECT, capture_output=True, text=True, check=True,
            )  # fmt: skip
            found.append(json.loads(done.stdout))
    seconds = {which: median([one["seconds"] for one in found]) for which, found in made.items()}
    report.row("processeur", seconds["ours"], "s", floor=seconds["bare"], most_ratio=1.3)
    report.row("mémoire, pic", max(one["peak"] for one in made["ours"]), "Mo", most=150)
    report.note(f"{scale.sheet_rows} lignes ; plancher : xlsxwriter seul, mêmes cellules, constant_memory")


def _peak(web_pid: int) -> float:
    """Largest peak of resident memory of one gunicorn worker, in megabytes (document processes left out)."""
    found = [0.0]
    for pid in _workers(web_pid):
        for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
            if line.startswith("VmHWM:"):
                found.append(int(line.split()[1]) / 1024)
    return max(found)


def _workers(web_pid: int) -> list[int]:
    """gunicorn processes below ``web_pid``."""
    pids, todo = [], [web_pid]
    while todo:
        pid = todo.pop()
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            todo += [int(child) for child in task.read_text("utf-8").split()]
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        if b"gunicorn" in command:
            pids.append(pid)
    return pids
