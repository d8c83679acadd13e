"""Measure 3: the recto-verso fiche, warm, against the same HTML through WeasyPrint alone."""

import base64
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from unittest import mock

from contacts import codes, documents
from spo_portal.kernel import pdf
from tests.bench.place import PROJECT
from tests.bench.report import Report, median, quantile
from tests.bench.scale import Scale
from tests.contacts import sheets


def sheet(number: int) -> documents.Sheet:
    """A fiche of two structures and one appointment; texts and code differ from one to the next."""
    import uuid

    return replace(
        sheets.VARIANTS["two-booked"][0],
        precisions=f"Souhaite travailler en cuisine, dossier {number}. Cherche une formation courte.",
        code=codes.derive(b"bench", uuid.uuid4(), 0),
    )


def printed(scale: Scale, report: Report) -> None:
    """Processor of the capped child and time on the clock of the caller, documents interleaved with the
    floor."""
    report.title("3. Fiche en PDF recto verso, balisée, à chaud")
    alone = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.weasy_alone"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PROJECT, text=True, bufsize=1,
    )  # fmt: skip
    ours_cpu, ours_wall, floor_cpu, floor_wall = [], [], [], []
    try:
        for number in range(-2 if scale.warm_up else -1, scale.rounds * scale.documents):
            asked = sheet(number)
            started = time.perf_counter()
            made = documents.fiche_document(asked)
            wall = (time.perf_counter() - started) * 1000
            bare = ask(alone, recorded(partial(documents.fiche_document, asked)))
            if made.pages != bare["pages"]:
                raise RuntimeError(f"not the same document: {made.pages} and {bare['pages']} pages")
            if number >= 0:
                ours_cpu.append(made.cpu_ms)
                ours_wall.append(wall)
                floor_cpu.append(bare["cpu_ms"])
                floor_wall.append(bare["wall_ms"])
    finally:
        assert alone.stdin is not None
        alone.stdin.close()
        alone.wait(10)
    report.row("processeur, p50", median(ours_cpu), "ms", floor=median(floor_cpu))
    report.row("processeur, p50", median(ours_cpu), "ms", most=180)
    report.row("processeur, p95", quantile(ours_cpu, 0.95), "ms", floor=quantile(floor_cpu, 0.95))
    report.row("durée, p50", median(ours_wall), "ms", floor=median(floor_wall))
    report.row("durée, p95", quantile(ours_wall, 0.95), "ms", floor=quantile(floor_wall, 0.95))
    report.note(
        "plancher : tout composé à chaque fois ; le portail réutilise le verso composé, propre à la région"
    )


def recorded(make: Callable[[], object]) -> dict[str, Any]:
    """What the portal sends to its document process when ``make`` runs, without sending it."""
    job: dict[str, Any] = {}

    def keep(
        candidates: Sequence[Sequence[pdf.Part]],
        *,
        stylesheets: Sequence[str] = (),
        assets: Mapping[str, bytes] | None = None,
        strict: bool = False,
        using: pdf.Pool | None = None,
    ) -> pdf.Rendered:
        job["html"] = [part.html[0] for part in candidates[0]]
        job["css"] = list(stylesheets)
        job["assets"] = {name: base64.b64encode(data).decode() for name, data in (assets or {}).items()}
        return pdf.Rendered(pdf=b"", pages=0, candidate=0, sizes=(), fits=True, cpu_ms=0)

    with mock.patch.object(pdf, "fit", keep):
        make()
    return job


def ask(process: subprocess.Popen[str], job: dict[str, Any]) -> dict[str, float]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(job) + "\n")
    process.stdin.flush()
    answer: dict[str, float] = json.loads(process.stdout.readline())
    return answer
