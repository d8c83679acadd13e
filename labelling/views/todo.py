"""« À faire »: everything that waits for the acting role, by date (domain § 7)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labelling.permissions import Perm
from labelling.services import todo as service
from territories.access import Actor, guarded


@guarded(Perm.SEE_TODO)
@require_safe
def todo(request: HttpRequest) -> HttpResponse:
    """What is late, what comes within a week, then the rest: each with its date and its link."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    items = service.todo(by=actor)
    late = [item for item in items if item.late]
    soon = [item for item in items if item.soon]
    rest = [item for item in items if not item.late and not item.soon]
    groups = [
        ("retard", "En retard", late, "error"),
        ("semaine", "Dans les sept jours", soon, "warn"),
        ("suite", "Ensuite", [item for item in rest if item.due], ""),
        ("sans", "Sans date", [item for item in rest if not item.due], ""),
    ]
    context = {"groups": [group for group in groups if group[2]], "count": len(items)}
    return render(request, "labelling/a_faire.html", context)
