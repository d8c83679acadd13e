"""Scorers of one file, of several files at once, and how much each has to do (Région)."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from labelling.enums_ami import ApplicationState, AssignmentState
from labelling.forms.instruction import AssignForm, BulkForm, RecuseForm
from labelling.models import AmiApplication, AmiAssignment, AmiCall
from labelling.permissions import Perm
from labelling.services import clock, closing, proposing, ranking, scorers
from labelling.services.conflicts import conflicts_of, strong
from labelling.views.instruction_file import GET_POST, add_refusal, file_of
from labelling.views.instruction_head import instruction_context
from labelling.views.instruction_list import call_of
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.http import whole_number
from spo_portal.kernel.typography import counted
from territories.access import Actor, get_visible_or_404, guarded

BULK_MAX = 200


@guarded(Perm.INSTRUCT)
@require_http_methods(GET_POST)
def of_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Who scores this file, who may, who may not and why; confide, take back, set aside."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    application = file_of(request, pk)
    people = scorers.candidates(by)
    choices = [(one.user_id, one.words) for one in people]
    act = request.POST.get("acte", "") if request.method == "POST" else ""
    assign = AssignForm(request.POST if act == "confier" else None, choices=choices)
    aside = RecuseForm(request.POST if act == "recuser" else None, choices=choices, prefix="r")
    status = 200
    if act:
        status = _act(request, by, application, act, assign, aside)
        if status == 303:
            return redirect("ami_noteurs", pk=application.pk)
    return _file_page(request, application, people, assign, aside, status=status)


def _act(
    request: HttpRequest,
    by: Actor,
    application: AmiApplication,
    act: str,
    assign: AssignForm,
    aside: RecuseForm,
) -> int:
    """Do what was asked; 303 when it is done, the status of the page otherwise."""
    form = {"confier": assign, "recuser": aside}.get(act)
    if form is not None and not form.is_valid():
        return 422
    try:
        if act == "confier":
            data = assign.cleaned_data
            made = scorers.assign(by=by, application=application, user_id=data["noteur"], due_on=data["jour"])
            messages.success(request, f"Dossier confié à {made.scorer_label}, prévenu par courriel.")
        elif act == "recuser":
            made = scorers.recuse(
                by=by,
                application=application,
                user_id=aside.cleaned_data["noteur"],
                reason=aside.cleaned_data["motif"],
            )
            messages.success(request, f"{made.scorer_label} est récusé sur ce dossier, et ne le lit plus.")
        else:
            row = get_visible_or_404(
                AmiAssignment.objects.filter(application=application),
                by,
                pk=request.POST.get("affectation", ""),
            )
            scorers.withdraw(by=by, assignment=row)
            messages.success(request, f"Le dossier n’est plus confié à {row.scorer_label}.")
    except (Refused, Conflict) as refusal:
        if form is not None:
            return add_refusal(form, refusal)
        messages.error(request, str(refusal))
    return 303


def _file_page(
    request: HttpRequest,
    application: AmiApplication,
    people: list[scorers.Scorer],
    assign: AssignForm,
    aside: RecuseForm,
    *,
    status: int,
) -> HttpResponse:
    by: Actor = request.actor  # type: ignore[attr-defined]
    rows = list(AmiAssignment.objects.visible_to(by).filter(application=application).order_by("pk"))
    bound = {row.scorer_id for row in rows if row.state != AssignmentState.RETIREE}
    found = conflicts_of(by=by, user_ids=[one.user_id for one in people], applications=[application])
    load = scorers.workload(by, call_id=application.call_id)
    now = clock.now()
    states = [row.state for row in rows]
    context = {
        **instruction_context(by, application, "noteurs"),
        "affectations": [
            (row, found.get((row.scorer_id, application.pk), []), _late(row, now)) for row in rows
        ],
        "candidats": [
            (one, load.get(one.user_id, scorers.Load()), found.get((one.user_id, application.pk), []))
            for one in people
            if one.user_id not in bound
        ],
        "forts": {one.user_id for one in people if strong(found.get((one.user_id, application.pk), []))},
        "form": assign,
        "ecarter": aside,
        "ouvert": application.state == ApplicationState.RECEVABLE,
        "donnees": states.count(AssignmentState.DONNEE),
        "attendues": states.count(AssignmentState.ATTENDUE),
        "voulues": application.call.scorers_wanted,
        "marque": ranking.marks_of(by, AmiApplication.objects.visible_to(by).filter(pk=application.pk)).get(
            application.pk
        ),
    }
    return render(request, "labelling/noteurs.html", context, status=status)


def _late(row: AmiAssignment, now: Any) -> bool:
    return row.state == AssignmentState.ATTENDUE and row.due_at is not None and row.due_at < now


def _ids(request: HttpRequest, name: str) -> list[int]:
    source = request.POST if request.method == "POST" else request.GET
    return [number for number in map(whole_number, source.getlist(name)[:BULK_MAX]) if number]


def _recevables(by: Actor, call: AmiCall) -> list[AmiApplication]:
    rows = AmiApplication.objects.visible_to(by).filter(call=call, state=ApplicationState.RECEVABLE)
    return list(rows.select_related("organisation", "territory", "commission").order_by("number", "pk"))


@guarded(Perm.INSTRUCT)
@require_http_methods(GET_POST)
def of_call(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Share several files out evenly: choose files and accounts, read the proposal, confide."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    call = call_of(request, pk)
    everything = _recevables(by, call)
    wanted = set(_ids(request, "dossier"))
    files = [one for one in everything if one.pk in wanted][:BULK_MAX]
    people = scorers.candidates(by)
    load = scorers.workload(by, call_id=call.pk)
    asked = request.method == "POST"
    form = BulkForm(
        request.POST if asked else None, scorers=people, initial={"par_dossier": call.scorers_wanted}
    )
    status, plan = 200, {}
    if asked:
        if not files:
            form.add_error(None, "Choisissez au moins un dossier recevable.")
        if form.is_valid():
            data = form.cleaned_data
            if request.POST.get("acte") == "confier":
                outcome = proposing.assign_many(
                    by=by, applications=files, pairs=_pairs(request), due_on=data["jour"]
                )
                _tell(request, outcome)
                return redirect("ami_charge", pk=call.pk)
            plan = proposing.propose(
                by=by,
                applications=files,
                per_file=data["par_dossier"],
                among=data["noteurs"],
                load=load,
            )
        else:
            status = 422
    names = {one.user_id: one.words for one in people}
    context = {
        "appel": call,
        "form": form,
        "dossiers": everything,
        "choisis": {one.pk for one in files} if asked or wanted else {one.pk for one in everything},
        "propositions": [
            (one, [(user_id, names[user_id]) for user_id in plan.get(one.pk, [])]) for one in files
        ]
        if plan
        else [],
        "nouvelles": _new_load(people, load, plan) if plan else [],
        "charges": [(one, load.get(one.user_id, scorers.Load())) for one in people],
        "maximum": BULK_MAX,
    }
    return render(request, "labelling/noteurs_appel.html", context, status=status)


def _pairs(request: HttpRequest) -> list[tuple[int, int]]:
    """« paire » of the proposal: « dossier:compte », unticked ones left out."""
    found = []
    for text in request.POST.getlist("paire")[: BULK_MAX * 9]:
        application_id, _, user_id = text.partition(":")
        pair = whole_number(application_id), whole_number(user_id)
        if all(pair):
            found.append(pair)
    return found


def _tell(request: HttpRequest, outcome: proposing.Outcome) -> None:
    if outcome.confided:
        messages.success(request, f"{counted(outcome.confided, 'note demandée', 'notes demandées')}.")
    for sentence in outcome.refused[:10]:
        messages.warning(request, sentence)
    if not outcome.confided and not outcome.refused:
        messages.warning(request, "Rien n’était à confier.")


def _new_load(
    people: list[scorers.Scorer], load: dict[int, scorers.Load], plan: dict[int, list[int]]
) -> list[tuple[str, int, int]]:
    """(account, notes expected now, notes added by the proposal)."""
    added: dict[int, int] = {}
    for chosen in plan.values():
        for user_id in chosen:
            added[user_id] = added.get(user_id, 0) + 1
    return [
        (one.words, load.get(one.user_id, scorers.Load()).expected, added[one.user_id])
        for one in people
        if one.user_id in added
    ]


@guarded(Perm.INSTRUCT)
@require_safe
def workload(request: HttpRequest, pk: int) -> HttpResponse:
    """What each account has to score in this call, what is late, what is done."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    call = call_of(request, pk)
    load = scorers.workload(by, call_id=call.pk)
    people = scorers.candidates(by)
    known = {one.user_id for one in people}
    gone = (
        AmiAssignment.objects.visible_to(by)
        .filter(application__call=call)
        .exclude(scorer_id__in=known)
        .order_by("scorer_label", "scorer_id")
        .values_list("scorer_id", "scorer_label")
        .distinct()
    )
    lines = [(one.label, one.scope, load.get(one.user_id, scorers.Load())) for one in people]
    lines += [(label, "Mandat terminé", load.get(user_id, scorers.Load())) for user_id, label in gone]
    files = _recevables(by, call)
    context = {
        "appel": call,
        "lignes": lines,
        "plus": max((line[2].total for line in lines), default=0) or 1,
        "recevables": len(files),
        "totaux": scorers.Load(
            sum(line[2].expected for line in lines),
            sum(line[2].late for line in lines),
            sum(line[2].given for line in lines),
            sum(line[2].aside for line in lines),
        ),
    }
    return render(request, "labelling/charge.html", context)


@guarded(Perm.INSTRUCT)
@require_http_methods(GET_POST)
def close_ready(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Close the instruction of every file that is ready, after showing which."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    call = call_of(request, pk)
    files = _recevables(by, call)
    ready = closing.ready(by=by, applications=files)
    if request.method == "POST":
        wanted = set(_ids(request, "dossier"))
        outcome = closing.close_many(by=by, applications=[one for one, _ in ready if one.pk in wanted])
        if outcome.done:
            done = counted(outcome.done, "instruction close", "instructions closes")
            messages.success(request, f"{done} : les notes sont ouvertes.")
        for sentence in outcome.refused[:10]:
            messages.warning(request, sentence)
        if not outcome.done and not outcome.refused:
            messages.warning(request, "Choisissez au moins un dossier prêt.")
        return redirect("ami_clore_pretes", pk=call.pk)
    context = {
        "appel": call,
        "prets": ready,
        "voulues": call.scorers_wanted,
        "autres": len(files) - len(ready),
    }
    return render(request, "labelling/clore.html", context)
