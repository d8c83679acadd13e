"""The list of the shared places followed by a bassin's committee, by the animation and by the Region."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labelling.permissions import Perm
from labelling.services import moves
from labelling.services.places_list import followed_places
from labelling.views.dossier_head import TONES
from territories.access import Actor, guarded

PER_PAGE = 50


@guarded(Perm.READ_FOLLOW_UP)
@require_safe
def places(request: HttpRequest) -> HttpResponse:
    """Fifty projects at a time, by bassin, each with what is late."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = followed_places(actor)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page", "1")[:9])
    return render(
        request,
        "labelling/lieux.html",
        {
            "page": page,
            "total": len(found),
            "ouverts": sum(1 for one in found if one.site is not None),
            "en_retard": sum(1 for one in found if one.alerts),
            "lignes": [
                (one, moves.state_words(actor, one.file), TONES.get(moves.told_state(actor, one.file), ""))
                for one in page.object_list
            ],
        },
    )
