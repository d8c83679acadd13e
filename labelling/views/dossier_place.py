"""Place and hours of a project: found in the directory or written, with the same week as any site."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from labelling.forms.place import EXISTING, PlaceForm, initial_of
from labelling.models import AmiApplication
from labelling.services import place as service
from labelling.services.dossier import Place, place_of
from labelling.services.place import MOST_FOUND, NewPlace, PlaceConflict
from labelling.views.dossier_text import number_of
from spo_portal.kernel.errors import PortalError, Refused
from territories import hours
from territories.access import Actor
from territories.forms.hours import WeekForm
from territories.forms.hours import initial_of as week_initial
from territories.models import Site
from territories.services.hours import ordinary_of
from territories.services.search import find_commune, search_communes
from territories.views.week import A_MONDAY, days_of, line_counts, one_more_line

FIELDS = {
    "name": "nom",
    "address": "adresse",
    "complement": "complement",
    "postcode": "code_postal",
    "phone": "telephone",
    "email": "courriel",
    "website": "site_web",
    "accessibility": "accessibilite",
}


def fresh(by: Actor, application: AmiApplication) -> dict[str, Any]:
    """Context of the form as the file holds it."""
    place = place_of(by, application)
    week = place.week if place else hours.Week()
    initial, rows, _ = week_initial(week, A_MONDAY)
    form = PlaceForm(initial=initial_of(place))
    return context_of(by, application, form, WeekForm(initial=initial, rows=rows, closures=0), week, {})


def posted(
    request: HttpRequest, by: Actor, application: AmiApplication
) -> tuple[dict[str, Any], int] | HttpResponseBase:
    """Save, search, add a line or tell the opening time: (context, status), or the way back once saved."""
    act, _, what = request.POST.get("action", "").partition(":")
    form = PlaceForm(request.POST)
    if "ajouter" in request.POST:
        week_form, week = one_more_line(request)
        return context_of(by, application, _untouched(form), week_form, week, request.POST.dict()), 200
    rows, closures = line_counts(request.POST)
    week_form = WeekForm(request.POST, rows=rows, closures=closures)
    readable = week_form.is_valid() and week_form.week is not None
    if act == "horaires":
        return _take_hours(by, application, form, request.POST.dict()), 200
    if act not in {"enregistrer", "garder"}:
        shown = week_form.week if readable else None
        return context_of(by, application, _untouched(form), week_form, shown, request.POST.dict()), 200
    extra: dict[str, Any] = {}
    if form.is_valid() and readable and week_form.week is not None:
        try:
            seen = number_of(what) if act == "garder" else form.cleaned_data["version"] or 0
            _save(by, application, form, week_form.week, seen)
        except PlaceConflict as conflict:
            extra = {"lieu_conflit": conflict.stored, "lieu_version": conflict.version}
        except Refused as refusal:
            target = {"site": "mode", "commune": "nom"}.get(refusal.field or "")
            form.add_error(target, str(refusal))
        except PortalError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Lieu et horaires enregistrés.")
            return redirect(f"{reverse('ami_partie', args=[application.pk, service.PART])}#lieu")
    week = week_form.week if readable else None
    context = context_of(by, application, form, week_form, week, request.POST.dict()) | extra
    return context, 409 if extra else 422


def _untouched(form: PlaceForm) -> PlaceForm:
    """The same form as typed, without a word on what is not finished."""
    return PlaceForm(initial={name: form[name].value() for name in form.fields})


def _save(by: Actor, application: AmiApplication, form: PlaceForm, week: hours.Week, seen: int) -> Place:
    data = form.cleaned_data
    site = None
    if data["mode"] == EXISTING:
        site = service.sites_of(by, application).filter(pk=data["site"] or 0).first()
        if site is None:
            raise Refused("Cherchez le lieu, puis choisissez-le dans la liste.", "site")
    commune = find_commune(by=by, code=data["commune"]) if data["commune"] else None
    values = {name: data[field] for name, field in FIELDS.items()}
    new = NewPlace(**values, commune=commune)
    return service.save_place(by=by, application=application, site=site, new=new, week=week, seen=seen)


def _take_hours(
    by: Actor, application: AmiApplication, form: PlaceForm, typed: dict[str, Any]
) -> dict[str, Any]:
    """The hours of the existing place chosen replace those of the editor; nothing is saved yet."""
    rows = service.sites_of(by, application).prefetch_related("slots")
    site = rows.filter(pk=number_of(str(typed.get("site", "")))).first()
    week = ordinary_of(site) if site else hours.Week()
    initial, counts, _ = week_initial(week, A_MONDAY)
    return context_of(
        by, application, _untouched(form), WeekForm(initial=initial, rows=counts, closures=0), week, typed
    )


def context_of(
    by: Actor,
    application: AmiApplication,
    form: PlaceForm,
    week_form: WeekForm,
    week: hours.Week | None,
    typed: dict[str, Any],
) -> dict[str, Any]:
    """What the place's form shows: the one chosen, what was found, the week with its ribbon and its share."""
    site_text, commune_text = str(typed.get("lieu_q", ""))[:80], str(typed.get("commune_q", ""))[:80]
    found = service.search_sites(by=by, application=application, text=site_text) if site_text else []
    communes = search_communes(by=by, text=commune_text) if commune_text else []
    chosen: Site | None = None
    if number_of(str(form["site"].value() or "")):
        chosen = service.sites_of(by, application).filter(pk=form["site"].value()).first()
    commune = find_commune(by=by, code=str(form["commune"].value() or ""))
    return {
        "lieu": form,
        "lieu_choisi": chosen,
        "lieux": [site for site in found if site != chosen][:MOST_FOUND],
        "lieux_encore": len(found) > MOST_FOUND,
        "lieu_q": site_text,
        "commune_choisie": commune,
        "communes": [one for one in communes if not commune or one.code != commune.pk][:MOST_FOUND],
        "communes_encore": len(communes) > MOST_FOUND,
        "commune_q": commune_text,
        "horaires": week_form,
        "days": days_of(week_form, week),
        "ouverture": hours.opening_minutes(week) if week else 0,
        "sans_rdv": hours.walk_in_minutes(week) if week else 0,
        "part": hours.walk_in_share(week) if week else None,
        "semaine_lue": week is not None,
        "lieu_conflit": None,
        "lieu_version": 0,
    }
