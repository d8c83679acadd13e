"""Hours of the référent's own place: edit, see the effect on the 50 % rule, save (prototype 11)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from spo_portal.kernel.errors import Conflict, Refused
from territories import hours
from territories.access import get_visible_or_404, guarded
from territories.forms.hours_seasons import HoursForm, hours_initial
from territories.models import Site
from territories.permissions import Perm
from territories.services.hours import WITH_HOURS, fingerprint, week_of
from territories.services.hours_saving import save_hours
from territories.views.hours_page import page
from territories.views.hours_typed import one_more, typed_form


@guarded(Perm.EDIT_HOURS)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest) -> HttpResponseBase:
    """The own place's week, seasons and closures. Nothing is saved before its effect has been shown."""
    actor = request.actor  # type: ignore[attr-defined]
    if actor.site_id is None:
        raise Http404
    site = get_visible_or_404(
        Site.objects.select_related("reseau", "territory").prefetch_related(*WITH_HOURS),
        actor,
        pk=actor.site_id,
    )
    current = week_of(site)
    if request.method != "POST":
        return page(request, site, fresh_form(current, current), current, current)
    if request.POST.get("action") == "importer":
        return _import(request, site, current)
    if "ajouter" in request.POST:
        form, week = one_more(request)
        return page(request, site, form, current, week)
    form = typed_form(request)
    if not form.is_valid() or form.week is None:
        return page(request, site, form, current, None, status=422)
    if request.POST.get("action") not in {"enregistrer", "confirmer"}:
        return page(request, site, form, current, form.week)
    return _save(request, site, form, current, form.week)


def fresh_form(week: hours.Week, current: hours.Week) -> HoursForm:
    """The form filled with ``week``, made from the hours kept now."""
    initial, rows, closures, seasons = hours_initial(week, timezone.localdate())
    initial["vu"] = fingerprint(current)
    return HoursForm(initial=initial, rows=rows, closures=closures, seasons=seasons)


def _import(request: HttpRequest, site: Site, current: hours.Week) -> HttpResponse:
    """A line pasted: drawn in the form, kept only when the form is saved."""
    line = request.POST.get("ligne", "").strip()
    extra: dict[str, Any] = {"ligne": line}
    try:
        if not line:
            raise hours.HoursError("Collez d’abord une ligne d’horaires.")
        week = hours.parse_osm(line)
    except hours.HoursError as error:
        extra["ligne_erreur"] = str(error)
        return page(request, site, fresh_form(current, current), current, current, status=422, extra=extra)
    extra["ligne_lue"] = True
    return page(request, site, fresh_form(week, current), current, week, extra=extra)


def _save(
    request: HttpRequest, site: Site, form: HoursForm, current: hours.Week, week: hours.Week
) -> HttpResponseBase:
    try:
        save_hours(
            by=request.actor,  # type: ignore[attr-defined]
            site=site,
            week=week,
            seen=form.cleaned_data["vu"],
            reason=form.cleaned_data["motif"],
            accept_under_half=request.POST.get("action") == "confirmer",
        )
    except Conflict as conflict:
        form.add_error(None, f"{conflict} Comparez les deux versions ci-dessous, puis choisissez.")
        # Saving again is a choice made with both versions in sight.
        form.data = form.data.copy()
        form.data["vu"] = fingerprint(current)
        return page(request, site, form, current, week, status=409, extra={"conflit": True})
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return page(request, site, form, current, week, status=422, ask_reason=True)
    messages.success(
        request, "Horaires enregistrés : l’annuaire et les suggestions les montrent dès maintenant."
    )
    return redirect("horaires")
