"""Signed versions: their page, which computes the fingerprints again, and their pieces as they were
frozen.
"""

import hashlib

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboards.documents.report_book import workbook
from dashboards.documents.report_pdf import grouped
from dashboards.models import ReportAnnex, ReportVersion, SynthesisVersion
from dashboards.permissions import Perm
from dashboards.report_blocks import fingerprint, thawed
from dashboards.views.report_annex import as_file
from spo_portal.kernel.tables import CONTENT_TYPES, file_stem
from territories.access import get_visible_or_404, guarded

JSON = "application/json; charset=utf-8"
PDF = "application/pdf"
PIECES = {
    "rapport": ("pdf", PDF),
    "tableaux": ("xlsx", CONTENT_TYPES["xlsx"]),
    "tableaux-ods": ("ods", CONTENT_TYPES["ods"]),
    "donnees": ("json", JSON),
}


@guarded(Perm.READ_REPORT)
@require_safe
def version(request: HttpRequest, pk: int) -> HttpResponse:
    """One signed version: who, when, why, its pieces, and whether the stored bytes still give its
    fingerprints.
    """
    actor = request.actor  # type: ignore[attr-defined]
    found = get_visible_or_404(
        ReportVersion.objects.select_related("report", "report__territory", "report__region", "parent"),
        actor,
        pk=pk,
    )
    document = thawed(found.data)
    kept = {
        a.pk: a for a in ReportAnnex.objects.visible_to(actor).filter(report=found.report).without_bytes()
    }
    checks = [
        ("Document PDF", found.pdf_sha256, hashlib.sha256(bytes(found.pdf)).hexdigest() == found.pdf_sha256),
        ("Données du rapport", found.data_sha256, fingerprint(found.data) == found.data_sha256),
        (
            "Classeur des tableaux",
            found.workbook_sha256,
            hashlib.sha256(bytes(found.workbook)).hexdigest() == found.workbook_sha256,
        ),
    ]
    context = {
        "version": found,
        "report": found.report,
        "in_force": found.report.version_id == found.pk,
        "checks": [(label, grouped(digest), good) for label, digest, good in checks],
        "annexes": [(item, kept.get(item["id"])) for item in document.annexes],
    }
    return render(request, "dashboards/rapport_version.html", context)


@guarded(Perm.READ_REPORT)
@require_safe
def piece(request: HttpRequest, pk: int, piece: str) -> HttpResponse:
    """One piece of a signed version, byte for byte; the ODS is drawn from its frozen data."""
    actor = request.actor  # type: ignore[attr-defined]
    found = get_visible_or_404(
        ReportVersion.objects.select_related("report", "report__territory"), actor, pk=pk
    )
    stem = file_stem(f"rapport {found.report.year} {found.report.territory.name} v{found.number}")
    return _piece(found, piece, stem)


@guarded(Perm.READ_SYNTHESIS)
@require_safe
def synthesis_piece(request: HttpRequest, pk: int, piece: str) -> HttpResponse:
    """One piece of a frozen synthesis."""
    actor = request.actor  # type: ignore[attr-defined]
    found = get_visible_or_404(
        SynthesisVersion.objects.select_related("synthesis", "synthesis__region"), actor, pk=pk
    )
    stem = file_stem(f"synthese {found.synthesis.year} {found.synthesis.region.name} v{found.number}")
    return _piece(found, piece, stem)


def _piece(found: ReportVersion | SynthesisVersion, piece: str, stem: str) -> HttpResponse:
    if piece not in PIECES:
        raise Http404("Cette pièce n’existe pas.")
    ending, kind = PIECES[piece]
    content = {
        "rapport": lambda: bytes(found.pdf),
        "tableaux": lambda: bytes(found.workbook),
        "tableaux-ods": lambda: workbook(thawed(found.data), ods=True),
        "donnees": lambda: found.data.encode(),
    }[piece]()
    return as_file(content, f"{stem}.{ending}", kind)
