"""The place opens: what will enter the directory, then the Region's act (AMI §2)."""

from types import SimpleNamespace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from labelling.enums_ami import ApplicationState
from labelling.models import AmiApplication
from labelling.permissions import Perm
from labelling.services import openings as service
from labelling.services.dossier import place_of
from labelling.views.after_head import context, one
from labelling.views.dossier import week_context
from spo_portal.kernel.errors import Conflict, PortalError
from territories.access import Actor, can, guarded


@guarded(Perm.READ_FOLLOW_UP)
@require_safe
def opening(request: HttpRequest, pk: int) -> HttpResponse:
    """The place of the file as the directory will show it, or shows it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return _show(request, actor, one(actor, pk))


@guarded(Perm.FUND)
@require_POST
def open_now(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The Region opens the place."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    application = one(actor, pk)
    try:
        service.open_place(by=actor, application=application)
    except PortalError as refusal:
        status = 409 if isinstance(refusal, Conflict) else 422
        return _show(request, actor, one(actor, pk), error=str(refusal), status=status)
    messages.success(request, "Le lieu est ouvert : il est dans l’annuaire, avec ses horaires.")
    return redirect("ami_ouverture", pk)


def _show(
    request: HttpRequest, actor: Actor, application: AmiApplication, *, error: str = "", status: int = 200
) -> HttpResponse:
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
    }
    return render(request, "labelling/ouverture.html", found, status=status)
