"""The figures of one place: the smallest unit there is, never an individual's statistics (domain § 2)."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from dashboards.permissions import Perm
from dashboards.services.corrections import corrections_in_words
from dashboards.services.site_page import own_place
from dashboards.views.answers import exports_of, figures_answer
from dashboards.views.questions import ask_site, readable_site
from territories.access import can, guarded


@guarded(Perm.READ_SITE)
@require_safe
def site(request: HttpRequest, pk: int) -> HttpResponse:
    """One address, two publications: the référent's own, or the place inside its territory's (404 else)."""
    actor = request.actor  # type: ignore[attr-defined]
    found = readable_site(actor, pk)
    asked = ask_site(request.GET, actor, found)
    filters = asked.filters
    trail: list[tuple[str, str]] = []
    if not own_place(actor, found):
        kept = asked.above.but(demande="")
        if can(actor, Perm.READ_REGION):
            trail.append((found.territory.region.name, kept.url(reverse("region_tableau"))))
        above = reverse("territoire_tableau", args=[found.territory_id])
        trail += [(found.territory.name, kept.url(above)), (found.name, "")]
    words = [word for word in filters.words() if word.startswith("Demande")]
    member = found.reseau.name if found.reseau else "Partenaire associé"
    context = {
        "place": found,
        "title": found.name,
        "subtitle": f"{member} · {found.territory.name} · chiffres du lieu, jamais d’une personne",
        "period": filters.period,
        "trail": trail,
        "page": asked.page,
        "release": asked.release,
        "empty": asked.empty,
        "corrections": corrections_in_words(asked.release),
        "line": asked.line,
        "kept": [],
        "chosen": ", ".join(words),
        "sort": "",
        "sort_address": "",
        "exports": exports_of(reverse("export_lieu", args=[pk]), filters),
        "links": [("Définitions", reverse("indicateurs"))],
        "main": None,
        "wide": False,
    }
    page, fragment = "dashboards/lieu.html", "dashboards/partials/_figures.html"
    return figures_answer(request, filters, page, fragment, context)
