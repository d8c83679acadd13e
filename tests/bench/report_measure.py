"""Measure 4 ter: the annual report, warm and tagged, and fifteen of them by the job of a region."""

import contextlib
import io
import subprocess
import sys
import time
import uuid
import zipfile
from collections.abc import Iterator
from typing import Any
from unittest import mock

from django.db import transaction
from pypdf import PdfReader

from tests.bench.data import World
from tests.bench.pdf_measure import ask, recorded
from tests.bench.place import PROJECT
from tests.bench.report import Report, median, quantile
from tests.bench.scale import Scale

_WORDS = (
    "Les équipes ont reçu plus de personnes que l’an dernier, surtout au printemps et à la rentrée. ",
    "Les permanences du mercredi ont été ouvertes sans rendez-vous dans deux lieux de plus. ",
    "Les demandes de financement restent les plus nombreuses après celles qui portent sur un métier. ",
    "Le comité a réuni quatre fois les réseaux, pour relire les fiches et préparer le forum d’octobre. ",
    "L’an prochain, les horaires du soir seront essayés dans les trois villes les plus peuplées. ",
)
# Characters under each part: some 25 pages in all; a few at the tiny scale.
_LENGTH, _SHORT = 3_600, 200


def reports(world: World, chosen: list[int], scale: Scale, report: Report) -> None:
    """One report again and again beside WeasyPrint alone on the same HTML, then the job of many."""
    from dashboards import jobs_report

    report.title("4 ter. Rapport annuel en PDF balisé")
    year = _write(chosen, _LENGTH if scale.warm_up else _SHORT)
    alone = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.weasy_alone"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PROJECT, text=True, bufsize=1,
    )  # fmt: skip
    ours: list[float] = []
    bare: list[float] = []
    pages = 0
    try:
        with _region_of(chosen), jobs_report.long_documents() as pool:
            for number in range(-1 if scale.warm_up else 0, scale.documents):
                started = time.perf_counter()
                made = _one(world, year, pool)
                spent = time.perf_counter() - started
                floor = ask(alone, recorded(lambda: _one(world, year, None)))
                pages = _pages(made)
                if pages != floor["pages"]:
                    raise RuntimeError(f"not the same document: {pages} and {floor['pages']} pages")
                if number >= 0:
                    ours.append(spent)
                    bare.append(floor["wall_ms"] / 1000)
    finally:
        assert alone.stdin is not None
        alone.stdin.close()
        alone.wait(10)
    report.row(f"un rapport de {pages} pages, p50", median(ours), "s", floor=median(bare))
    report.row(f"un rapport de {pages} pages, p50", median(ours), "s", most=3.5)
    report.row("le plus long", quantile(ours, 1), "s", floor=quantile(bare, 1))
    seconds, counted = _together(world, chosen, year)
    report.row(
        f"{len(counted)} rapports par le travail", seconds, "s", floor=median(bare) * sum(counted) / pages
    )
    report.row(f"{len(counted)} rapports par le travail", seconds, "s", most=35)
    report.note(
        f"deux processus de documents, démarrage compris, avec les classeurs ; {sum(counted)} pages,"
        f" de {min(counted)} à {max(counted)} par rapport ; plancher : autant de pages par un seul WeasyPrint"
    )


def _write(chosen: list[int], length: int) -> int:
    """A report with a long text under every part for each territory, of the last whole year."""
    from django.utils import timezone

    from dashboards.models import AnnualReport, ReportComment
    from dashboards.report_sections import COMMENTED
    from spo_portal.kernel.tenancy.scope import SYSTEM, scoped
    from territories.models import Territory

    year = timezone.localdate().year - 1
    label = "Coordinateur"
    with scoped(SYSTEM):
        for territory in Territory.objects.for_system().filter(pk__in=chosen):
            made, new = AnnualReport.objects.get_or_create(
                region_id=territory.region_id, territory=territory, year=year,
                defaults={"opened_by_label": label},
            )  # fmt: skip
            if new:
                ReportComment.objects.bulk_create(
                    ReportComment(report=made, section=part.key, text=_text(at, length), saved_by_label=label)
                    for at, part in enumerate(COMMENTED)
                )
    return year


def _text(start: int, length: int) -> str:
    said = ""
    while len(said) < length:
        said += "".join(_WORDS[(start + place) % len(_WORDS)] for place in range(4)).strip() + "\n\n"
    return said.strip()


def _one(world: World, year: int, pool: Any) -> bytes:
    """What the job of one report does: read, compose, lay out."""
    from dashboards.documents.report_pdf import document_pdf, ground_for
    from dashboards.models import AnnualReport
    from dashboards.services.report_compose import compose
    from territories.models import Territory

    with transaction.atomic():
        by = _actor(world.coordinator.email)
        territory = Territory.objects.steered_by(by).select_related("region").get()
        found = AnnualReport.objects.visible_to(by).get(territory=territory, year=year)
        document = compose(by=by, territory=territory, year=year, report=found)
        ground, names = ground_for(by=by, region=territory.region)
    return document_pdf(document, region=territory.region, ground=ground, names=names, using=pool).pdf


def _together(world: World, chosen: list[int], year: int) -> tuple[float, list[int]]:
    """Seconds of the region's own job and pages of each report."""
    from dashboards import jobs_report
    from spo_portal.kernel import jobs
    from spo_portal.kernel.models import FileChunk, Job
    from spo_portal.kernel.tenancy.scope import SYSTEM, scoped

    with transaction.atomic():
        by = _actor(world.animation.email)
        title = f"Rapports {year}, mesure {uuid.uuid4()}"
        asked = jobs.enqueue(by=by, kind=jobs_report.REPORTS_ALL, title=title, params={"annee": year})
    started = time.perf_counter()
    with _region_of(chosen):
        jobs.run_pending()
    spent = time.perf_counter() - started
    with scoped(SYSTEM):
        job = Job.objects.get(pk=asked.pk)
        if job.state != "fini":
            raise RuntimeError(f"the job of the reports: {job.state} {job.error}")
        pieces = FileChunk.objects.filter(file_id=job.result_id).order_by("position")
        data = b"".join(bytes(piece.content) for piece in pieces)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        pages = [_pages(archive.read(name)) for name in archive.namelist() if name.endswith(".pdf")]
    if len(pages) != len(chosen):
        raise RuntimeError(f"{len(pages)} reports for {len(chosen)} territories")
    return spent, pages


@contextlib.contextmanager
def _region_of(chosen: list[int]) -> Iterator[None]:
    """The region as it would be with these territories only: its maps and its job know no other."""
    from territories.querysets import TerritoryQuerySet

    with contextlib.ExitStack() as stack:
        for name in ("steered_by", "visible_to"):
            before = getattr(TerritoryQuerySet, name)

            def held(rows: Any, actor: Any, before: Any = before) -> Any:
                return before(rows, actor).filter(pk__in=chosen)

            stack.enter_context(mock.patch.object(TerritoryQuerySet, name, held))
        yield


def _actor(email: str) -> Any:
    from spo_portal.kernel.tenancy.scope import SYSTEM, apply
    from territories.models import Membership
    from territories.scopes import open_for_membership

    apply(SYSTEM)
    membership = Membership.objects.get(user__email=email)
    return open_for_membership(membership.pk, membership.user_id)


def _pages(data: bytes) -> int:
    return len(PdfReader(io.BytesIO(data)).pages)
