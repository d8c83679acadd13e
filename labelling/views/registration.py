"""The public page where somebody asks for a porteur's account, from an open call (AMI §3)."""

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from labelling.forms.accounts import RegistrationForm, add_refusal
from labelling.models import AmiApplication, AmiCall
from labelling.services import registration as service
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.http import client_address
from territories.access import Actor, public
from territories.enums import Role
from territories.models import Region

PAGE = "labelling/candidater.html"


@require_http_methods(["GET", "HEAD", "POST"])
@public("Demande de compte pour répondre à un appel ouvert : une adresse, une organisation, une fonction.")
def apply(request: HttpRequest, region: str, slug: str) -> HttpResponseBase:
    """Ask for a link. The answer is one sentence, whatever is known of the address or of the organisation."""
    found = Region.objects.filter(slug=region).first()
    call = AmiCall.objects.public().filter(region=found, slug=slug).first() if found else None
    if found is None or call is None:
        raise Http404("Cet appel n’existe pas.")
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.role == Role.PORTEUR and actor.region_id == found.pk:
        return _own_file(actor, call)
    context = {"call": call, "region": found, "portal_name": found.portal_name}
    if service.open_call(found, slug) is None:
        return render(request, PAGE, context | {"closed": True})
    form = RegistrationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            service.register(
                call=call,
                email=typed["email"],
                organisation_name=typed["organisation"],
                function=typed["display_name"],
                client=client_address(request),
            )
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            return render(request, PAGE, context | {"sent": typed["email"].strip().lower()})
    return _form(request, context, form)


def _form(request: HttpRequest, context: dict[str, object], form: RegistrationForm) -> HttpResponse:
    return render(request, PAGE, context | {"form": form}, status=422 if form.is_bound else 200)


def _own_file(actor: Actor, call: AmiCall) -> HttpResponseBase:
    """A porteur goes straight to its file; to the call when it has none there, or several."""
    mine = list(AmiApplication.objects.of_body(actor).filter(call=call).values_list("pk", flat=True)[:2])
    return redirect("ami_dossier", mine[0]) if len(mine) == 1 else redirect("ami_appel", call.pk)
