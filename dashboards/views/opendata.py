"""Open data: one page and stable addresses, for anyone, without a cookie."""

import datetime
import json
from collections.abc import Callable, Iterator
from functools import wraps
from itertools import groupby

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import condition, require_safe

from dashboards.exports import opendata
from dashboards.exports.opendata import Issue
from dashboards.services.published import why_masked
from spo_portal.kernel import throttle
from spo_portal.kernel.http import client_address, stream
from spo_portal.kernel.privacy import OUTSIDE
from spo_portal.kernel.tables import file_stem
from spo_portal.kernel.tenancy.scope import NOBODY, scoped
from territories.access import public
from territories.models import Region

HOUR = 3600
CACHE = "public, max-age=3600"
Chunks = Callable[[Issue], Iterator[str]]


@public("Données ouvertes : chiffres d’années closes, masqués pour tous.")
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """What may be downloaded, under which licence, and what each column means."""
    with scoped(NOBODY):
        found = opendata.issues()
    context = {
        "regions": [(region, list(held)) for region, held in groupby(found, lambda issue: issue.region)],
        "directories": list(Region.objects.order_by("name")),
        "licence": settings.OPEN_DATA_LICENCE,
        "licence_url": settings.OPEN_DATA_LICENCE_URL,
        "fields": opendata.FIELDS,
        "dimensions": opendata.dimensions(),
        "masking": why_masked(OUTSIDE),
    }
    return render(request, "dashboards/donnees_ouvertes.html", context)


def _issue(slug: str, annee: int) -> Issue:
    """The publication of an address; 404 for what does not exist, is not closed or is not public."""
    region = Region.objects.filter(slug=slug).first()
    if region is None or not 2000 <= annee <= 2100:
        raise Http404("Aucune publication à cette adresse.")
    with scoped(NOBODY):
        found = opendata.issues(region=region, year=annee)
    if not found:
        raise Http404("Aucune publication à cette adresse.")
    return found[0]


def _download(chunks: Chunks, content_type: str, ending: str) -> Callable[..., HttpResponseBase]:
    """A file with a mark and a date: whoever holds it already is told so and downloads nothing."""

    @public("Données ouvertes : chiffres d’années closes, masqués pour tous.")
    @require_safe
    @wraps(chunks)
    def view(request: HttpRequest, slug: str, annee: int) -> HttpResponseBase:
        bucket = throttle.address_bucket("ouvertes", client_address(request))
        throttle.limit(bucket, attempts=settings.OPEN_DATA_PER_HOUR, seconds=HOUR)
        issue = _issue(slug, annee)

        def etag(*_: object, **__: object) -> str:
            # One mark for each format of the same figures.
            return f'{issue.etag[:-1]}-{ending}"'

        def modified(*_: object, **__: object) -> datetime.datetime:
            return issue.filled_at.replace(microsecond=0)

        @condition(etag_func=etag, last_modified_func=modified)
        def body(request: HttpRequest) -> HttpResponseBase:
            name = f"contacts-{file_stem(issue.region.name)}-{issue.year}.{ending}"
            return stream(NOBODY, lambda: chunks(issue), content_type=content_type, filename=name)

        response = body(request)
        response.headers["Cache-Control"] = CACHE
        return response

    return view


contacts_csv = _download(opendata.csv_chunks, "text/csv; charset=utf-8; header=present", "csv")
contacts_json = _download(opendata.json_chunks, "application/json", "json")


@public("Données ouvertes : le sens des colonnes.")
@require_safe
def dictionary(request: HttpRequest) -> HttpResponse:
    return _small(opendata.dictionary_csv(), "text/csv; charset=utf-8", "dictionnaire.csv")


@public("Données ouvertes : le schéma des fichiers (Table Schema).")
@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    text = json.dumps(opendata.schema(), ensure_ascii=False, indent=1)
    return _small(text, "application/json", "schema.json")


def _small(text: str, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type=content_type)
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Cache-Control"] = CACHE
    return response
