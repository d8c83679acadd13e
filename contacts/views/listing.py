"""The list of the site's fiches and its exports: one address, one set of rows."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from contacts.forms_desk import FilterForm
from contacts.permissions import Perm
from contacts.services import exports, listing
from contacts.services.fiches import desk_of
from spo_portal.kernel.htmx import page_or_fragment
from spo_portal.kernel.http import stream
from spo_portal.kernel.tables import Format, download
from spo_portal.kernel.typography import number
from territories.access import can, guarded

PER_PAGE = 50


@guarded(Perm.READ_FICHES)
@require_GET
def fiches(request: HttpRequest) -> HttpResponse:
    """Fifty fiches of the site at a time; filters live in the address, with or without JavaScript."""
    by = request.actor  # type: ignore[attr-defined]
    today = timezone.localdate()
    versions = listing.versions_of(by)
    version = listing.current(versions, today)
    filters = listing.read_filters(request.GET, version)
    found = listing.with_destinations(filters.apply(listing.fiches_of(by)), by)
    paginator = Paginator(found, PER_PAGE)
    page = paginator.get_page(request.GET.get("page", "1")[:9])
    context = {
        "form": FilterForm(filters, version),
        "filters": filters,
        "said": filters.words(version),
        "presets": listing.presets(filters, today),
        "page": page,
        "rows": listing.rows(page.object_list, versions),
        "count": paginator.count,
        "may_export": can(by, Perm.EXPORT_FICHES),
        "may_pile": can(by, Perm.PAPER_PILE),
        "may_import": can(by, Perm.IMPORT_FICHES),
        "xlsx_max": settings.XLSX_MAX_ROWS,
    }
    response = page_or_fragment(request, "contacts/liste.html", "contacts/partials/_liste.html", context)
    # The address bar shows the filters understood, without the empty ones: what it shows can be sent to a
    # colleague.
    query = "&".join(
        part for part in (filters.query(), f"page={page.number}" if page.number > 1 else "") if part
    )
    response.headers["HX-Push-Url"] = f"{reverse('fiches')}?{query}" if query else reverse("fiches")
    return response


@guarded(Perm.EXPORT_FICHES)
@require_GET
def export_csv(request: HttpRequest) -> HttpResponseBase:
    """Every fiche of the list's filters as CSV, streamed under the actor's scope."""
    by = request.actor  # type: ignore[attr-defined]
    versions = listing.versions_of(by)
    filters = listing.read_filters(request.GET, listing.current(versions, timezone.localdate()))
    exports.note_export(by=by, filters=filters, kind="csv")
    return stream(
        by.scope,
        lambda: exports.csv_chunks(filters.apply(listing.fiches_of(by)), versions),
        content_type="text/csv; charset=utf-8",
        filename=f"fiches-{timezone.localdate():%Y%m%d}.csv",
    )


@guarded(Perm.EXPORT_FICHES)
@require_GET
def export_xlsx(request: HttpRequest) -> HttpResponseBase:
    """The same rows as an Excel workbook."""
    return _workbook(request, "xlsx")


@guarded(Perm.EXPORT_FICHES)
@require_GET
def export_ods(request: HttpRequest) -> HttpResponseBase:
    """The same rows as a LibreOffice workbook."""
    return _workbook(request, "ods")


def _workbook(request: HttpRequest, fmt: Format) -> HttpResponseBase:
    """Past a size a workbook is slow to make and to open: the CSV opens in the same programs."""
    by = request.actor  # type: ignore[attr-defined]
    versions = listing.versions_of(by)
    version = listing.current(versions, timezone.localdate())
    filters = listing.read_filters(request.GET, version)
    if filters.apply(listing.fiches_of(by)).count() > settings.XLSX_MAX_ROWS:
        messages.warning(
            request,
            f"Plus de {number(settings.XLSX_MAX_ROWS)} fiches : choisissez le CSV, que votre tableur ouvre "
            "aussi.",
        )
        return redirect(f"{reverse('fiches')}?{filters.query()}")
    exports.note_export(by=by, filters=filters, kind=fmt)
    return download(
        by.scope,
        fmt,
        lambda: [exports.table(filters.apply(listing.fiches_of(by)), versions)],
        exports.notes(site=desk_of(by).name, filters=filters, version=version, now=timezone.localtime()),
        f"fiches-{timezone.localdate():%Y%m%d}",
    )
