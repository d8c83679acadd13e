"""The page of the region: all its territories side by side."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboards.permissions import Perm
from dashboards.services import region_words as words
from dashboards.services.region import RegionFigures
from dashboards.services.region_map import OWN_TABLE, TITLES, MapOf, map_of
from dashboards.views.answers import figures_answer
from dashboards.views.wide import ask_region, exports_for, wide_choices, wide_map
from labelling.permissions import Perm as CallPerm
from labelling.services.call_page import current_calls
from labelling.services.coverage import coverage_context, current_call
from spo_portal.kernel.privacy import INSIDE
from territories.access import Actor, can, guarded
from territories.models import Commission, Territory

__all__ = ["region", "wide_choices"]


@guarded(Perm.READ_REGION)
@require_safe
def region(request: HttpRequest) -> HttpResponse:
    """Table, map and sums of the region; filters by address, one question one address."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    asked = ask_region(request.GET, actor)
    filters, figures = asked.filters, asked.figures
    shown = map_of(figures, filters.carte)
    commissions = Commission.objects.visible_to(actor).filter(territory__isnull=False)
    context = {
        "figures": figures,
        "bigs": words.bigs(figures, filters.question),
        "news": words.sentences(figures, filters.question),
        "alerts": words.alerts(figures, filters.question, timezone.localdate()),
        "map": wide_map(actor, asked.territories, shown, filters.below(), "carte-region"),
        "map_of": shown,
        "maps": _maps(figures),
        "map_rows": _rows(figures, shown) if filters.carte in OWN_TABLE else [],
        "count": len(asked.territories),
        "threshold": INSIDE,
        "commissions": list(commissions.distinct().order_by("name")),
        "exports": exports_for("export_region", filters),
        "path": request.path,
        "calls": current_calls(actor) if can(actor, CallPerm.READ_CALLS) else [],
    } | _coverage(actor)
    return figures_answer(
        request, filters, "dashboards/region.html", "dashboards/partials/_region.html", context
    )


def _coverage(actor: Actor) -> dict[str, object]:
    """How far the bassins of the call under way are, where the region has one (AMI §2)."""
    call = current_call(actor, actor.region_id) if can(actor, CallPerm.READ_COVERAGE) else None
    if call is None:
        return {"couverture": None}
    return {"appel": call, **coverage_context(actor, call)}


def _rows(figures: RegionFigures, shown: MapOf) -> list[tuple[Territory, object]]:
    return [(line.territory, shown.values.get(line.territory.pk)) for line in figures.lines]


def _maps(figures: RegionFigures) -> list[tuple[str, str]]:
    """What the map may show here: no label where the State gives none."""
    label = figures.labels.labelled is not None
    return [pair for pair in TITLES.items() if label or pair[0] != "lieux_labellises"]
