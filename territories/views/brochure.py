"""The regional animation uploads the Region's plaquette (domain § 3, « part handed over »)."""

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from spo_portal.kernel.errors import Refused
from territories.access import guarded
from territories.forms.brochure import BrochureForm
from territories.models import Brochure
from territories.permissions import Perm
from territories.services.brochure import store_brochure


@guarded(Perm.EDIT_BROCHURE)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponseBase:
    """Show the plaquettes in use and take a new one."""
    actor = request.actor  # type: ignore[attr-defined]
    form = BrochureForm(*([request.POST, request.FILES] if request.method == "POST" else []), actor=actor)
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["fichier"]
        try:
            brochure = store_brochure(
                by=actor, region=form.chosen_region, name=sent.name, content=sent.read()
            )
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(
                request, f"Plaquette déposée : {brochure.name}. Elle accompagne les fiches dès maintenant."
            )
            return redirect("plaquette_deposer")
    latest = (
        Brochure.objects.visible_to(actor)
        .filter(region_id__in=actor.scope.lead)
        .defer("content")
        .select_related("region")
        .order_by("region_id", "-uploaded_at", "-pk")
        .distinct("region_id")
    )
    context = {"form": form, "brochures": list(latest)}
    return render(request, "territories/plaquette.html", context, status=422 if form.is_bound else 200)
