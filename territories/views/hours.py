"""Hours of the référent's own place: edit, see the effect on the 50 % rule, save (prototype 11)."""

import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.typography import DAYS, duration
from territories import hours
from territories.access import get_visible_or_404, guarded
from territories.forms.hours import MAX_CLOSURES, MAX_ROWS, WeekForm, initial_of
from territories.models import Site
from territories.permissions import Perm
from territories.services.hours import Effect, effect_of, fingerprint, save_hours, week_of

ADD_CLOSURE = "fermeture"
A_MONDAY = datetime.date(2024, 1, 1)


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
    rows, closures = _line_counts(request.POST)
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


def _line_counts(data: QueryDict) -> tuple[dict[int, int], int]:
    """Numbers of lines sent, within bounds, whatever the hidden counters say."""

    def count(name: str, most: int) -> int:
        value = data.get(name, "")
        return min(int(value), most) if value.isascii() and value.isdecimal() and len(value) < 4 else 1

    return {day: count(f"j{day}_n", MAX_ROWS) for day in range(7)}, count("f_n", MAX_CLOSURES)


def _with_one_more_line(request: HttpRequest, site: Site, current: hours.Week) -> HttpResponse:
    """The same form, as typed, with an empty line more; nothing is checked yet."""
    rows, closures = _line_counts(request.POST)
    where = request.POST["ajouter"]
    if where == ADD_CLOSURE:
        closures += 1
    elif where in {str(day) for day in range(7)}:
        rows[int(where)] += 1
    typed = {
        name: value for name, value in request.POST.items() if name not in {"csrfmiddlewaretoken", "ajouter"}
    }
    form = WeekForm(initial=typed, rows=rows, closures=closures)
    checked = WeekForm(request.POST, rows=rows, closures=closures)
    return _page(request, site, form, current, checked.week if checked.is_valid() else None)


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
    days = [_day(form, day, week, day in changed) for day in range(7)]
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
        "after": _share(effect.after) if effect else None,
        "before": _share(effect.before) if effect else None,
        "network_before": _share(effect.network_before) if effect else None,
        "network_after": _share(effect.network_after) if effect else None,
        "fixed": _share(effect.fixed_share) if effect else None,
        "fix_words": _fix_words(effect.fix) if effect and effect.fix else "",
    }
    return render(request, "territories/horaires.html", context, status=status)


def _coming(week: hours.Week) -> list[hours.Closure]:
    today = timezone.localdate()
    return [closure for closure in week.closures if closure.last_day >= today]


def _day(form: WeekForm, day: int, week: hours.Week | None, changed: bool) -> dict[str, Any]:
    slots = [] if week is None else week.merged(day)
    total = sum(slot.minutes for slot in slots)
    walk_in = sum(slot.minutes for slot in slots if slot.walk_in)
    if week is None:
        words = ""
    elif not slots:
        words = "Fermé"
    elif walk_in == total:
        words = f"{duration(total)}, tout sans rendez-vous"
    else:
        words = (
            f"{duration(walk_in)} sur {duration(total)} sans rendez-vous"
            if walk_in
            else (f"{duration(total)}, tout sur rendez-vous")
        )
    return {
        "number": day,
        "name": DAYS[day].capitalize(),
        "lines": form.slot_lines(day),
        "count": form.rows[day],
        "more": form.rows[day] < MAX_ROWS,
        "ribbon": _ribbon(week, day),
        "words": words,
        "changed": changed,
    }


def _ribbon(week: hours.Week | None, day: int) -> hours.Ribbon | None:
    """The drawing of an ordinary weekday: no date, no closure."""
    if week is None:
        return None
    return hours.day_ribbon(hours.Week(week.slots), A_MONDAY + datetime.timedelta(days=day))


def _share(share: Any) -> float | None:
    """In percent, cut down to a tenth: 49,96 % is never shown as 50 %."""
    return None if share is None else int(share * 1000) / 10


def _fix_words(slot: hours.Slot) -> str:
    times = f"de {hours.clock(slot.start)} à {hours.clock(slot.end)}"
    return f"{DAYS[slot.weekday].capitalize()}, {times} sans rendez-vous"
