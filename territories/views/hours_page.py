"""What the page of hours shows: the grids, the effect of a change, the year in words and as pictures."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from spo_portal.kernel.typography import DAYS, plain_date
from territories import hours
from territories.forms.hours import MAX_CLOSURES
from territories.forms.hours_seasons import HoursForm
from territories.hours.season import MAX_SEASONS
from territories.models import Site
from territories.services.hours_effect import Effect, SeasonShare, effect_of
from territories.views.hours_typed import ADD_SEASON
from territories.views.week import days_of


def page(
    request: HttpRequest,
    site: Site,
    form: HoursForm,
    current: hours.Week,
    week: hours.Week | None,
    *,
    status: int = 200,
    ask_reason: bool = False,
    extra: dict[str, Any] | None = None,
) -> HttpResponse:
    """The form with the effect of ``week`` (None: not readable yet) against ``current``, what is kept."""
    effect: Effect | None = None
    if week is not None:
        effect = effect_of(site, current, week, by=request.actor)  # type: ignore[attr-defined]
    changed = [] if week is None else [day for day in range(7) if week.on(day) != current.on(day)]
    context: dict[str, Any] = {
        "site": site,
        "form": form,
        "days": days_of(form, week, set(changed)),
        "closures": form.closure_lines(),
        "closure_count": form.closure_rows,
        "more_closures": form.closure_rows < MAX_CLOSURES,
        "seasons": _seasons(form, request.POST.get("ajouter", "")),
        "season_count": len(form.season_rows),
        "saisons_passees": [season.label for season in current.seasons if season.over(timezone.localdate())],
        "more_seasons": len(form.season_rows) < MAX_SEASONS,
        "changes": 0 if week is None else len(changed) + _other_changes(current, week),
        "ask_reason": ask_reason or (effect is not None and effect.needs_a_reason),
        "annee": week_told(week) if week is not None else None,
        "ligne_ecrite": hours.write_osm(week if week is not None else current),
        "ligne": "",
        "ligne_erreur": "",
        "ligne_lue": False,
        "conflit": False,
        "gardee": None,
        **_effect_context(effect),
        **(extra or {}),
    }
    if context["conflit"]:
        context["gardee"] = week_told(current)
    return render(request, "territories/horaires.html", context, status=status)


def week_told(week: hours.Week) -> dict[str, Any]:
    """A year in sentences, and a picture of each of its weeks."""
    today = timezone.localdate()
    seasons = [season for season in week.seasons if not season.over(today)]
    return {
        "sentences": hours.sentences(week, today),
        "pictures": [hours.week_picture(week)] * bool(week.slots)
        + [hours.week_picture(season, season.label) for season in seasons if season.slots],
    }


def _effect_context(effect: Effect | None) -> dict[str, Any]:
    return {
        "effect": effect,
        "after": effect.after if effect else None,
        "before": effect.before if effect else None,
        "network_before": effect.network_before if effect else None,
        "network_after": effect.network_after if effect else None,
        "fixed": effect.fixed_share if effect else None,
        "fix_words": _fix_words(effect.fix) if effect and effect.fix else "",
        "season_shares": [_season_share(one) for one in effect.seasons] if effect else [],
    }


def _season_share(one: SeasonShare) -> dict[str, Any]:
    return {
        "label": one.label,
        "share": one.share,
        "under_half": one.under_half,
        "missing": one.missing,
        "fix": _fix_words(one.fix) if one.fix else "",
    }


def _seasons(form: HoursForm, added: str) -> list[dict[str, Any]]:
    """Each season: its fields, its grid and its words; folded, unless it is new or to be corrected."""
    last = len(form.season_rows) - 1
    return [
        {
            "number": n + 1,
            "words": _season_words(form, n),
            "open": added.startswith(f"s{n}:")
            or (added == ADD_SEASON and n == last)
            or any(name.startswith((f"s{n}_", f"s{n}j")) for name in form.errors),
            "fields": form.season_fields(n),
            "days": days_of(form, None, prefix=f"s{n}"),
        }
        for n in range(len(form.season_rows))
    ]


def _season_words(form: HoursForm, n: int) -> str:
    """« été, du 1er juillet au 31 août, chaque année, fermé », as far as it is typed."""
    fields = form.season_fields(n)
    try:
        days = [form.fields[f"s{n}_{part}"].to_python(fields[part].value()) for part in ("du", "au")]
    except ValidationError:
        days = [None, None]
    yearly, closed = bool(fields["repete"].value()), bool(fields["ferme"].value())
    period = ""
    if all(days):
        first, last = (plain_date(day).rsplit(" ", 1)[0] if yearly else plain_date(day) for day in days)
        period = f"du {first} au {last}"
    words = (str(fields["nom"].value() or ""), period, "chaque année" * yearly, "fermé" * closed)
    return ", ".join(word for word in words if word)


def _other_changes(current: hours.Week, week: hours.Week) -> int:
    """Seasons, closures to come, bank holidays: each counts once."""
    today = timezone.localdate()

    def seasons(of: hours.Week) -> list[hours.Season]:
        return [season for season in of.seasons if not season.over(today)]

    def closures(of: hours.Week) -> list[hours.Closure]:
        return [closure for closure in of.closures if closure.last_day >= today]

    return (
        (seasons(week) != seasons(current))
        + (closures(week) != closures(current))
        + (week.holidays_off != current.holidays_off)
    )


def _fix_words(slot: hours.Slot) -> str:
    times = f"de {hours.clock(slot.start)} à {hours.clock(slot.end)}"
    return f"{DAYS[slot.weekday].capitalize()}, {times} sans rendez-vous"
