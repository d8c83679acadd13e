"""Fragments of the fiche's screen for htmx: doors and preview. They read what is typed and store nothing."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from contacts.forms.typed import Typed
from contacts.permissions import Perm
from contacts.services import fiches
from contacts.views import screen
from contacts.views.fiche import full_context, lists_for
from territories.access import Actor, guarded


@guarded(Perm.FILL_FICHE)
@require_POST
def portes(request: HttpRequest) -> HttpResponse:
    """Step 3 again, with the preview beside it: asked when the status, the requests or the place change."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    typed = Typed.read(request.POST)
    version = lists_for(actor, typed.day)
    context = full_context(actor, fiches.desk_of(actor), version, typed)
    return render(request, "contacts/partials/_portes_reponse.html", context)


@guarded(Perm.FILL_FICHE)
@require_POST
def apercu(request: HttpRequest) -> HttpResponse:
    """The preview and the sentence of the action bar: asked when a door or the appointment changes."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    typed = Typed.read(request.POST)
    version = lists_for(actor, typed.day)
    shown = screen.preview(
        by=actor,
        desk=fiches.desk_of(actor),
        version=version,
        typed=typed,
        sites=screen.chosen_sites(actor, typed),
    )
    # The choice of the appointment's structure is redrawn from the doors only: never under the hands of who
    # fills it.
    from_doors = request.headers.get("HX-Trigger") != "etape-rdv"
    context = {"apercu": shown, "typed": typed, "redraw_rdv": from_doors}
    return render(request, "contacts/partials/_apercu_reponse.html", context)
