"""The records of a territory or of a region, for who follows them."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from territories.access import Actor, can, guarded
from territories.models import Reseau, Territory
from territories.permissions import Perm
from territories.services.record.overview import COMPLETE, STATES, asked, rows_of

PER_PAGE = 50


@guarded(Perm.FOLLOW_RECORDS)
@require_safe
def follow(request: HttpRequest) -> HttpResponse:
    """Each place with how complete, how fresh its record is, who confirmed it and who checked it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    wanted = asked(request.GET)
    rows = rows_of(actor, wanted)
    territories = list(
        Territory.objects.visible_to(actor).filter(pk__in=actor.scope.tenant).order_by("order", "name")
    )
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "wanted": wanted,
        "states": STATES.items(),
        "complete": COMPLETE,
        "territories": territories if len(territories) > 1 else [],
        "territory": territories[0] if len(territories) == 1 else None,
        "reseaux": list(Reseau.objects.filter(region_id=actor.region_id).order_by("order", "name")),
        "mean": round(sum(row.quality.overall for row in rows) / len(rows)) if rows else None,
        "to_confirm": sum(row.quality.must_confirm for row in rows),
        "to_check": sum(row.unchecked for row in rows),
        "may_open": can(actor, Perm.CHECK_RECORD),
    }
    return render(request, "territories/lieux_suivi.html", context)
