"""The record of a place: its keeper edits it, fills its grid, reads its history."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from spo_portal.kernel.errors import Refused
from spo_portal.kernel.http import whole_number
from spo_portal.kernel.typography import counted
from territories.access import Actor, guarded
from territories.enums import ServiceMode
from territories.forms.record import RecordForm, initial_of, merged
from territories.models import Site
from territories.permissions import Perm
from territories.services.record.edit import FORM_FIELD, WORDS, RecordConflict, save_record
from territories.services.record.history import entries_of, history_of
from territories.services.record.lifecycle import organisation_named, organisations_of
from territories.services.record.services import (
    WHO_MAX,
    Given,
    GridConflict,
    fingerprint,
    given_by,
    items_of,
    levels_of,
    save_services,
)
from territories.services.record.where import parents_of
from territories.services.search import QUERY_MAX, find_commune, search_communes
from territories.views.record_head import head_context, kept_or_404, quality_for

F = TypeVar("F", bound=RecordForm)
MOST_FOUND = 12
HISTORY_PAGE = 25


@guarded(Perm.KEEP_RECORD)
@require_http_methods(["GET", "HEAD", "POST"])
def fiche(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Identity, address, contact, access, publics and team of a place one keeps."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    site = kept_or_404(actor, pk)
    parents = list(parents_of(actor, site))
    if request.method != "POST":
        form = RecordForm(initial=initial_of(site), parents=parents)
        return _fiche_page(request, site, form)
    act, _, stored = request.POST.get("action", "").partition(":")
    form = RecordForm(request.POST, parents=parents)
    if act not in {"enregistrer", "garder"}:
        return _fiche_page(request, site, untouched(form, parents=parents))
    conflict = None
    told = "Fiche enregistrée : l’annuaire la montre dès maintenant."
    if form.is_valid():
        seen = whole_number(stored) if act == "garder" else form.cleaned_data["version"] or 0
        conflict = _save(actor, site, form, parents, seen)
        kept = merged(form, conflict.stored) if conflict else None
        if conflict is not None and kept is not None:
            values, both = kept
            form = RecordForm(values, parents=parents)
            words = {WORDS[name] for name, field in FORM_FIELD.items() if field in both}
            conflict.differences = [row for row in conflict.differences if row[0] in words]
            if form.is_valid() and not both:
                told = "Fiche enregistrée, avec ce que quelqu’un d’autre y a changé au même moment."
                conflict = _save(actor, site, form, parents, conflict.stored.version)
        if conflict is None and not form.errors:
            messages.success(request, told)
            return redirect("lieu", pk=site.pk)
    return _fiche_page(request, site, form, conflict=conflict, status=409 if conflict else 422)


def _save(
    actor: Actor, site: Site, form: RecordForm, parents: Sequence[Site], seen: int
) -> RecordConflict | None:
    """Save a valid form; a refusal is told on it, a conflict is given back."""
    try:
        record = form.record(
            organisation=organisation_named(by=actor, name=form.cleaned_data["organisation"]),
            commune=find_commune(by=actor, code=form.cleaned_data["commune"]),
            parents=parents,
        )
        save_record(by=actor, site=site, record=record, seen=seen)
    except RecordConflict as conflict:
        return conflict
    except Refused as refusal:
        told_on(form, refusal)
    return None


def told_on(form: RecordForm, refusal: Refused) -> None:
    """A refusal, on the field a person can correct: the commune is chosen in its search."""
    name = refusal.field if refusal.field in form.fields and refusal.field != "commune" else None
    form.add_error(name, str(refusal))


def untouched(form: F, **kwargs: Any) -> F:
    """The same form as typed, without a word on what is not finished."""
    return type(form)(initial={name: form[name].value() for name in form.fields}, **kwargs)


def commune_context(actor: Actor, form: RecordForm, typed: str) -> dict[str, Any]:
    """The commune chosen, and those that answer what was typed."""
    text = typed.replace("\x00", "").strip()[:QUERY_MAX]
    chosen = find_commune(by=actor, code=str(form["commune"].value() or ""))
    found = search_communes(by=actor, text=text) if text else []
    return {
        "commune_choisie": chosen,
        "communes": [one for one in found if chosen is None or one.code != chosen.pk][:MOST_FOUND],
        "communes_encore": len(found) > MOST_FOUND,
        "commune_q": text,
    }


def _fiche_page(
    request: HttpRequest,
    site: Site,
    form: RecordForm,
    *,
    conflict: RecordConflict | None = None,
    status: int = 200,
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    context = {
        **head_context(actor, site, "fiche"),
        "quality": quality_for(actor, site),
        **commune_context(actor, form, request.POST.get("commune_q", "")),
        "form": form,
        "organisations": [row for row in organisations_of(actor).values() if not row.is_training_body],
        "conflict": conflict,
    }
    return render(request, "territories/lieu_fiche.html", context, status=status)


@guarded(Perm.KEEP_RECORD)
@require_http_methods(["GET", "HEAD", "POST"])
def services(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The three niveaux de service, item by item: how each is given and by whom."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    site = kept_or_404(actor, pk)
    items = items_of(actor, site)
    current = given_by(actor, site)
    if request.method != "POST":
        return _grid_page(request, site, levels_of(items, current), fingerprint(current))
    typed = {
        item.pk: Given(request.POST.get(f"m_{item.pk}", ""), request.POST.get(f"q_{item.pk}", "")[:400])
        for item in items
    }
    block, _, mode = request.POST.get("remplir", "").partition(":")
    if block:
        _fill(items, typed, block, mode)
        return _grid_page(request, site, levels_of(items, typed), request.POST.get("vu", ""), filled=True)
    act, _, stored = request.POST.get("action", "").partition(":")
    if act not in {"enregistrer", "garder"}:
        return _grid_page(request, site, levels_of(items, typed), request.POST.get("vu", ""))
    seen = stored if act == "garder" else request.POST.get("vu", "")
    errors: dict[str, str] = {}
    conflict = None
    lost = [pk for pk, one in typed.items() if one.who.strip() and not one.mode]
    for item_pk in lost:
        errors[f"m_{item_pk}"] = "Dites comment ce service est rendu, ou effacez qui le rend."
    if not errors:
        try:
            changed = save_services(
                by=actor, site=site, grid={pk: one for pk, one in typed.items() if one.mode}, seen=seen
            )
        except GridConflict as error:
            conflict = error
        except Refused as refusal:
            errors[refusal.field or ""] = str(refusal)
        else:
            told = f"{counted(changed, 'service')} changé{'s' if changed > 1 else ''}." if changed else ""
            messages.success(request, f"Grille enregistrée. {told}".strip())
            return redirect("lieu_services", pk=site.pk)
    levels = levels_of(items, typed)
    status = 409 if conflict else 422
    return _grid_page(request, site, levels, seen, errors=errors, conflict=conflict, status=status)


def _fill(items: list[Any], typed: dict[int, Given], block: str, mode: str) -> None:
    """« Tout sur place » fills what is empty in a block; « Vider » empties it. Nothing is saved yet."""
    for item in items:
        if item.block != block:
            continue
        if mode == "vider":
            typed[item.pk] = Given("")
        elif mode in ServiceMode.values and not typed[item.pk].mode:
            typed[item.pk] = Given(mode, typed[item.pk].who)


def _grid_page(
    request: HttpRequest,
    site: Site,
    levels: list[Any],
    seen: str,
    *,
    errors: dict[str, str] | None = None,
    conflict: GridConflict | None = None,
    filled: bool = False,
    status: int = 200,
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    lines = {line.item.pk: line for level in levels for block in level.blocks for line in block.lines}
    told = []
    for field, words in (errors or {}).items():
        line = lines.get(whole_number(field[2:]))
        told.append((field if line else "", line.item.name if line else "", words))
        if line:
            line.error = words
    context = {
        **head_context(actor, site, "services"),
        "levels": levels,
        "modes": ServiceMode.choices,
        "vu": seen,
        "who_max": WHO_MAX,
        "summary": told,
        "conflict": conflict,
        "filled": filled,
    }
    return render(request, "territories/lieu_services.html", context, status=status)


@guarded(Perm.READ_HISTORY)
@require_safe
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Each act on the record, the last first: its date, its role, what it changed."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    site = kept_or_404(actor, pk)
    page = Paginator(history_of(actor, site), HISTORY_PAGE).get_page(request.GET.get("page"))
    context = {
        **head_context(actor, site, "historique"),
        "page": page,
        "entries": entries_of(page.object_list),
    }
    return render(request, "territories/lieu_historique.html", context)
