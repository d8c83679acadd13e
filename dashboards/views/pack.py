"""The file for the CCREFP or CREFOP: asked with one button, made by the worker, kept 24 hours."""

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dashboards.exports.pages import Export
from dashboards.jobs_pack import CCREFP
from dashboards.models import Synthesis
from dashboards.permissions import Perm
from dashboards.services.years import published_years
from dashboards.views.export import note
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.jobs import enqueue
from territories.access import Actor, guarded
from territories.models import Territory


@guarded(Perm.READ_REGION)
@require_http_methods(["GET", "HEAD", "POST"])
def ccrefp(request: HttpRequest) -> HttpResponseBase:
    """Say what the file holds; POST asks for it and goes to its progress. A double click asks once."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    region = actor.region
    years = published_years(by=actor, region=region) or (timezone.localdate().year,)
    asked = request.POST.get("annee") or request.GET.get("annee", "")
    year = next((one for one in years if str(one) == asked), years[0])
    if request.method == "POST":
        count = Territory.objects.visible_to(actor).steered_by(actor).count()
        try:
            job = enqueue(
                by=actor,
                kind=CCREFP,
                title=f"Dossier pour le {region.body_name}, {year}",  # type: ignore[union-attr]
                params={"annee": year},
                total=count + 2,
                mail=True,
            )
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("export_ccrefp")
        note(actor, Export("", [("Filtres", str(year))], "region", region.pk), "zip", "ccrefp")  # type: ignore[union-attr]
        return redirect("travail", cle=job.uuid)
    frozen = Synthesis.objects.visible_to(actor).filter(region=region, version__isnull=False)
    context = {
        "years": years,
        "year": year,
        "frozen": set(frozen.values_list("year", flat=True)),
        "body": region.body_name,  # type: ignore[union-attr]
    }
    return render(request, "dashboards/ccrefp.html", context)
