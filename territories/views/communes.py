"""Search of communes: choose one by its name, its postcode or its old name."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from spo_portal.kernel.htmx import page_or_fragment
from territories.access import Actor, guarded
from territories.permissions import Perm
from territories.services.search import QUERY_MAX, find_commune, search_communes


@guarded(Perm.READ_DIRECTORY)
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Communes of the region for ``lieu_q``: a fragment of radio buttons (``commune``, the one chosen,
    stays), or a page that lists them."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    text = request.GET.get("lieu_q", "").replace("\x00", "").strip()[:QUERY_MAX]
    chosen = find_commune(by=actor, code=request.GET.get("commune", "")[:5])
    context = {
        "communes": search_communes(by=actor, text=text) if text else [],
        "lieu_q": text,
        "commune": chosen.pk if chosen else "",
        "around": chosen.name if chosen else "",
    }
    return page_or_fragment(
        request, "territories/communes.html", "territories/partials/_communes.html", context
    )
