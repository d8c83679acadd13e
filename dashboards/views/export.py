"""Downloads of the figures on screen: same address, same question, same rights, one trace each."""

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboards.exports.pages import Export, figures_export
from dashboards.permissions import Perm
from dashboards.views.questions import ask_site, ask_territory, readable_site, steered_territory
from spo_portal.kernel import audit
from spo_portal.kernel.tables import FORMATS, Format, download, extension
from territories.access import Actor, guarded

DEFAULT: Format = "xlsx"


@guarded(Perm.READ_TERRITORY)
@require_safe
def territory(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Tables of the page of a territory, with exactly its question."""
    actor = request.actor  # type: ignore[attr-defined]
    found = steered_territory(actor, pk)
    asked = ask_territory(request.GET, actor, found, request.GET.get("tri", ""))
    return answer(request, figures_export(found, asked.page, asked.release, asked.filters, found.region))


@guarded(Perm.READ_SITE)
@require_safe
def site(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Tables of the page of a place, from the publication its reader may see."""
    actor = request.actor  # type: ignore[attr-defined]
    found = readable_site(actor, pk)
    asked = ask_site(request.GET, actor, found)
    region = found.territory.region
    return answer(request, figures_export(found, asked.page, asked.release, asked.filters, region))


def answer(request: HttpRequest, export: Export) -> HttpResponseBase:
    """The file: ``format`` (csv, xlsx, ods; xlsx without it), ``tableau`` for one table of the page alone."""
    actor = request.actor  # type: ignore[attr-defined]
    asked = request.GET.get("format", DEFAULT)
    if asked not in FORMATS:
        raise Http404("Ce format n’existe pas.")
    key = request.GET.get("tableau", "")
    chosen = export.chosen(key)
    if key and not chosen:
        raise Http404("Ce tableau n’est pas sur cette page.")
    fmt: Format = "zip" if asked == "csv" and not key else asked  # type: ignore[assignment]
    note(actor, export, extension(fmt, len(chosen)), key)
    stem = f"{export.stem}_{key}" if key else export.stem
    return download(actor.scope, fmt, chosen, export.notes, stem)


def note(by: Actor, export: Export, fmt: str, key: str = "") -> None:
    """One event for each file that leaves: who, in which role, what, in which format."""
    filters = dict(export.notes).get("Filtres", "")
    audit.record(
        "dashboards.exported",
        by=by,
        object_type=export.object_type,
        object_id=export.object_id,
        tenant_id=export.tenant_id,
        data={"format": fmt, "table": key, "filters": filters, "day": timezone.localdate().isoformat()},
    )
