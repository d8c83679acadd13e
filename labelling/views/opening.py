"""The place opens: what will enter the directory, then the Region's act (AMI §2)."""

from types import SimpleNamespace

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from labelling.enums_ami import ApplicationState
from labelling.permissions import Perm
from labelling.services import openings as service
from labelling.services.dossier import place_of
from labelling.views.after_head import context, one
from labelling.views.dossier import week_context
from spo_portal.kernel.errors import Conflict, PortalError
from territories.access import Actor, can, guarded, require


@guarded(Perm.READ_FOLLOW_UP)
@require_http_methods(["GET", "HEAD", "POST"])
def opening(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The place of the file as the directory will show it; posted, it opens."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    application = one(actor, pk)
    error, status = "", 200
    if request.method == "POST":
        require(actor, Perm.FUND)
        try:
            service.open_place(by=actor, application=application)
        except PortalError as refusal:
            error, status = str(refusal), 409 if isinstance(refusal, Conflict) else 422
        else:
            messages.success(request, "Le lieu est ouvert : il est dans l’annuaire, avec ses horaires.")
            return redirect("ami_ouverture", pk)
    place = place_of(actor, application)
    material = SimpleNamespace(place=place)
    found = context(actor, application, "ami_ouverture", "Lieu") | {
        "lieu": service.opened_site(actor, application),
        "material": material,
        "semaine": week_context(material),
        "manque": service.missing(place),
        "erreur": error,
        "ouvrable": can(actor, Perm.FUND) and application.state == ApplicationState.CONVENTIONNEE,
        "enseigne": application.call.region.portal_name,
        "aujourd_hui": timezone.localdate(),
    }
    return render(request, "labelling/ouverture.html", found, status=status)
