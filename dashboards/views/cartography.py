"""The map of the places of the region, and « lieux labellisés / lieux existants » per network."""

from collections.abc import Mapping
from dataclasses import asdict
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboards.services import cartography as maps
from dashboards.views.answers import FORMATS
from labelling.permissions import Perm
from labelling.services.tables import LabelTable, has_label, label_table
from spo_portal.kernel.htmx import page_or_fragment
from spo_portal.kernel.maps import points_map
from territories.access import Actor, guarded
from territories.models import Reseau, Territory
from territories.services.contours import ground_of

PER_PAGE = 50
NAMES = {"reseau": "reseau", "territory": "territoire", "label": "label", "now": "ouvert"}


@guarded(Perm.READ_LABELS)
@require_safe
def cartography(request: HttpRequest) -> HttpResponse:
    """Places by network, labelled or not, open now; every member of staff of the region reads it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    region = actor.region
    now = timezone.localtime()
    reseaux = {r.pk: r for r in Reseau.objects.filter(region=region).order_by("order")}
    territories = list(Territory.objects.visible_to(actor).filter(region=region).order_by("order", "name"))
    label = has_label(region)  # type: ignore[arg-type]
    asked = question_of(request.GET, reseaux, {t.pk for t in territories}, label=label)
    places = maps.places_of(by=actor, region=region, asked=asked, now=now, day=now.date())  # type: ignore[arg-type]
    shown = [r for r in reseaux.values() if not asked.reseau or str(r.pk) == asked.reseau]
    kinds = [kind for kind in maps.kinds_of(list(reseaux.values())) if kind.key in {r.pk for r in shown}]
    ground = ground_of(by=actor, region=region, territories=territories)  # type: ignore[arg-type]
    context = {
        "asked": asked,
        "reseaux": reseaux.values(),
        "territories": territories,
        "labels": maps.LABEL if label else {},
        "page": Paginator(places, PER_PAGE).get_page(request.GET.get("page")),
        "count": len(places),
        "without_point": sum(place.latitude is None or place.longitude is None for place in places),
        "reseau_names": {pk: r.short_name for pk, r in reseaux.items()},
        "map": points_map(
            maps.spots_of(places, reseaux, label=label),
            kinds,
            ground,
            ident="carte-lieux",
            title="Lieux d’accueil par réseau",
            full_name="labellisés" if label else "",
            hollow_name="non labellisés" if label else "",
            ringed_name="sans rendez-vous en ce moment",
        ),
        "table": label_table(by=actor, region=region, day=now.date()),  # type: ignore[arg-type]
        "has_label": label,
        "now": now,
        "filtered": any(asdict(asked).values()),
        "exports": _exports(asked),
    }
    context["changes"] = changes(context["table"])  # type: ignore[arg-type]
    response = page_or_fragment(
        request, "dashboards/cartographie.html", "dashboards/partials/_cartographie.html", context
    )
    if request.headers.get("HX-Request") == "true":
        response.headers["HX-Push-Url"] = _address(request.path, asked)
    return response


def question_of(
    get: Mapping[str, str], reseaux: Mapping[int, Reseau], territories: set[int], *, label: bool
) -> maps.MapQuestion:
    """Anything absurd, foreign or out of the lists is as if not asked."""

    def known(name: str, allowed: set[str]) -> str:
        value = get.get(name, "")
        return value if value in allowed else ""

    return maps.MapQuestion(
        known("reseau", set(map(str, reseaux))),
        known("territoire", set(map(str, territories))),
        known("label", set(maps.LABEL) if label else set()),
        known("ouvert", set(maps.NOW)),
    )


def _address(path: str, asked: maps.MapQuestion) -> str:
    pairs = {NAMES[name]: value for name, value in asdict(asked).items() if value}
    return f"{path}?{urlencode(pairs)}" if pairs else path


def _exports(asked: maps.MapQuestion) -> list[tuple[str, str]]:
    address = _address(reverse("export_cartographie"), asked)
    return [(word, f"{address}{'&' if '?' in address else '?'}format={fmt}") for fmt, word in FORMATS]


def changes(table: LabelTable) -> list[tuple[object, object, int | None, int | None]]:
    """Each line of the table with its last published count, and the change since: labelled, existing."""
    last = table.dates[-1] if table.dates else None
    found = []
    for row in (*table.rows, table.total):
        before = row.history.get(last) if last else None
        labelled = None
        if before is not None and before.labelled is not None and row.now.labelled is not None:
            labelled = row.now.labelled - before.labelled
        existing = None if before is None else row.now.existing - before.existing
        found.append((row, before, labelled, existing))
    return found
