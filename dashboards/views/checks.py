"""« À vérifier »: missing returns and odd values of a territory or of the region, with whom to ask."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboards.permissions import Perm
from dashboards.services import check_page
from territories.access import can, get_visible_or_404, guarded
from territories.models import Territory

PER_PAGE = 100


@guarded(Perm.READ_TERRITORY)
@require_safe
def territory(request: HttpRequest, pk: int) -> HttpResponse:
    """What to ask, and whom, in one territory the actor steers."""
    actor = request.actor  # type: ignore[attr-defined]
    found = get_visible_or_404(Territory.objects.steered_by(actor).select_related("region"), actor, pk=pk)
    trail = [(found.name, reverse("territoire_tableau", args=[found.pk])), ("À vérifier", "")]
    if can(actor, Perm.READ_REGION):
        trail.insert(0, (found.region.name, reverse("region_a_verifier")))
    return _page(request, found, found.name, trail)


@guarded(Perm.READ_REGION)
@require_safe
def region(request: HttpRequest) -> HttpResponse:
    """The same for every territory of the region."""
    actor = request.actor  # type: ignore[attr-defined]
    trail = [(actor.region.name, reverse("region_tableau")), ("À vérifier", "")]
    return _page(request, None, actor.region.name, trail)


def _page(
    request: HttpRequest, found: Territory | None, name: str, trail: list[tuple[str, str]]
) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    today = timezone.localdate()
    missing = check_page.missing(by=actor, territory=found, day=today)
    odd = check_page.odd_values(by=actor, territory=found)
    context = {
        "name": name,
        "territory": found,
        "trail": trail,
        "missing": Paginator(missing, PER_PAGE).get_page(request.GET.get("manques")),
        "odd": Paginator(odd, PER_PAGE).get_page(request.GET.get("page")),
        "may_set": can(actor, Perm.SET_TARGETS),
    }
    return render(request, "dashboards/verifier.html", context)
