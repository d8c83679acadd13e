"""The page of a place, its QR code, and the way back from an old address."""

import io

import segno
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from contacts.services.public.linked import linked_data
from contacts.services.public.place import PlacePage, read_place
from contacts.views.public_pages import answer, context_of, count_visit, region_or_404
from labelling.services.call_page import public_reader
from spo_portal.kernel.http import same_for_all
from territories.access import public

MISSING = "Aucun lieu ouvert au public à cette adresse."
HOUR = 3600
LARGEST_KEY = 2**63


def _read(region_slug: str, pk: int) -> PlacePage:
    region = region_or_404(region_slug)
    if pk < LARGEST_KEY:
        with public_reader(region) as by:
            page = read_place(by, region, pk, timezone.now())
        if page is not None:
            return page
    raise Http404(MISSING)


@public("Page d’un lieu d’accueil : ce que chacun doit savoir pour s’y rendre.")
@require_safe
def place(request: HttpRequest, region: str, pk: int, slug: str) -> HttpResponseBase:
    """The place; an address whose name is no longer the place's leads to the one that is."""
    count_visit(request)
    page = _read(region, pk)
    if slug != page.slug:
        return redirect(page.url, permanent=True)
    context = context_of(
        request,
        page.region,
        page=page,
        site=page.site,
        now=page.at,
        trail=[
            ("Où s’adresser ?", reverse("ou_s_adresser")),
            (page.region.name, reverse("ou_region", args=[page.region.slug])),
        ],
        linked=linked_data(page),
    )
    return answer(request, render(request, "contacts/public/lieu.html", context))


@public("Code QR de la page d’un lieu, à imprimer sur une affiche.")
@require_safe
def qr(request: HttpRequest, region: str, pk: str, form: str) -> HttpResponseBase:
    """The address of the page as a QR code, drawn (SVG) or as a picture (PNG)."""
    page = _read(region, int(pk))
    code = segno.make(page.address, error="m", micro=False)
    out = io.BytesIO()
    if form == "svg":
        code.save(out, kind="svg", border=4, xmldecl=False, title=f"QR : {page.site.name}")
    else:
        code.save(out, kind="png", border=4, scale=12)
    kind = "image/svg+xml" if form == "svg" else "image/png"
    response = HttpResponse(out.getvalue(), content_type=kind)
    response.headers["Content-Disposition"] = f'inline; filename="{page.slug}.{form}"'
    return same_for_all(request, response, seconds=HOUR)
