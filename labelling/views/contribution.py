"""The page a partner's link opens: what project, by whom, for what; its answer, once (AMI §2).

The link is the proof: the contribution is read and answered under the scope of its hash, and nothing else.
"""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods

from labelling.forms.accounts import ContributionForm, add_refusal
from labelling.models import AmiContribution
from labelling.services import partner_answers, partner_links
from spo_portal.kernel import throttle
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.http import client_address
from spo_portal.kernel.tenancy.scope import scoped
from territories.access import public
from territories.models import Region

PAGE, LOST = "labelling/contribution.html", "labelling/contribution_perdue.html"
# Wrong links from one address of the network in a quarter of an hour.
ATTEMPTS = (30, 900)


@require_http_methods(["GET", "HEAD", "POST"])
@public("Lien personnel d’un partenaire, à réponse unique, envoyé à une seule adresse.")
def contribution(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show the contribution and take the answer; an unknown, replaced or expired link gives a clear page."""
    response = _answer(request, token)
    # The path is a secret: no page the reader goes to next may learn it. « no-referrer » would make browsers
    # post the form with a null origin, which the CSRF check refuses.
    response.headers["Referrer-Policy"] = "strict-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _answer(request: HttpRequest, token: str) -> HttpResponseBase:
    with scoped(partner_links.scope_of(token)):
        row = partner_links.find(token)
    if row is None:
        bucket = throttle.address_bucket("contribution", client_address(request))
        throttle.limit(bucket, attempts=ATTEMPTS[0], seconds=ATTEMPTS[1])
        return render(request, LOST, status=404)
    if row.answered_at is not None:
        status = 409 if request.method == "POST" else 200
        return _page(request, row, status=status, answered=True, twice=request.method == "POST")
    form = ContributionForm(request.POST if request.method == "POST" else None, initial={"amended": row.text})
    if request.method != "POST" or not form.is_valid():
        return _page(request, row, form=form, status=422 if form.is_bound else 200)
    try:
        with scoped(partner_links.scope_of(token)):
            partner_answers.answer(token=token, **form.cleaned_data)
    except Refused as refusal:
        add_refusal(form, refusal)
        return _page(request, row, form=form, status=422)
    except Conflict:
        return _already(request, token)
    return redirect("ami_contribution", token)


def _already(request: HttpRequest, token: str) -> HttpResponse:
    """Somebody answered in between: the answer kept is the one shown."""
    with scoped(partner_links.scope_of(token)):
        row = partner_links.find(token)
    if row is None:
        return render(request, LOST, status=404)
    return _page(request, row, status=409, answered=True, twice=True)


def _page(
    request: HttpRequest, row: AmiContribution, *, status: int = 200, **context: object
) -> HttpResponse:
    shown = (
        dict.fromkeys(("projet", "porteur", "bassin", "appel", "region", "limite", "contact"), "") | row.shown
    )
    shown["limite"] = parse_datetime(shown["limite"]) if shown["limite"] else None
    # The page wears the colours of the region that calls, as the page of the call does.
    region = Region.objects.filter(name=shown["region"]).first()
    worn = {"region": region, "portal_name": region.portal_name} if region else {}
    return render(request, PAGE, {"row": row, "shown": shown, **worn, **context}, status=status)
