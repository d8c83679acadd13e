"""The dashboard of one territory (domain § 8)."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from dashboards.permissions import Perm
from dashboards.services.corrections import corrections_in_words
from dashboards.services.place_tables import SORTS
from dashboards.views.answers import exports_of, figures_answer
from dashboards.views.questions import ask_territory, steered_territory
from spo_portal.kernel.typography import of
from territories.access import can, guarded
from territories.models import Territory


@guarded(Perm.READ_TERRITORY)
@require_safe
def territory(request: HttpRequest, pk: int) -> HttpResponse:
    """Figures of one territory the actor steers, from its release only; any other one is a 404."""
    actor = request.actor  # type: ignore[attr-defined]
    found = steered_territory(actor, pk)
    sort = request.GET.get("tri", "")
    sort = sort if sort.removeprefix("-") in SORTS else ""
    asked = ask_territory(request.GET, actor, found, sort)
    filters = asked.filters
    above = asked.above.but(reseau="", site="", demande="").url(reverse("region_tableau"))
    trail = [(found.region.name, above), (found.name, "")] if can(actor, Perm.READ_REGION) else []
    context = {
        "place": found,
        "title": f"Territoire {of(found.name)}",
        "subtitle": f"{found.region.territory_word.capitalize()} · {found.region.service_name}",
        "period": filters.period,
        "trail": trail,
        "page": asked.page,
        "release": asked.release,
        "empty": asked.empty,
        "corrections": corrections_in_words(asked.release),
        "sort": sort,
        "sort_address": f"?{filters.query()}&" if filters.query() else "?",
        "kept": [("tri", sort)] if sort else [],
        "chosen": _chosen(filters.words()),
        "exports": exports_of(reverse("export_territoire", args=[pk]), filters, sort),
        "links": _links(found),
        "main": ("Rapport annuel", reverse("territoire_rapports", args=[pk])),
        "wide": True,
    }
    page, fragment = "dashboards/territoire.html", "dashboards/partials/_figures.html"
    return figures_answer(request, filters, page, fragment, context)


def _links(found: Territory) -> list[tuple[str, str]]:
    return [
        ("À vérifier", reverse("territoire_a_verifier", args=[found.pk])),
        ("Cibles", reverse("territoire_cibles", args=[found.pk])),
        ("Définitions", reverse("indicateurs")),
    ]


def _chosen(words: list[str]) -> str:
    """What narrows the page, in words: « Réseau : CIO, Demande : Formation »."""
    return ", ".join(word for word in words if not word.startswith(("Période", "Comparé")))
