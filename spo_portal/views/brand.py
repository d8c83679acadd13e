"""The region layer of the style sheets: three tokens per Region, from its data."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from territories.access import public
from territories.models import Region


@require_GET
@public("Couleurs d’une Région : les pages publiques les portent aussi.")
def region_css(request: HttpRequest, slug: str) -> HttpResponse:
    """``/region/<slug>.css``: no inline style anywhere, the policy stays strict."""
    region = get_object_or_404(Region, slug=slug)
    css = (
        "@layer tokens, region, base, components, screens, print;\n"
        f'@layer region {{ [data-region="{region.slug}"] {{'
        f" --region-primary: {region.brand_primary}; --region-accent: {region.brand_accent}; }} }}\n"
    )
    response = HttpResponse(css, content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@require_GET
@public("Logo d’une Région : les pages publiques le portent aussi.")
def region_logo(request: HttpRequest, slug: str) -> HttpResponse:
    region = get_object_or_404(Region, slug=slug)
    response = HttpResponse(region.logo_svg, content_type="image/svg+xml")
    response.headers["Cache-Control"] = "public, max-age=300"
    # An image opened on its own must run nothing, whatever it holds.
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response
