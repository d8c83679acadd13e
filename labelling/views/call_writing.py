"""The screens a draft is written on. Each says which version it was drawn from; a conflict shows both."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.forms import BaseFormSet, formset_factory
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from labelling.forms.call_acts import TitleForm
from labelling.forms.call_fields import refuse
from labelling.forms.calls import (
    CriterionForm,
    FrameForm,
    GridForm,
    SectionForm,
    SeenForm,
    TextForm,
    ordered,
)
from labelling.models import AmiCall, AmiCallCommission, AmiCallVersion, AmiCriterion, AmiGridCriterion
from labelling.permissions import Perm
from labelling.services import calls
from labelling.services.call_content import CRITERIA_MAX, GRID_MAX, SECTIONS_MAX, part_of
from labelling.services.call_versions import changes_between
from labelling.services.readiness import weights_words
from labelling.views.calls import SCREENS, own_call, trail
from spo_portal.kernel.errors import PortalError, Refused
from spo_portal.kernel.typography import join
from territories.access import Actor, guarded
from territories.models import Commission, Territory

TITLES = {
    "texte": "Texte de l’appel",
    "cadre": "Dates, enveloppe et commissions",
    "criteres": "Critères",
    "grille": "Grille de notation",
}
PAGES = {
    "texte": "labelling/appel_texte.html",
    "cadre": "labelling/appel_cadre.html",
    "criteres": "labelling/appel_criteres.html",
    "grille": "labelling/appel_grille.html",
}
Save = Callable[[], AmiCall]


@guarded(Perm.WRITE_CALL)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponseBase:
    """Start a draft: a title, and everything else is proposed."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    form = TitleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = calls.create_call(by=actor, title=form.cleaned_data["titre"])
        except Refused as refusal:
            refuse(refusal, form)
        else:
            messages.success(request, "Brouillon créé, avec un texte, des critères et une grille à relire.")
            return redirect("ami_appel", pk=made.pk)
    status = 422 if form.is_bound else 200
    return render(request, "labelling/appel_nouveau.html", {"form": form}, status=status)


def draft_or_back(request: HttpRequest, pk: int) -> tuple[Actor, AmiCall, HttpResponseBase | None]:
    """The draft to write; when it is out already, the way back with the reason."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    call = own_call(actor, pk)
    if call.is_draft:
        return actor, call, None
    messages.info(request, calls.FROZEN)
    return actor, call, redirect("ami_appel", pk=pk)


@guarded(Perm.WRITE_CALL)
@require_http_methods(["GET", "HEAD", "POST"])
def text(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Title, address, summary, sections, contact."""
    actor, call, back = draft_or_back(request, pk)
    if back:
        return back
    rows = formset_factory(SectionForm, extra=1, max_num=SECTIONS_MAX, absolute_max=SECTIONS_MAX + 3)
    if request.method != "POST":
        initial = [{"titre": part["titre"], "texte": part["texte"]} for part in call.sections]
        form, lines = TextForm(initial=TextForm.initial_of(call)), rows(initial=initial, prefix="parties")
        return _show(request, call, "texte", form, lines)
    form, lines = TextForm(request.POST), rows(request.POST, prefix="parties")

    def save() -> AmiCall:
        data = form.cleaned_data
        return calls.save_text(
            by=actor,
            call=call,
            seen=form.seen,
            title=data["titre"],
            slug=data["slug"],
            summary=data["resume"],
            sections=[
                (one.cleaned_data.get("titre", ""), one.cleaned_data.get("texte", "")) for one in lines
            ],
            contact=data["contact"],
        )

    return _answer(request, actor, call, "texte", form, lines, save, lambda: list(lines.forms))


@guarded(Perm.WRITE_CALL)
@require_http_methods(["GET", "HEAD", "POST"])
def frame(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Dates, envelope, notes wanted, commissions."""
    actor, call, back = draft_or_back(request, pk)
    if back:
        return back
    choices = _commissions(actor, call)
    if request.method != "POST":
        chosen = AmiCallCommission.objects.visible_to(actor).filter(call=call)
        initial = FrameForm.initial_of(call, list(chosen.values_list("commission_id", flat=True)))
        return _show(request, call, "cadre", FrameForm(initial=initial, choices=choices), None)
    form = FrameForm(request.POST, choices=choices)

    def save() -> AmiCall:
        return calls.save_frame(by=actor, call=call, seen=form.seen, frame=form.frame())

    return _answer(request, actor, call, "cadre", form, None, save, list)


@guarded(Perm.WRITE_CALL)
@require_http_methods(["GET", "HEAD", "POST"])
def criteria(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The checklist: reword, order, add, take out, ask for a file."""
    actor, call, back = draft_or_back(request, pk)
    if back:
        return back
    sections = [("", "Choisissez")] + [
        (str(place), f"{place}. {part['titre']}") for place, part in enumerate(call.sections, 1)
    ]
    rows = formset_factory(CriterionForm, extra=1, max_num=CRITERIA_MAX, absolute_max=CRITERIA_MAX + 9)
    more = {"form_kwargs": {"sections": sections}, "prefix": "lignes"}
    if request.method != "POST":
        present = AmiCriterion.objects.visible_to(actor).filter(call=call)
        initial = [CriterionForm.initial_of(one, place) for place, one in enumerate(present, 1)]
        return _show(
            request, call, "criteres", SeenForm(initial={"vu": call.version}), rows(initial=initial, **more)
        )
    form, lines = SeenForm(request.POST), rows(request.POST, **more)

    def save() -> AmiCall:
        kept = [one.row() for one in ordered(lines)]
        return calls.save_criteria(by=actor, call=call, seen=form.seen, rows=kept)

    return _answer(request, actor, call, "criteres", form, lines, save, lambda: ordered(lines))


@guarded(Perm.WRITE_CALL)
@require_http_methods(["GET", "HEAD", "POST"])
def grid(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The scoring grid: weights in %, a sentence for each note."""
    actor, call, back = draft_or_back(request, pk)
    if back:
        return back
    rows = formset_factory(GridForm, extra=1, max_num=GRID_MAX, absolute_max=GRID_MAX + 3)
    if request.method != "POST":
        present = AmiGridCriterion.objects.visible_to(actor).filter(call=call)
        initial = [GridForm.initial_of(one, place) for place, one in enumerate(present, 1)]
        lines = rows(initial=initial, prefix="lignes")
        return _show(request, call, "grille", SeenForm(initial={"vu": call.version}), lines)
    form, lines = SeenForm(request.POST), rows(request.POST, prefix="lignes")

    def save() -> AmiCall:
        kept = [one.row() for one in ordered(lines)]
        words = weights_words(sum(row.weight for row in kept))
        saved = calls.save_grid(by=actor, call=call, seen=form.seen, rows=kept)
        if words:
            messages.warning(request, words)
        return saved

    return _answer(request, actor, call, "grille", form, lines, save, lambda: ordered(lines))


def _answer(
    request: HttpRequest,
    actor: Actor,
    call: AmiCall,
    part: str,
    form: Any,
    lines: BaseFormSet | None,
    save: Save,
    kept: Callable[[], list[forms.Form]],
) -> HttpResponseBase:
    """Save one screen; what was typed comes back with the reason when it is not saved."""
    if not (form.is_valid() & (lines is None or lines.is_valid())):
        return _show(request, call, part, form, lines, status=422)
    try:
        saved = save()
    except calls.CallConflict as conflict:
        seen = AmiCallVersion.objects.visible_to(actor).filter(call=call, number=form.seen).first()
        before = part_of(seen.content, part) if seen else {}
        more = {"conflict": conflict, "changes": changes_between(before, conflict.stored)}
        form.data = form.data.copy()
        form.data["vu"] = str(conflict.version.number)
        return _show(request, call, part, form, lines, status=409, **more)
    except Refused as refusal:
        refuse(refusal, form, kept())
        return _show(request, call, part, form, lines, status=422)
    except PortalError as refusal:
        form.add_error(None, str(refusal))
        return _show(request, call, part, form, lines, status=409)
    same = saved.version == call.version
    words = "rien n’a changé" if same else f"enregistré, version {saved.version}"
    messages.success(request, f"{TITLES[part]} : {words}.")
    if "ajouter" in request.POST:
        return redirect(f"{reverse(SCREENS[part], args=[call.pk])}#nouvelle")
    return redirect("ami_appel", pk=call.pk)


def _show(
    request: HttpRequest,
    call: AmiCall,
    part: str,
    form: forms.Form,
    lines: BaseFormSet | None,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponseBase:
    context = {
        "call": call,
        "form": form,
        "lines": lines,
        "here": TITLES[part],
        "trail": trail(call, TITLES[part]),
    }
    return render(request, PAGES[part], context | more, status=status)


def _commissions(actor: Actor, call: AmiCall) -> list[tuple[str, str]]:
    """Commissions of the region, each with its bassins in words."""
    bassins: dict[int, list[str]] = {}
    found = Territory.objects.visible_to(actor).filter(region=call.region_id, commission__isnull=False)
    for commission, name in found.order_by("order", "name").values_list("commission_id", "name"):
        bassins.setdefault(commission, []).append(name)
    rows = Commission.objects.visible_to(actor).filter(region=call.region_id)
    return [(str(one.pk), f"{one.name} ({join(bassins.get(one.pk, [])) or 'aucun bassin'})") for one in rows]


__all__ = ["criteria", "frame", "grid", "new", "text"]
