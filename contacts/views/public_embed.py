"""The list for other sites to embed, how to embed it, and what search engines are told."""

from xml.sax.saxutils import escape

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from contacts.services.public.asking import read
from contacts.services.public.listing import listing, open_regions
from contacts.services.public.place import place_url
from contacts.services.public.whereabouts import locate
from contacts.views.public_directory import shown
from contacts.views.public_pages import answer, context_of, count_visit, plain, region_or_404
from labelling.services.call_page import public_reader
from territories.access import public
from territories.models import Site

HOUR = 3600
# The limit of the format; a directory past it would be cut, never refused.
SITEMAP_MOST = 50_000


@public("Liste à intégrer dans le site d’une mairie ou d’un partenaire : la même que l’annuaire public.")
@require_safe
def embedded(request: HttpRequest, region: str) -> HttpResponseBase:
    """The list alone. The only page of the portal that another site may put in a frame: it holds no form
    that writes and nothing of who is logged in."""
    found = region_or_404(region)
    count_visit(request)
    with public_reader(found) as by:
        result = listing(by, read(request.GET), timezone.now())
    context = context_of(request, found, **shown(result))
    page = render(request, "contacts/public/integre.html", context)
    return answer(request, page, frame_ancestors="*")


@public("Mode d’emploi de la liste à intégrer.")
@require_safe
def guide(request: HttpRequest, region: str) -> HttpResponseBase:
    """The HTML to paste, for the commune chosen."""
    found = region_or_404(region)
    asked = read(request.GET)
    with public_reader(found) as by:
        where = locate(by, asked)
    query = asked.query(commune=where.commune.pk if where.commune else "", where="")
    preview = reverse("ou_integre", args=[found.slug]) + (f"?{query}" if query else "")
    address = settings.BASE_URL + preview
    code = (
        f'<iframe src="{escape(address, {chr(34): "&quot;"})}" title="Où s’adresser ? Lieux d’accueil'
        ' pour l’orientation" width="100%" height="700" loading="lazy"></iframe>'
    )
    context = context_of(request, found, where=where, asked=asked, code=code, preview=preview)
    return answer(request, render(request, "contacts/public/integrer.html", context))


@public("Plan des pages publiques, pour les moteurs de recherche.")
@require_safe
def sitemap(request: HttpRequest) -> HttpResponseBase:
    """Every region's search and places, with the day each record last changed."""
    base, lines = settings.BASE_URL, []
    for region in open_regions():
        lines.append(f"<url><loc>{base}{reverse('ou_region', args=[region.slug])}</loc></url>")
        with public_reader(region) as by:
            places = Site.objects.visible_to(by).can_be_suggested().order_by("pk")
            for site in places.only("pk", "name", "changed_at")[:SITEMAP_MOST]:
                day = timezone.localdate(site.changed_at).isoformat()
                lines.append(
                    f"<url><loc>{escape(base + place_url(region, site))}</loc><lastmod>{day}</lastmod></url>"
                )
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        + "".join(lines[:SITEMAP_MOST])
        + "</urlset>\n"
    )
    return plain(request, body, "application/xml", seconds=HOUR)
