"""The list of a call's files and its exports: one address, one set of rows, one rule on the notes."""

from collections.abc import Iterable
from decimal import Decimal

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from labelling.forms.instruction import FilesFilterForm
from labelling.models import AmiCall
from labelling.permissions import Perm
from labelling.services import files_filter, files_list
from labelling.services.files_filter import Filters
from labelling.services.files_list import Row
from spo_portal.kernel import audit
from spo_portal.kernel.htmx import page_or_fragment
from spo_portal.kernel.tables import Column, Table, download, readme
from territories.access import Actor, can, get_visible_or_404, guarded

PER_PAGE = 50
FORMATS = ("csv", "xlsx")
COLUMNS = (
    Column("Dossier", width=18),
    Column("Projet", width=34),
    Column("Bassin", width=22),
    Column("Commission", width=26),
    Column("Porteur", width=34),
    Column("Étape", width=20),
    Column("Demandé à la Région, en euros", "decimal", 20),
    Column("Charges prévisionnelles, en euros", "decimal", 20),
    Column("Part de la Région", "share", 14),
    Column("Notes données", "int", 12),
    Column("Notes attendues", "int", 12),
    Column("Note pondérée sur 5", "decimal", 14),
    Column("Écart entre les notes", "decimal", 14),
    Column("Rang dans la commission", "int", 14),
    Column("Avis de la commission", width=20),
)


def call_of(request: HttpRequest, pk: int) -> AmiCall:
    return get_visible_or_404(AmiCall.objects.select_related("region"), request.actor, pk=pk)  # type: ignore[attr-defined]


@guarded(Perm.LIST_FILES)
@require_safe
def files(request: HttpRequest, pk: int) -> HttpResponse:
    """Fifty files at a time; filters and order live in the address, with or without JavaScript."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    call = call_of(request, pk)
    rows = files_list.rows_of(by, call)
    filters = files_filter.read_filters(request.GET, rows, by)
    chosen = files_filter.choose(rows, filters)
    page = Paginator(chosen, PER_PAGE).get_page(request.GET.get("page", "1")[:9])
    instructs = can(by, Perm.INSTRUCT)
    context = {
        "appel": call,
        "form": FilesFilterForm(filters, rows, by),
        "filters": filters,
        "page": page,
        "count": len(chosen),
        "total": len(rows),
        "counts": _counts(rows, instructs=instructs),
        "instruit": instructs,
        "note": can(by, Perm.SCORE),
        "query": filters.query(),
    }
    response = page_or_fragment(
        request, "labelling/dossiers_appel.html", "labelling/partials/_dossiers_appel.html", context
    )
    query = filters.query() + (f"&page={page.number}" if page.number > 1 else "")
    here = reverse("ami_dossiers_appel", args=[call.pk])
    response.headers["HX-Push-Url"] = f"{here}?{query.lstrip('&')}" if query else here
    return response


def _counts(rows: list[Row], *, instructs: bool) -> list[tuple[str, int, str]]:
    """(words, how many, query) of what waits for the reader; nothing that the list does not show."""
    mine = sum(1 for row in rows if row.mine_expected)
    found = [("à noter par vous", mine, Filters(notes=files_filter.MINE).query())]
    if instructs:
        found += [
            ("à examiner", sum(1 for row in rows if row.state == "deposee"), Filters(etat="deposee").query()),
            (
                "en attente de notes",
                sum(1 for row in rows if row.state == "recevable" and row.expected),
                Filters(notes=files_filter.EXPECTED).query(),
            ),
            (
                "à clore, toutes notes données",
                sum(1 for row in rows if row.ready),
                Filters(notes=files_filter.READY).query(),
            ),
            (
                "avec un écart important",
                sum(1 for row in rows if row.mark and row.mark.wide),
                Filters(notes=files_filter.WIDE).query(),
            ),
        ]
    return [line for line in found if line[1]]


@guarded(Perm.LIST_FILES)
@require_GET
def export(request: HttpRequest, pk: int, format: str) -> HttpResponseBase:
    """Every file of the list's filters, in its order, with the same figures as the screen."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    if format not in FORMATS:
        raise Http404
    call = call_of(request, pk)
    filters = files_filter.read_filters(request.GET, files_list.rows_of(by, call), by)
    audit.record(
        "labelling.ami_export",
        by=by,
        object_type="amicall",
        object_id=call.pk,
        data={"format": format, "filtres": filters.query()},
    )

    def tables() -> list[Table]:
        # In the transaction of the answer, under the same scope: the rule is read again there.
        chosen = files_filter.choose(files_list.rows_of(by, call), filters)
        return [Table("Dossiers", call.title, COLUMNS, _lines(chosen))]

    notes = readme(
        source=f"{call.title}, {by.region.name if by.region else ''}",
        filters=filters.query() or "aucun",
        masking="Une note, un écart ou un rang vide n’est pas encore connu de vous.",
        licence="Document de travail de l’instruction, à ne pas diffuser.",
    )
    name = f"dossiers-{call.slug}-{timezone.localdate():%Y%m%d}"
    return download(by.scope, format, tables, notes, name)  # type: ignore[arg-type]


def _lines(rows: Iterable[Row]) -> Iterable[list[object]]:
    for row in rows:
        yield [
            row.number,
            row.title,
            row.bassin,
            row.commission,
            row.porteur,
            row.state_words,
            _euros(row.asked),
            _euros(row.charges),
            row.share,
            None if row.draft else row.given,
            None if row.draft else row.expected,
            _hundredths(row.mark.mean) if row.mark else None,
            _hundredths(row.mark.spread) if row.mark and row.mark.count > 1 else None,
            row.place.rank if row.place else None,
            row.avis_words,
        ]


def _euros(centimes: int | None) -> Decimal | None:
    return None if centimes is None else Decimal(centimes) / 100


def _hundredths(value: int) -> Decimal:
    return Decimal(value) / 100
