"""Hours of the référent's own place: edit, see the effect on the 50 % rule, save (prototype 11)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.typography import DAYS
from territories import hours
from territories.access import get_visible_or_404, guarded
from territories.forms.hours import MAX_CLOSURES, WeekForm, initial_of
from territories.models import Site
from territories.permissions import Perm
from territories.services.hours import fingerprint, week_of
from territories.services.hours_effect import Effect, effect_of
from territories.services.hours_saving import save_hours
from territories.views.week import days_of, line_counts, one_more_line, percent_of


@guarded(Perm.EDIT_HOURS)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest) -> HttpResponseBase:
    """The own place's week and closures. Nothing is saved before the effect on the share has been shown."""
    actor = request.actor  # type: ignore[attr-defined]
    if actor.site_id is None:
        raise Http404
    site = get_visible_or_404(Site.objects.select_related("reseau", "territory"), actor, pk=actor.site_id)
    current = week_of(site)
    if request.method != "POST":
        initial, rows, closures = initial_of(current, timezone.localdate())
        form = WeekForm(initial=initial | {"vu": fingerprint(current)}, rows=rows, closures=closures)
        return _page(request, site, form, current, current)
    if "ajouter" in request.POST:
        return _with_one_more_line(request, site, current)
    rows, closures = line_counts(request.POST)
    form = WeekForm(request.POST, rows=rows, closures=closures)
    if not form.is_valid() or form.week is None:
        return _page(request, site, form, current, None, status=422)
    if request.POST.get("action") not in {"enregistrer", "confirmer"}:
        return _page(request, site, form, current, form.week)
    return _save(request, site, form, current, form.week)


def _save(
    request: HttpRequest, site: Site, form: WeekForm, current: hours.Week, week: hours.Week
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
        form.add_error(
            None, f"{conflict} Rechargez la page pour voir ses changements, puis refaites les vôtres."
        )
        return _page(request, site, form, current, week, status=409)
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _page(request, site, form, current, week, status=422, ask_reason=True)
    messages.success(
        request, "Horaires enregistrés : l’annuaire et les suggestions les montrent dès maintenant."
    )
    return redirect("horaires")


def _with_one_more_line(request: HttpRequest, site: Site, current: hours.Week) -> HttpResponse:
    """The same form, as typed, with an empty line more; nothing is checked yet."""
    form, week = one_more_line(request)
    return _page(request, site, form, current, week)


def _page(
    request: HttpRequest,
    site: Site,
    form: WeekForm,
    current: hours.Week,
    week: hours.Week | None,
    *,
    status: int = 200,
    ask_reason: bool = False,
) -> HttpResponse:
    effect: Effect | None = None
    if week is not None:
        effect = effect_of(site, current, week, by=request.actor)  # type: ignore[attr-defined]
    changed = [] if week is None else [day for day in range(7) if week.on(day) != current.on(day)]
    days = days_of(form, week, set(changed))
    changes = len(changed) + (week is not None and _coming(week) != _coming(current))
    context: dict[str, Any] = {
        "site": site,
        "form": form,
        "days": days,
        "closures": form.closure_lines(),
        "effect": effect,
        "closure_count": form.closure_rows,
        "more_closures": form.closure_rows < MAX_CLOSURES,
        "changes": changes,
        "ask_reason": ask_reason or (effect is not None and effect.needs_a_reason),
        "after": percent_of(effect.after) if effect else None,
        "before": percent_of(effect.before) if effect else None,
        "network_before": percent_of(effect.network_before) if effect else None,
        "network_after": percent_of(effect.network_after) if effect else None,
        "fixed": percent_of(effect.fixed_share) if effect else None,
        "fix_words": _fix_words(effect.fix) if effect and effect.fix else "",
    }
    return render(request, "territories/horaires.html", context, status=status)


def _coming(week: hours.Week) -> list[hours.Closure]:
    today = timezone.localdate()
    return [closure for closure in week.closures if closure.last_day >= today]


def _fix_words(slot: hours.Slot) -> str:
    times = f"de {hours.clock(slot.start)} à {hours.clock(slot.end)}"
    return f"{DAYS[slot.weekday].capitalize()}, {times} sans rendez-vous"
