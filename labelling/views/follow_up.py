"""Yearly reports: the list of a project, one report written by its porteur, read again by the Region."""

import re
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labelling.enums_ami import FollowUpState
from labelling.forms.after import CheckForm, TextsForm
from labelling.models import AmiApplication, AmiFollowUp
from labelling.permissions import Perm
from labelling.services import figures, openings
from labelling.services import follow_ups as service
from labelling.views.after_head import context, one, refuse
from spo_portal.kernel.errors import PortalError, Refused
from spo_portal.kernel.money import parse_amount
from spo_portal.kernel.texts import TextConflict
from spo_portal.kernel.typography import amount
from territories.access import Actor, can, get_visible_or_404, guarded

TONES = {
    FollowUpState.ATTENDU: "",
    FollowUpState.REMIS: "info",
    FollowUpState.VALIDE: "ok",
    FollowUpState.A_REPRENDRE: "warn",
}


@guarded(Perm.READ_FOLLOW_UP)
@require_safe
def reports(request: HttpRequest, pk: int) -> HttpResponse:
    """The reports of a project, year by year, and which are late."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    application = one(actor, pk)
    today = timezone.localdate()
    rows = AmiFollowUp.objects.visible_to(actor).filter(application=application).order_by("year")
    found = context(actor, application, "ami_suivi", "Bilans annuels") | {
        "bilans": [
            (row, TONES[FollowUpState(row.state)], row.state in service.OPEN and row.due_on < today)
            for row in rows
        ],
        "depense": service.spent_total(actor, application),
    }
    return render(request, "labelling/suivi.html", found)


def _report(actor: Actor, application: AmiApplication, year: int) -> AmiFollowUp:
    rows = AmiFollowUp.objects.visible_to(actor).filter(application=application)
    return get_visible_or_404(rows.select_related("application__site"), actor, year=year)


@guarded(Perm.READ_FOLLOW_UP)
@require_safe
def report(request: HttpRequest, pk: int, annee: int) -> HttpResponse:
    """One report: read by all who may, written by its porteur while it is open."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    application = one(actor, pk)
    return _show(request, actor, application, _report(actor, application, annee))


def _show(
    request: HttpRequest,
    actor: Actor,
    application: AmiApplication,
    row: AmiFollowUp,
    *,
    texts: TextsForm | None = None,
    typed: dict[str, Any] | None = None,
    check: CheckForm | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    writes = service.may_write(actor, row)
    typed = typed or {}
    totals = service.spending_of(actor, row)
    progress = service.progress_of(actor, row)
    site = openings.opened_site(actor, application)
    handed = row.state in (FollowUpState.REMIS, FollowUpState.VALIDE)
    counts = (
        figures.from_stored(row.figures) if handed else figures.figures_of(by=actor, site=site, year=row.year)
    )
    found = context(actor, application, "ami_suivi", f"Bilan {row.year}") | {
        "bilan": row,
        "ton_bilan": TONES[FollowUpState(row.state)],
        "etat_bilan": row.get_state_display(),
        "retard": row.state in service.OPEN and row.due_on < timezone.localdate(),
        "ecrit": writes,
        "manque": service.lacking(actor, row) if writes else [],
        "textes": texts
        or TextsForm(initial={name: getattr(row, name) for name in (*service.TEXTS, "version")}),
        "comptes": [
            (
                total,
                [
                    (s, typed.get(f"r{s.line.pk}", _typed(s.actual)), typed.get(f"n{s.line.pk}", s.note))
                    for s in total.lines
                ],
            )
            for total in totals
        ],
        "progres": [
            (
                p,
                typed.get(f"p{p.line.pk}", "" if p.reached is None else p.reached),
                typed.get(f"q{p.line.pk}", p.note),
            )
            for p in progress
        ],
        "chiffres": counts,
        "lieu": site,
        "relit": can(actor, Perm.FUND) and row.state == FollowUpState.REMIS,
        "verification": check or CheckForm(),
        "erreurs_tableau": [],
    }
    return render(request, "labelling/bilan.html", found | more, status=status)


def _typed(value: int | None) -> str:
    return "" if value is None else amount(value)


@guarded(Perm.WRITE_FOLLOW_UP)
@require_POST
def save(request: HttpRequest, pk: int, annee: int) -> HttpResponseBase:
    """Save texts and tables; « remettre » hands the report in once saved."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    application = one(actor, pk)
    row = _report(actor, application, annee)
    texts = TextsForm(request.POST)
    typed = {name: value for name, value in request.POST.items() if re.fullmatch(r"[rnpq]\d{1,18}", name)}
    try:
        spending, progress, wrong = _tables(typed)
        if not texts.is_valid() or wrong:
            return _show(
                request, actor, application, row, texts=texts, typed=typed, status=422, erreurs_tableau=wrong
            )
        values = {name: texts.cleaned_data[name] for name in service.TEXTS}
        row = service.save_texts(by=actor, report=row, texts=values, seen=texts.cleaned_data["version"])
        service.save_tables(by=actor, report=row, spending=spending, progress=progress)
        if request.POST.get("acte") == "remettre":
            service.hand_in(by=actor, report=row)
            messages.success(request, f"Bilan {row.year} remis à la Région.")
            return redirect("ami_bilan", pk, annee)
    except TextConflict as conflict:
        theirs = _report(actor, application, annee)
        again = TextsForm(request.POST.copy() | {"version": str(theirs.version)})
        return _show(
            request, actor, application, theirs, texts=again, typed=typed, status=409,
            conflit=str(conflict), autres=_theirs(theirs, request),
        )  # fmt: skip
    except PortalError as refusal:
        status = refuse(texts, refusal) if texts.is_bound and texts.is_valid() else 422
        return _show(
            request,
            actor,
            application,
            _report(actor, application, annee),
            texts=texts,
            typed=typed,
            status=status,
        )
    messages.success(request, "Bilan enregistré.")
    return redirect("ami_bilan", pk, annee)


def _theirs(row: AmiFollowUp, request: HttpRequest) -> list[tuple[str, str]]:
    """The texts somebody else saved, where they differ from what is typed."""
    labels = {name: str(field.label) for name, field in TextsForm().fields.items()}
    return [
        (labels[name], getattr(row, name))
        for name in service.TEXTS
        if getattr(row, name) != request.POST.get(name, "").strip()
    ]


Lines = dict[int, tuple[int, str]]


def _tables(typed: dict[str, str]) -> tuple[Lines, Lines, list[str]]:
    """What the tables say: lines left empty are not saved; what can't be read is told, line by line."""
    spending: Lines = {}
    progress: Lines = {}
    wrong: list[str] = []
    for name, value in typed.items():
        key, said = int(name[1:]), value.strip()
        if name[0] == "r" and said:
            try:
                spending[key] = (parse_amount(said), typed.get(f"n{key}", ""))
            except Refused as error:
                wrong.append(f"« {said[:20]} » : {error}")
        elif name[0] == "p" and said:
            if not (said.isascii() and said.isdigit() and len(said) <= 3 and int(said) <= 100):
                wrong.append(f"« {said[:20]} » : l’avancement va de 0 à 100 %.")
            else:
                progress[key] = (int(said), typed.get(f"q{key}", ""))
    return spending, progress, wrong


@guarded(Perm.FUND)
@require_http_methods(["POST"])
def check(request: HttpRequest, pk: int, annee: int) -> HttpResponseBase:
    """The Region validates the report, or sends it back with a word."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    application = one(actor, pk)
    row = _report(actor, application, annee)
    form = CheckForm(request.POST)
    if not form.is_valid():
        return _show(request, actor, application, row, check=form, status=422)
    valid = request.POST.get("acte") == "valider"
    try:
        service.check(by=actor, report=row, valid=valid, word=form.cleaned_data["mot"])
    except PortalError as refusal:
        status = refuse(form, refusal)
        return _show(
            request, actor, application, _report(actor, application, annee), check=form, status=status
        )
    messages.success(request, f"Bilan {row.year} {'validé' if valid else 'renvoyé au porteur'}.")
    return redirect("ami_bilan", pk, annee)
