"""Jobs of the annual report: a draft, the signature, all the reports of a region, the synthesis.

Each opens the scope of its author, whose right is checked again, and can run twice. Documents are long: they
have a pool of their own, so that the desk's printed fiches never wait behind them.
"""

import datetime
import tempfile
import zipfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction

from dashboards.documents.report_book import workbook
from dashboards.documents.report_pdf import document_pdf, ground_for
from dashboards.models import AnnualReport, ReportVersion, Synthesis
from dashboards.permissions import Perm
from dashboards.report_blocks import Document
from dashboards.services import report_freeze, synthesis
from dashboards.services.report_compose import compose
from dashboards.services.synthesis_compose import compose_synthesis
from spo_portal.kernel import pdf
from spo_portal.kernel.jobs import JobRun
from spo_portal.kernel.tables import file_stem
from territories.access import Actor, get_visible_or_404, require
from territories.models import Region, Territory
from territories.scopes import open_for_membership

REPORT_PDF, REPORT_SIGN = "dashboards.report_pdf", "dashboards.report_sign"
REPORTS_ALL, SYNTHESIS = "dashboards.reports_all", "dashboards.synthesis"
PDF_TYPE, ZIP_TYPE = "application/pdf", "application/zip"
ERRORS = {
    "Conflict": "Le document a changé depuis votre demande. Rouvrez sa page, relisez, puis recommencez.",
    "Refused": "Une condition n’est plus remplie. Rouvrez la page du rapport : elle dit ce qui manque.",
    "Http404": "Ce territoire ou ce rapport n’est plus dans votre périmètre.",
}
# Two documents side by side: the machine's two cores, and no more.
SIDE_BY_SIDE = 2
_ZIP_IN_MEMORY, _PIECE = 64 * 1024 * 1024, 1 << 20
_MEMORY = 768 * 1024 * 1024


@dataclass(frozen=True)
class Ready:
    """A document to draw, apart from the database."""

    name: str
    document: Document
    digest: str = ""


@contextmanager
def author(run: JobRun) -> Iterator[Actor]:
    """A transaction under the scope of who asked; a mandate that has ended gives no right any more."""
    with transaction.atomic():
        actor = open_for_membership(run.membership_id or 0, run.person_id)
        if actor.user is None:
            raise PermissionDenied
        yield actor


@contextmanager
def long_documents(children: int = 1) -> Iterator[pdf.Pool]:
    """Document processes for long texts: more time and memory than a fiche, gone with the job."""
    pool = pdf.Pool(pdf.Limits(children=children, queue=4, wait=300, seconds=120, memory=_MEMORY))
    try:
        yield pool
    finally:
        pool.close()


def report_pdf(run: JobRun) -> None:
    """A draft of one report: what would be signed if it were signed now."""
    run.progress(0, 2, "Lecture des chiffres")
    with author(run) as by:
        require(by, Perm.READ_REPORT)
        territory = _territory(by, run.params["territoire"])
        report = _report(by, territory, run.params["annee"])
        document = compose(by=by, territory=territory, year=run.params["annee"], report=report)
        region, (ground, names) = territory.region, ground_for(by=by, region=territory.region)
    run.progress(1, 2, "Mise en pages")
    with long_documents() as pool:
        made = document_pdf(document, region=region, ground=ground, names=names, using=pool)
    run.attach(f"{stem(document)}-projet.pdf", PDF_TYPE, [made.pdf])


def report_sign(run: JobRun) -> None:
    """The signature: the version is drawn and stored, and the state changes, together or not at all."""
    run.progress(0, 3, "Lecture des chiffres")
    with long_documents() as pool, author(run) as by:
        report = get_visible_or_404(AnnualReport.objects.all(), by, pk=run.params["rapport"])
        if report.is_signed and _signed_by(run, report):
            return
        day = datetime.date.fromisoformat(run.params["reunion"])
        locked, drawing = report_freeze.frozen_document(
            by=by, report=report, meeting_on=day, mark=run.params["contenu"]
        )
        ground, names = ground_for(by=by, region=locked.region)
        run.progress(1, 3, "Mise en pages")
        made = document_pdf(
            drawing.document,
            region=locked.region,
            ground=ground,
            names=names,
            digest=drawing.digest,
            using=pool,
        )
        run.progress(2, 3, "Version figée")
        drawn = report_freeze.Drawn(made.pdf, made.pages, workbook(drawing.document))
        report_freeze.freeze(by=by, report=locked, meeting_on=day, drawing=drawing, drawn=drawn)
    run.attach(f"{stem(drawing.document)}-v{drawing.number}.pdf", PDF_TYPE, [made.pdf])


def _signed_by(run: JobRun, report: AnnualReport) -> bool:
    """True when an earlier run of this job has signed already: it was stopped after its transaction."""
    return bool(report.signed_at and report.signed_at >= run.started_at - datetime.timedelta(hours=1))


def reports_all(run: JobRun) -> None:
    """Every territory of the region in one file: signed versions as they are, drafts drawn two at a time."""
    year = run.params["annee"]
    with author(run) as by:
        require(by, Perm.READ_REPORTS)
        region = Region.objects.get(pk=by.region_id)
        territories = list(Territory.objects.steered_by(by).filter(region=region))
        ground, names = ground_for(by=by, region=region)
        reports = {
            r.territory_id: r for r in AnnualReport.objects.visible_to(by).filter(year=year, region=region)
        }
    total = len(territories)
    with (
        tempfile.SpooledTemporaryFile(max_size=_ZIP_IN_MEMORY) as target,
        long_documents(SIDE_BY_SIDE) as pool,
        ThreadPoolExecutor(SIDE_BY_SIDE) as hands,
    ):
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            waiting: list[tuple[Ready, Future[pdf.Rendered]]] = []
            for done, territory in enumerate(territories):
                run.progress(max(0, done - len(waiting)), total, f"Rapport de {territory.name}")
                if _add_signed(run, archive, reports.get(territory.pk)):
                    continue
                ready = _ready(run, territory, year, reports.get(territory.pk))
                waiting.append(
                    (
                        ready,
                        hands.submit(
                            document_pdf,
                            ready.document,
                            region=region,
                            ground=ground,
                            names=names,
                            using=pool,
                        ),
                    )
                )
                if len(waiting) > SIDE_BY_SIDE:
                    _add(archive, *waiting.pop(0))
            for left, (ready, drawing) in enumerate(waiting):
                run.progress(total - len(waiting) + left, total, f"Rapport de {ready.document.place}")
                _add(archive, ready, drawing)
        run.progress(total, total, "Fichier prêt")
        target.seek(0)
        run.attach(
            f"rapports-{year}-{file_stem(region.name)}.zip", ZIP_TYPE, iter(lambda: target.read(_PIECE), b"")
        )


def _ready(run: JobRun, territory: Territory, year: int, report: AnnualReport | None) -> Ready:
    """One short transaction per report: no long one holds old rows for the whole job."""
    with author(run) as by:
        fresh = get_visible_or_404(Territory.objects.select_related("region"), by, pk=territory.pk)
        document = compose(by=by, territory=fresh, year=year, report=report)
    return Ready(f"{stem(document)}-projet", document)


def _add(archive: zipfile.ZipFile, ready: Ready, drawing: "Future[pdf.Rendered]") -> None:
    archive.writestr(f"{ready.name}.pdf", drawing.result().pdf)
    archive.writestr(f"{ready.name}-tableaux.xlsx", workbook(ready.document))


def _add_signed(run: JobRun, archive: zipfile.ZipFile, report: AnnualReport | None) -> bool:
    """A signed report goes in as it was signed, byte for byte."""
    if report is None or report.version_id is None or not report.is_signed:
        return False
    with author(run) as by:
        version = ReportVersion.objects.visible_to(by).defer("data").get(pk=report.version_id)
        name = f"{file_stem(f'rapport {report.year} {names_of(by, report)}')}-v{version.number}"
    archive.writestr(f"{name}.pdf", bytes(version.pdf))
    archive.writestr(f"{name}-tableaux.xlsx", bytes(version.workbook))
    return True


def names_of(by: Actor, report: AnnualReport) -> str:
    return Territory.objects.visible_to(by).values_list("name", flat=True).get(pk=report.territory_id)


def synthesis_job(run: JobRun) -> None:
    """The regional synthesis: a draft, or (``figer``) its frozen version, which takes up the reports sent."""
    freezing = bool(run.params.get("figer"))
    run.progress(0, 3, "Lecture des rapports")
    with long_documents() as pool, author(run) as by:
        require(by, Perm.SYNTHESISE if freezing else Perm.READ_REPORTS)
        found = get_visible_or_404(Synthesis.objects.select_related("region"), by, pk=run.params["synthese"])
        if freezing and not found.is_open:
            return
        region = found.region
        ground, names = ground_for(by=by, region=region)
        digest, number = "", 0
        if freezing:
            found, drawing = synthesis.frozen_document(by=by, found=found)
            document, digest, number = drawing.document, drawing.digest, drawing.number
        else:
            document = compose_synthesis(by=by, synthesis=found)
        run.progress(1, 3, "Mise en pages")
        made = document_pdf(document, region=region, ground=ground, names=names, digest=digest, using=pool)
        if freezing:
            run.progress(2, 3, "Version figée")
            drawn = report_freeze.Drawn(made.pdf, made.pages, workbook(document))
            synthesis.freeze(by=by, found=found, drawing=drawing, drawn=drawn)
    ending = f"v{number}" if freezing else "projet"
    run.attach(f"{stem(document)}-{ending}.pdf", PDF_TYPE, [made.pdf])


def stem(document: Document) -> str:
    """Name of the file: « rapport-2026-lille », « synthese-2026-nord-pas-de-calais »."""
    return file_stem(f"{document.kind} {document.year} {document.place}")


def _territory(by: Actor, pk: int) -> Territory:
    return get_visible_or_404(Territory.objects.steered_by(by).select_related("region"), by, pk=pk)


def _report(by: Actor, territory: Territory, year: int) -> AnnualReport | None:
    return AnnualReport.objects.visible_to(by).filter(territory=territory, year=year).first()
