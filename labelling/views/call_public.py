"""What anybody reads of the calls: the list, one call, its PDF. No draft, no file, no name of who asked."""

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from labelling.documents.call import call_pdf
from labelling.models import AmiCall
from labelling.permissions import Perm
from labelling.services.call_page import CallPage, public_reader, published_calls, read_call
from labelling.views.calls import LIST_TITLE, own_call
from spo_portal.kernel import pdf, throttle
from spo_portal.kernel.http import client_address
from spo_portal.kernel.tables import file_stem
from territories.access import Actor, guarded, public
from territories.models import Region

HOUR, PDF_PER_HOUR = 3600, 60
BUSY = "Le PDF se prépare trop lentement en ce moment. Réessayez dans une minute."


@public("Appels publiés par les Régions : chacun peut les lire et y répondre.")
@require_safe
def listing(request: HttpRequest) -> HttpResponseBase:
    """Every region's calls that are out, those that take files first."""
    found = []
    for region in Region.objects.all():
        with public_reader(region) as reader:
            calls = published_calls(reader, region)
        if calls:
            found.append((region, calls))
    return render(request, "labelling/appels_publics.html", {"regions": found, "title": LIST_TITLE})


def _read(region_slug: str, slug: str) -> tuple[Region, CallPage]:
    """The call of an address, read as anybody; 404 for a draft, a foreign one or none."""
    region = Region.objects.filter(slug=region_slug).first()
    if region is not None:
        with public_reader(region) as reader:
            call = AmiCall.objects.visible_to(reader).filter(region=region, slug=slug).first()
            if call is not None:
                call.region = region
                return region, read_call(reader, call)
    raise Http404("Aucun appel publié à cette adresse.")


@public("Un appel publié : texte, critères, grille, dates, rectificatifs, questions et réponses.")
@require_safe
def call(request: HttpRequest, region: str, slug: str) -> HttpResponseBase:
    found, page = _read(region, slug)
    context = {
        "page": page,
        "call": page.call,
        # The page wears the region's colours, whoever reads it.
        "region": found,
        "portal_name": found.portal_name,
        "trail": [(LIST_TITLE, reverse("ami_public"))],
    }
    return render(request, "labelling/appel_public.html", context)


@public("Le même appel, à garder et à imprimer.")
@require_safe
def document(request: HttpRequest, region: str, slug: str) -> HttpResponseBase:
    bucket = throttle.address_bucket("ami-pdf", client_address(request))
    throttle.limit(bucket, attempts=PDF_PER_HOUR, seconds=HOUR)
    found, page = _read(region, slug)
    return _file(found, page)


@guarded(Perm.WRITE_CALL)
@require_safe
def draft_document(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The PDF for the Region, drafts included: to read again on paper before it is published."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    call = own_call(actor, pk)
    return _file(call.region, read_call(actor, call))


def _file(region: Region, page: CallPage) -> HttpResponse:
    try:
        content = call_pdf(region, page)
    except (pdf.PdfBusy, pdf.PdfFailed):
        response = HttpResponse(BUSY, content_type="text/plain; charset=utf-8", status=503)
        response.headers["Retry-After"] = "60"
        return response
    response = HttpResponse(content, content_type="application/pdf")
    name = f"{page.call.slug}-{file_stem(region.name)}.pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response
