"""The directory as files: for those who work in the region, and as open data (domain §§ 2, 5)."""

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from labelling.services.exchange import files
from spo_portal.kernel import throttle
from spo_portal.kernel.http import client_address
from territories.access import guarded, public
from territories.models import Region
from territories.permissions import Perm
from territories.services.directory import read_filters

HOUR = 3600
CACHE = "public, max-age=3600"


@guarded(Perm.READ_DIRECTORY)
@require_safe
def export(request: HttpRequest, fmt: str) -> HttpResponseBase:
    """The places of the directory's page with its filters, in one of the formats offered there."""
    actor = request.actor  # type: ignore[attr-defined]
    if fmt not in files.CODES or actor.region is None:
        raise Http404("Ce format n’existe pas.")
    return files.export(by=actor, region=actor.region, filters=read_filters(request.GET, actor), fmt=fmt)


@public("Données ouvertes : l’annuaire des lieux, tel que chacun peut le lire.")
@require_safe
def open_directory(request: HttpRequest, region: str, fmt: str) -> HttpResponseBase:
    """The directory of a region for anyone, at an address that does not change; an hour old at most."""
    if fmt not in files.CODES:
        raise Http404("Ce format n’existe pas.")
    bucket = throttle.address_bucket("ouvertes", client_address(request))
    throttle.limit(bucket, attempts=settings.OPEN_DATA_PER_HOUR, seconds=HOUR)
    found = Region.objects.filter(slug=region).first()
    if found is None:
        raise Http404("Aucun annuaire à cette adresse.")
    response = files.publish(found, fmt)
    response.headers["Cache-Control"] = CACHE
    return response
