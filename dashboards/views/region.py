"""The page of the region: all its territories side by side."""

import datetime
from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboards.enums import Dimension
from dashboards.forms.filters import Choices
from dashboards.forms.wide_filters import MAPS, RegionFilters
from dashboards.permissions import Perm
from dashboards.services import region_words as words
from dashboards.services.labels import Labels, labels
from dashboards.services.region import RegionFigures, region_figures
from dashboards.services.region_map import MapOf, map_of
from dashboards.services.release import NO_RESEAU
from dashboards.services.years import published_years
from dashboards.views.answers import figures_answer
from spo_portal.kernel.maps import Drawn, draw
from spo_portal.kernel.privacy import INSIDE
from territories.access import Actor, guarded
from territories.models import Commission, Territory
from territories.services.contours import ground_of


def wide_choices(actor: Actor, today: datetime.date, named: Labels, years: tuple[int, ...]) -> Choices:
    """Years published in the region, its networks and its demandes."""
    reseaux = {pk: word for pk, word in named.reseaux.items() if pk != NO_RESEAU}
    return Choices(today, years, reseaux, named.of(Dimension.DEMANDE))


def wide_map(actor: Actor, territories: Sequence[Territory], shown: MapOf, query: str, ident: str) -> Drawn:
    """The map of the region's territories, each one a link to its page."""
    after = f"?{query}" if query else ""
    return draw(
        ground_of(by=actor, region=actor.region, territories=territories),  # type: ignore[arg-type]
        shown.values,
        ident=ident,
        title=f"{shown.title} par territoire",
        unit=shown.unit,
        decimals=shown.decimals,
        links={t.pk: reverse("territoire_tableau", args=(t.pk,)) + after for t in territories},
    )


@guarded(Perm.READ_REGION)
@require_safe
def region(request: HttpRequest) -> HttpResponse:
    """Table, map and sums of the region; filters by address, one question one address."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    today = timezone.localdate()
    found = actor.region
    years = published_years(by=actor, region=found)
    named = labels(by=actor, region=found, year=today.year)  # type: ignore[arg-type]
    filters = RegionFilters.from_get(request.GET, wide_choices(actor, today, named, years))
    territories = list(Territory.objects.steered_by(actor).order_by("order", "name"))
    figures = region_figures(
        by=actor,
        region=found,  # type: ignore[arg-type]
        territories=territories,
        asked=filters.question,
        day=today,
        order=filters.tri,
    )
    shown = map_of(figures, filters.carte)
    context = {
        "figures": figures,
        "bigs": words.bigs(figures, filters.question),
        "news": words.sentences(figures, filters.question),
        "alerts": words.alerts(figures, filters.question, today),
        "map": wide_map(actor, territories, shown, filters.below(), "carte-region"),
        "map_of": shown,
        "maps": _maps(figures),
        "map_rows": [(line.territory, shown.values.get(line.territory.pk)) for line in figures.lines],
        "count": len(territories),
        "threshold": INSIDE,
        "commissions": list(
            Commission.objects.visible_to(actor).filter(territory__isnull=False).distinct().order_by("name")
        ),
        "path": request.path,
    }
    return figures_answer(
        request, filters, "dashboards/region.html", "dashboards/partials/_region.html", context
    )


def _maps(figures: RegionFigures) -> list[tuple[str, str]]:
    """What the map may show here: no label where the State gives none."""
    return [
        pair for pair in MAPS.items() if pair[0] != "lieux_labellises" or figures.labels.labelled is not None
    ]
