"""Answer of a page of figures: page or fragment, one canonical address, a word for screen readers."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse

from dashboards.forms.filters import Filters
from spo_portal.kernel.htmx import page_or_fragment

FORMATS = (
    ("csv", "CSV, un fichier par tableau"),
    ("xlsx", "Classeur Excel (XLSX)"),
    ("ods", "Classeur LibreOffice (ODS)"),
)


def exports_of(address: str, filters: Filters, sort: str = "") -> list[tuple[str, str]]:
    """Links of the « Exporter » menu: this page with exactly its question."""
    pairs = filters.query() + (f"&tri={sort}" if sort else "")
    return [(word, f"{address}?{pairs + '&' if pairs else ''}format={fmt}") for fmt, word in FORMATS]


def figures_answer(
    request: HttpRequest, filters: Filters, page: str, fragment: str, context: Mapping[str, object]
) -> HttpResponse:
    """Render ``page``, or ``fragment`` when the filter bar asks by htmx.

    The address bar follows the question (defaults left out) and the live region ``#chiffres-annonce`` of the
    page says that the figures changed: the fragment includes ``dashboards/partials/_annonce.html``.
    """
    moved = request.headers.get("HX-Request") == "true"
    said = ", ".join(filters.words()) if moved else ""
    response = page_or_fragment(request, page, fragment, {**context, "filters": filters, "annonce": said})
    if moved:
        response.headers["HX-Push-Url"] = filters.url(request.path)
    return response
