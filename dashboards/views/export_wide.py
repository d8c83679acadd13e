"""Downloads of the pages of the region, of a network, of a commission, of the map and of the lists."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboards.exports import lists, wide
from dashboards.forms.targets import year_asked
from dashboards.permissions import Perm
from dashboards.services import cartography as maps
from dashboards.services import check_page, target_page
from dashboards.services.region_map import map_of
from dashboards.views.cartography import question_of
from dashboards.views.export import answer
from dashboards.views.questions import steered_territory
from dashboards.views.wide import ask_commission, ask_network, ask_region
from labelling.permissions import Perm as LabelPerm
from labelling.services.tables import has_label, label_table
from territories.access import Actor, guarded
from territories.models import Reseau, Territory


@guarded(Perm.READ_REGION)
@require_safe
def region(request: HttpRequest) -> HttpResponseBase:
    """Tables of the page of the region, with exactly its question."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    asked = ask_region(request.GET, actor)
    filters, shown = asked.filters, map_of(asked.figures, asked.filters.carte)
    export = wide.region_export(asked.figures, filters, filters.question, shown, actor.region)  # type: ignore[arg-type]
    return answer(request, export)


@guarded(Perm.READ_REGION)
@require_safe
def network(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Tables of the page of a network."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    asked = ask_network(request.GET, actor, pk)
    return answer(request, wide.network_export(asked.figures, asked.filters, actor.region))  # type: ignore[arg-type]


@guarded(Perm.READ_REGION)
@require_safe
def commission(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Tables of the page of a commission."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    asked = ask_commission(request.GET, actor, pk)
    return answer(request, wide.commission_export(asked.figures, asked.filters, actor.region))  # type: ignore[arg-type]


@guarded(LabelPerm.READ_LABELS)
@require_safe
def cartography(request: HttpRequest) -> HttpResponseBase:
    """The list of places as filtered, whole, and the table of labels."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found, now = actor.region, timezone.localtime()
    reseaux = {row.pk: row for row in Reseau.objects.filter(region=found).order_by("order")}
    places = {t.pk: t.name for t in Territory.objects.visible_to(actor).filter(region=found)}
    asked = question_of(request.GET, reseaux, set(places), label=has_label(found))  # type: ignore[arg-type]
    names = {pk: row.short_name for pk, row in reseaux.items()}
    said = [
        f"Réseau : {names[int(asked.reseau)]}" if asked.reseau else "",
        f"Territoire : {places[int(asked.territory)]}" if asked.territory else "",
        f"Label : {maps.LABEL[asked.label].lower()}" if asked.label else "",
        f"Accueil : {maps.NOW[asked.now].lower()}" if asked.now else "",
    ]
    rows = maps.places_of(by=actor, region=found, asked=asked, now=now, day=now.date())  # type: ignore[arg-type]
    table = label_table(by=actor, region=found, day=now.date())  # type: ignore[arg-type]
    return answer(request, lists.cartography_export(rows, table, names, list(filter(None, said)), found))  # type: ignore[arg-type]


@guarded(Perm.READ_TERRITORY)
@require_safe
def territory_checks(request: HttpRequest, pk: int) -> HttpResponseBase:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return _checks(request, steered_territory(actor, pk))


@guarded(Perm.READ_REGION)
@require_safe
def region_checks(request: HttpRequest) -> HttpResponseBase:
    return _checks(request, None)


def _checks(request: HttpRequest, territory: Territory | None) -> HttpResponseBase:
    """« À vérifier », whole: missing returns and odd values."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    today = timezone.localdate()
    return answer(
        request,
        lists.checks_export(
            check_page.missing(by=actor, territory=territory, day=today),
            check_page.odd_values(by=actor, territory=territory),
            territory=territory,
            region=territory.region if territory else actor.region,  # type: ignore[arg-type]
            day=today,
        ),
    )


@guarded(Perm.SET_TARGETS)
@require_safe
def territory_targets(request: HttpRequest, pk: int) -> HttpResponseBase:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return _targets(request, steered_territory(actor, pk))


@guarded(Perm.SET_TARGETS)
@require_safe
def region_targets(request: HttpRequest) -> HttpResponseBase:
    return _targets(request, None)


def _targets(request: HttpRequest, territory: Territory | None) -> HttpResponseBase:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    year = year_asked(request.GET.get("annee"), timezone.localdate())
    page = target_page.read(by=actor, territory=territory, year=year)
    return answer(request, lists.targets_export(page))
