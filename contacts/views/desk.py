"""The desk: the first page of counsellors."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from contacts.permissions import Perm
from contacts.services import desk, listing
from contacts.services.fiches import desk_of
from territories.access import guarded


@guarded(Perm.FILL_FICHE)
@require_GET
def comptoir(request: HttpRequest) -> HttpResponse:
    """A new fiche, an arrival, the last five fiches, what waits today."""
    by = request.actor  # type: ignore[attr-defined]
    now = timezone.now()
    today = timezone.localdate(now)
    site, week, versions = desk_of(by), desk.week_of(by, now), listing.versions_of(by)
    last = listing.with_destinations(fiches_last(by), by)[:5]
    context = {
        "site": site,
        "today": today,
        "opening": desk.opening_sentence(site, week, now),
        "counts": desk.counts(by, today),
        "rows": listing.rows(last, versions),
        "todos": desk.todos(by, week, now),
    }
    return render(request, "contacts/comptoir.html", context)


def fiches_last(by):  # type: ignore[no-untyped-def]
    """The last ones written, whatever day they are about: an imported pile does not hide this morning's."""
    return listing.fiches_of(by).order_by("-created_at", "-id")
