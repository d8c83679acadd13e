"""One row of each table of the report and of the synthesis, written straight into them (system scope)."""

import datetime
import hashlib
from dataclasses import dataclass

from django.utils import timezone

from dashboards.models import (
    AnnualReport,
    ReportAnnex,
    ReportComment,
    ReportVersion,
    Synthesis,
    SynthesisComment,
    SynthesisQuote,
    SynthesisVersion,
)
from dashboards.report_blocks import Document, canonical
from territories.models import Territory

YEAR = 2025


@dataclass(frozen=True)
class Rows:
    report: AnnualReport
    annex: ReportAnnex
    version: ReportVersion
    synthesis: Synthesis
    synthesis_version: SynthesisVersion


def frozen(kind: str, place: str) -> dict[str, object]:
    """Columns of a first version, with true fingerprints."""
    data = canonical(Document(kind, "Région", place, YEAR, "", ()))  # type: ignore[arg-type]
    pdf, book = b"%PDF-1.7 " + place.encode(), b"PK" + place.encode()
    return {
        "number": 1,
        "pdf": pdf,
        "pages": 1,
        "workbook": book,
        "data": data,
        "pdf_sha256": hashlib.sha256(pdf).hexdigest(),
        "workbook_sha256": hashlib.sha256(book).hexdigest(),
        "data_sha256": hashlib.sha256(data.encode()).hexdigest(),
        "frozen_at": timezone.now(),
        "frozen_by_label": "Coordinateur",
    }


def make_rows(territory: Territory) -> Rows:
    """An open report with a comment, an annex and a version; the synthesis of its region, open too."""
    label = "Coordinateur"
    report = AnnualReport.objects.create(
        region_id=territory.region_id, territory=territory, year=YEAR, opened_by_label=label
    )
    ReportComment.objects.create(report=report, section="annee", text="Une année.", saved_by_label=label)
    content = b"Action;Date\nForum;12 mars\n" + str(territory.pk).encode()
    annex = ReportAnnex.objects.create(
        report=report, title="Actions", name="actions.csv", format="csv", content=content, size=len(content),
        sha256=hashlib.sha256(content).hexdigest(), position=1, uploaded_by_label=label,
    )  # fmt: skip
    version = ReportVersion.objects.create(
        report=report, meeting_on=datetime.date(2026, 2, 12), **frozen("rapport", territory.name)
    )
    synthesis = Synthesis.objects.create(region_id=territory.region_id, year=YEAR, opened_by_label=label)
    SynthesisComment.objects.create(
        synthesis=synthesis, section="annee", text="Une année.", saved_by_label=label
    )
    SynthesisQuote.objects.create(synthesis=synthesis, report=report, section="annee")
    made = SynthesisVersion.objects.create(synthesis=synthesis, **frozen("synthese", territory.name))
    return Rows(report, annex, version, synthesis, made)
