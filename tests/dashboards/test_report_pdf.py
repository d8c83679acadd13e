"""The document: nothing hidden gets out, tagged as it must be, frozen by a real worker, and its
fingerprints hold.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from itertools import pairwise

import openpyxl
import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from dashboards import jobs_report
from dashboards.documents.report_book import workbook
from dashboards.documents.report_pdf import document_pdf, ground_for
from dashboards.models import AnnualReport, ReportVersion, Synthesis
from dashboards.report_blocks import HIDDEN, Chart, Document, Table, canonical, fingerprint, thawed
from dashboards.report_sections import PARTS
from dashboards.services import report as service
from dashboards.services import synthesis
from dashboards.services.report_comments import save_comment
from dashboards.services.report_compose import compose
from dashboards.services.report_freeze import prepare_signature
from spo_portal.kernel import jobs, pdf
from spo_portal.kernel.models import Job
from tests.dashboards.report_world import MEETING, OPINION, YEAR, completed, make_releases, write_all
from tests.factories import World, make_world, system
from tests.kernel.jobs_by_hand import run_jobs, worker_role
from tests.kernel.pdf_tools import elements

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def pool() -> Iterator[pdf.Pool]:
    made = pdf.Pool(pdf.Limits(seconds=60, memory=768 * 1024 * 1024, wait=60))
    yield made
    made.close()


@pytest.fixture
def document(world: World) -> Document:
    make_releases(world)
    by = world.actor("coordinateur")
    report = write_all(by, world.lille)
    return compose(by=by, territory=world.lille, year=YEAR, report=report)


def drawn(world: World, document: Document, pool: pdf.Pool, digest: str = "") -> PdfReader:
    ground, names = ground_for(by=world.actor("coordinateur"), region=world.region)
    made = document_pdf(document, region=world.region, ground=ground, names=names, digest=digest, using=pool)
    return PdfReader(io.BytesIO(made.pdf))


def test_every_part_is_there_in_order_and_hidden_cells_stay_hidden(document: Document) -> None:
    assert [section.key for section in document.sections] == [part.key for part in PARTS]
    tables = {table.key: table for table in document.tables()}
    assert {row[0]: row[1] for row in tables["statut"].rows}["De inscrit"] == HIDDEN
    assert {row[0]: row[1] for row in tables["demandes"].rows}["Emploi"] == HIDDEN
    assert document.masked
    assert "-1" not in canonical(document).replace("-11", "")
    assert "-2," not in canonical(document)


def test_each_chart_has_its_table_twin(document: Document) -> None:
    for section in document.sections:
        keys = {block.key for block in section.blocks if isinstance(block, Table)}
        assert all(block.table in keys for block in section.blocks if isinstance(block, Chart))


def test_figures_come_from_the_outside_release_only(world: World) -> None:
    """With inside figures alone, the report has none: it leaves the territory."""
    from dashboards.models import Release

    make_releases(world)
    with system():
        Release.objects.for_system().update(audience="inside")
    by = world.actor("coordinateur")
    document = compose(by=by, territory=world.lille, year=YEAR)
    assert "420" not in canonical(document)


def test_a_frozen_text_gives_back_its_document_and_its_fingerprint(document: Document) -> None:
    text = canonical(document)
    assert canonical(thawed(text)) == text
    assert fingerprint(text) == hashlib.sha256(text.encode()).hexdigest()


def test_the_pdf_is_tagged(world: World, document: Document, pool: pdf.Pool) -> None:
    reader = drawn(world, document, pool)
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "fr"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == f"Rapport annuel d’activité {YEAR}, Lille"  # type: ignore[union-attr]
    assert b"pdfuaid" in root["/Metadata"].get_data()
    tags = elements(reader)
    kinds = [kind for kind, _ in tags]
    levels = [int(kind[2]) for kind in kinds if kind[:2] == "/H" and kind[2:].isdigit()]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    figures = [alt for kind, alt in tags if kind == "/Figure"]
    charts = sum(isinstance(b, Chart) for s in document.sections for b in s.blocks)
    assert len(figures) >= charts + 1
    assert all(len(alt) > 20 for alt in figures)
    assert kinds.count("/Table") >= len(document.tables())
    assert kinds.count("/TH") > kinds.count("/Table")
    assert kinds.count("/Caption") >= charts
    for page in reader.pages:
        assert "/StructParents" in page


def test_no_content_is_left_untagged(world: World, document: Document, pool: pdf.Pool) -> None:
    """Whatever shows text stands inside a marked content: tagged, or an artifact (headers, page numbers)."""
    from pypdf.generic import ContentStream

    reader = drawn(world, document, pool)
    for number, page in enumerate(reader.pages, 1):
        depth = 0
        for _, operator in ContentStream(page.get_contents(), reader).operations:
            if operator in (b"BDC", b"BMC"):
                depth += 1
            elif operator == b"EMC":
                depth -= 1
            elif operator in (b"Tj", b"TJ", b"'", b'"'):
                assert depth, f"page {number}: text outside any marked content"


def test_contents_headers_and_numbers_are_written(world: World, document: Document, pool: pdf.Pool) -> None:
    reader = drawn(world, document, pool)
    pages = [page.extract_text() for page in reader.pages]
    for number, part in enumerate(document.sections, 1):
        assert f"{number}. {part.title}" in pages[1]
        assert any(f"{number}. {part.title}" in text for text in pages[2:])
    assert f"Page 3 sur {len(pages)}" in pages[2]
    assert "Projet, non signé" in pages[2]
    assert "Tableau 1." in "".join(pages)


def test_a_long_name_and_a_signature_stay_on_the_page(
    world: World, document: Document, pool: pdf.Pool
) -> None:
    from dataclasses import replace

    digest = fingerprint(canonical(document))
    signature = {
        "version": 2,
        "reunion": "jeudi 12 février 2026",
        "le": "x",
        "par": "Coordinateur",
        "motif": "Un lieu manquait.",
    }
    long = replace(
        document,
        place="Pays de Bergues, Hondschoote et des Moulins de Flandre intérieure",
        signature=signature,
    )
    reader = drawn(world, long, pool, digest)
    text = " ".join("".join(page.extract_text() for page in reader.pages).split())
    assert "Moulins de Flandre intérieure" in text
    assert digest[:4] in text
    assert "Version 2" in text
    assert "Projet" not in text


def test_the_workbook_holds_the_same_values(document: Document) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(document)))
    tables = document.tables()
    assert len(book.sheetnames) == len(tables) + 1
    for name, table in zip(book.sheetnames, tables, strict=False):
        rows = list(book[name].iter_rows(values_only=True))
        assert [str(cell) for cell in rows[0]] == [column.label for column in table.columns]
        assert len(rows) == len(table.rows) + 1
    statuts = book[next(n for n in book.sheetnames if n.endswith(" statut"))]
    assert HIDDEN in {cell for row in statuts.iter_rows(values_only=True) for cell in row}
    assert workbook(document, ods=True)[:2] == b"PK"


# With a real worker: everything below commits.
@pytest.fixture
def committed(transactional_db: None) -> World:
    world = make_world()
    make_releases(world)
    return world


def ask_signature(world: World, report: AnnualReport) -> Job:
    by = world.actor("coordinateur")
    day, mark = prepare_signature(
        by=by, report=report, meeting_on=MEETING, opinion=OPINION, seen=_seen(report)
    )
    params = {"rapport": report.pk, "reunion": day.isoformat(), "contenu": mark}
    return jobs.enqueue(by=by, kind=jobs_report.REPORT_SIGN, title="Signature", params=params, total=3)


def _seen(report: AnnualReport) -> int:
    with system():
        return report.comments.filter(section="avis").values_list("version", flat=True).first() or 0


def fresh(report: AnnualReport) -> AnnualReport:
    with system():
        return AnnualReport.objects.for_system().get(pk=report.pk)


@pytest.mark.django_db(transaction=True)
def test_the_worker_signs_freezes_and_corrects(committed: World) -> None:
    """State, version and fingerprints together; then a correction, a second version, and the first still
    there.
    """
    world = committed
    with transaction.atomic():
        report = completed(world.actor("coordinateur"), world.lille)
        job = ask_signature(world, report)
    assert fresh(report).state == "complete"
    assert run_jobs() == 1
    with system():
        job = Job.objects.get(pk=job.pk)
        version = ReportVersion.objects.for_system().get()
    assert (job.state, job.error) == ("fini", "")
    assert job.file_name == f"rapport-{YEAR}-lille-v1.pdf"
    assert (fresh(report).state, fresh(report).version_id) == ("signe", version.pk)
    assert hashlib.sha256(bytes(version.pdf)).hexdigest() == version.pdf_sha256
    assert version.data_sha256 == fingerprint(version.data)
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(bytes(version.pdf))).pages)
    assert version.data_sha256[:4] in text
    assert OPINION in text
    assert json.loads(version.data)["signature"]["version"] == 1
    with transaction.atomic():
        by = world.actor("coordinateur")
        report = service.move(by=by, report=fresh(report), key="transmettre")
        report = service.move(by=by, report=report, key="corriger", reason="Un lieu manquait.")
        save_comment(by=by, report=report, section="annee", text="Texte corrigé.", seen=1)
        report = service.move(by=by, report=report, key="completer")
        ask_signature(world, report)
    assert run_jobs() == 1
    with system():
        second, first = ReportVersion.objects.for_system().order_by("-number")
    assert (second.number, second.parent_id, second.reason) == (2, first.pk, "Un lieu manquait.")
    assert bytes(first.pdf) == bytes(version.pdf)
    client = Client()
    client.force_login(world.users["coordinateur"])
    for piece, start in (
        ("rapport", b"%PDF"),
        ("tableaux", b"PK"),
        ("tableaux-ods", b"PK"),
        ("donnees", b"{"),
    ):
        answer = client.get(reverse("rapport_version_piece", args=[second.pk, piece]))
        assert answer.content.startswith(start), piece
    page = client.get(reverse("rapport_version", args=[second.pk])).content.decode()
    assert page.count("Intact") == 3


@pytest.mark.django_db(transaction=True)
def test_a_text_changed_after_the_request_is_not_signed(committed: World) -> None:
    world = committed
    with transaction.atomic():
        report = completed(world.actor("coordinateur"), world.lille)
        job = ask_signature(world, report)
        by = world.actor("coordinateur")
        save_comment(by=by, report=report, section="avis", text="Un autre avis.", seen=1)
    run_jobs()
    with system():
        assert Job.objects.get(pk=job.pk).error == "Conflict"
        assert not ReportVersion.objects.for_system().exists()
    assert fresh(report).state == "complete"


@pytest.mark.django_db(transaction=True)
def test_one_click_prepares_every_report_and_the_synthesis_takes_them_up(committed: World) -> None:
    """The signed one as it was signed, the other in draft; the frozen synthesis marks what was
    transmitted.
    """
    world = committed
    with transaction.atomic():
        report = completed(world.actor("coordinateur"), world.lille)
        ask_signature(world, report)
    run_jobs()
    with transaction.atomic():
        service.move(by=world.actor("coordinateur"), report=fresh(report), key="transmettre")
    client = Client()
    client.force_login(world.users["animation"])
    assert client.post(reverse("rapports_preparer", args=[YEAR])).status_code == 302
    run_jobs()
    with system():
        job = Job.objects.get(kind=jobs_report.REPORTS_ALL)
        version = ReportVersion.objects.for_system().get()
        content = b"".join(
            bytes(c) for c in job.result.chunks.order_by("position").values_list("content", flat=True)
        )
    assert (job.state, job.done, job.total) == ("fini", 2, 2)
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.read(f"rapport-{YEAR}-lille-v1.pdf") == bytes(version.pdf)
    assert archive.read(f"rapport-{YEAR}-douai-projet.pdf").startswith(b"%PDF")
    with transaction.atomic():
        by = world.actor("animation")
        found = synthesis.open_synthesis(by=by, region=world.region, year=YEAR)
        assert synthesis.choose_quotes(by=by, synthesis=found, keys=[f"{report.pk}:annee", "9:rien"]) == 1
    assert client.post(reverse("synthese_etape", args=[YEAR, "figer"])).status_code == 302
    run_jobs()
    with system():
        found = Synthesis.objects.for_system().get()
        frozen = found.version
        assert found.state == "figee"
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(bytes(frozen.pdf))).pages)
    assert "Texte de annee." in text
    assert fresh(report).state == "synthetise"


@pytest.mark.django_db(transaction=True)
def test_a_mandate_that_ended_prepares_nothing(committed: World) -> None:
    world = committed
    with transaction.atomic():
        by = world.actor("coordinateur")
        params = {"territoire": world.lille.pk, "annee": YEAR}
        job = jobs.enqueue(by=by, kind=jobs_report.REPORT_PDF, title="Projet", params=params)
    with system():
        world.memberships["coordinateur"].delete()
    with worker_role():
        jobs.run_pending()
    with system():
        found = Job.objects.get(pk=job.pk)
    assert (found.state, found.error, found.result_id) == ("echoue", "PermissionDenied", None)
