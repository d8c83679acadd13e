"""The directory of the region's places and the page of each one (domain §§ 2, 5)."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from spo_portal.kernel.typography import DAYS
from territories import hours
from territories.access import can, get_visible_or_404, guarded
from territories.models import Site
from territories.permissions import Perm
from territories.services.directory import EVERYWHERE, PARTNERS, card_of, choices, read_filters, search_places
from territories.services.hours import WITH_HOURS
from territories.views.record_head import place_context

PER_PAGE = 25


@guarded(Perm.READ_DIRECTORY)
@require_safe
def directory(request: HttpRequest) -> HttpResponse:
    """Places of the actor's region, their own territory first; open now, walk-in, network, name or town."""
    actor = request.actor  # type: ignore[attr-defined]
    now = timezone.now()
    filters = read_filters(request.GET, actor)
    page = Paginator(search_places(actor, filters, now), PER_PAGE).get_page(request.GET.get("page"))
    options = choices(actor)
    context = {
        "page": page,
        "cards": [card_of(site, now) for site in page.object_list],
        "filters": filters,
        "now": now,
        "everywhere": EVERYWHERE,
        "partners": PARTNERS,
        "asked": request.GET.urlencode(),
        "can_import": can(actor, Perm.IMPORT_DIRECTORY),
        "territory": next((t for t in options["territories"] if t.pk == filters.territory), None),
        **options,
    }
    return render(request, "territories/annuaire.html", context)


@guarded(Perm.READ_DIRECTORY)
@require_safe
def place(request: HttpRequest, pk: int) -> HttpResponse:
    """One place: hours in words and in a table, now, contact, network or partnership, closures, share."""
    actor = request.actor  # type: ignore[attr-defined]
    site = get_visible_or_404(
        Site.objects.select_related(
            "reseau", "territory", "organisation", "region", "parent"
        ).prefetch_related(*WITH_HOURS),
        actor,
        pk=pk,
    )
    now = timezone.now()
    card = card_of(site, now)
    today = timezone.localdate()
    share = hours.walk_in_share(card.week)
    context: dict[str, Any] = {
        **place_context(actor, site),
        "card": card,
        "now": now,
        "days": _days(card.week, today.weekday()),
        "sentence": hours.sentence_week(card.week),
        "semaine_dessin": hours.week_picture(card.week),
        "saisons": [
            {
                "title": season.label,
                "words": hours.sentence_week(season),
                "dessin": hours.week_picture(season, season.label) if season.slots else None,
            }
            for season in card.week.seasons
            if not season.over(today)
        ],
        "closures": [closure for closure in card.week.closures if closure.last_day >= today],
        "share": share,
        "under_half": share is not None and share < hours.HALF,
        "walk_in": hours.walk_in_minutes(card.week),
        "opening": hours.opening_minutes(card.week),
        "can_edit": can(actor, Perm.EDIT_HOURS) and actor.site_id == site.pk,
    }
    return render(request, "territories/lieu.html", context)


def _days(week: hours.Week, today: int) -> list[dict[str, Any]]:
    return [
        {
            "name": name.capitalize(),
            "today": day == today,
            "any_walk_in": any(s.walk_in for s in week.on(day)),
            "any_appointment": any(not s.walk_in for s in week.on(day)),
            "slots": [
                {"words": f"de {hours.clock(s.start)} à {hours.clock(s.end)}", "walk_in": s.walk_in}
                for s in week.merged(day)
            ],
        }
        for day, name in enumerate(DAYS)
    ]
