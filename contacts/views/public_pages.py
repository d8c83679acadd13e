"""What every page of « Où s’adresser ? » shares: its region, its context, its headers.

Nobody is logged in there: a page is the same for everybody, so that any cache may keep it.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from spo_portal.kernel import throttle
from spo_portal.kernel.http import client_address, policy, same_for_all
from territories.access import ANONYMOUS
from territories.context import public_menu
from territories.models import Region

MINUTE = 60
# « Ouvert maintenant » is told to the minute.
KEPT_SECONDS = 60


def region_or_404(slug: str) -> Region:
    region = Region.objects.filter(slug=slug).first()
    if region is None:
        raise Http404("Aucune région à cette adresse.")
    return region


def count_visit(request: HttpRequest) -> None:
    """A reader turns pages; a program that copies the directory takes the open data instead."""
    bucket = throttle.address_bucket("annuaire-public", client_address(request))
    throttle.limit(bucket, attempts=settings.DIRECTORY_PER_MINUTE, seconds=MINUTE)


def context_of(request: HttpRequest, region: Region | None, **more: object) -> dict[str, object]:
    """Context of a page: the region's colours, the public menu, nothing of who is logged in."""
    return {
        "actor": ANONYMOUS,
        "memberships": (),
        "messages": (),
        "region": region,
        "nav_items": public_menu(request.path),
        "portal_name": region.portal_name if region else "Orientation pour tous",
        "base_url": settings.BASE_URL,
        **more,
    }


def tiles_origin() -> str:
    """Where the background of the map comes from, as the policy writes it; empty without tiles."""
    if not settings.MAP_TILES_URL:
        return ""
    parts = urlsplit(settings.MAP_TILES_URL)
    return f"{parts.scheme}://{parts.netloc}"


def answer(
    request: HttpRequest, response: HttpResponse, *, seconds: int = KEPT_SECONDS, **sources: str
) -> HttpResponseBase:
    """The page with its policy; ``sources``: see ``kernel.http.policy``."""
    if settings.MAP_TILES_URL:
        sources.setdefault("img_src", tiles_origin())
    response.headers["Content-Security-Policy"] = policy(**sources)
    return same_for_all(request, response, seconds=seconds)


def plain(request: HttpRequest, body: str, content_type: str, *, seconds: int) -> HttpResponseBase:
    return same_for_all(request, HttpResponse(body, content_type=content_type), seconds=seconds)
