"""Eligibility of a file, requests for complements, end of its instruction (Région)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from labelling.documents.letters import letter_pdf
from labelling.enums_ami import ApplicationState, CriterionAnswer, PartKey
from labelling.forms.instruction import CommentForm, ComplementForm, FindingsForm
from labelling.models import AmiApplication, AmiComplement
from labelling.permissions import Perm
from labelling.services import clock, closing, complements, eligibility
from labelling.services.eligibility import Finding
from labelling.services.letters import keep_letter, letter_facts
from labelling.views.instruction_head import instruction_context
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.pdf import PdfBusy, PdfFailed
from territories.access import Actor, can, get_visible_or_404, guarded

GET_POST = ["GET", "HEAD", "POST"]
SENSES = ("recevable", "irrecevable", "revoir")


def file_of(request: HttpRequest, pk: int) -> AmiApplication:
    """A submitted file the actor sees: a draft is not instructed."""
    return get_visible_or_404(
        AmiApplication.objects.select_related("call", "territory", "organisation", "commission").exclude(
            state=ApplicationState.BROUILLON
        ),
        request.actor,  # type: ignore[attr-defined]
        pk=pk,
    )


def add_refusal(form: Any, refusal: Exception) -> int:
    """Put a refusal beside its field, or above the form; the status of the answer."""
    field = getattr(refusal, "field", None)
    form.add_error(field if field in form.fields else None, str(refusal))
    return 409 if isinstance(refusal, Conflict) else 422


@guarded(Perm.INSTRUCT)
@require_http_methods(GET_POST)
def findings(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A finding on each criterion, beside what the porteur answered and joined."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    application = file_of(request, pk)
    lines = eligibility.lines_of(by, application)
    if request.method != "POST":
        return _findings_page(request, application, FindingsForm(lines=lines))
    form = FindingsForm(request.POST, lines=lines)
    if not form.is_valid():
        return _findings_page(request, application, form, status=422)
    found = form.findings()
    act = request.POST.get("acte", "")
    if act == "remplir":
        found = {**_answered_yes(lines), **found}
    try:
        eligibility.record_findings(by=by, application=application, findings=found)
    except (Refused, Conflict) as refusal:
        return _findings_page(request, application, form, status=add_refusal(form, refusal))
    if act in ("recevable", "irrecevable"):
        return redirect("ami_recevabilite_prononcer", pk=application.pk, sens=act)
    messages.success(request, "Constats enregistrés. Le porteur n’en est pas prévenu.")
    return redirect("ami_recevabilite", pk=application.pk)


def _answered_yes(lines: list[eligibility.Line]) -> dict[int, Finding]:
    return {
        line.criterion.pk: Finding(True)
        for line in lines
        if line.open and line.answer and line.answer.answer == CriterionAnswer.OUI
    }


def _findings_page(
    request: HttpRequest, application: AmiApplication, form: FindingsForm, *, status: int = 200
) -> HttpResponse:
    by: Actor = request.actor  # type: ignore[attr-defined]
    lines = form.lines
    context = {
        **instruction_context(by, application, "recevabilite"),
        "form": form,
        "rows": [
            (line, CriterionAnswer(line.answer.answer).label if line.answer else "", choice, reason)
            for line, choice, reason in form.rows()
        ],
        "ouvert": application.state == ApplicationState.DEPOSEE,
        "revisable": application.state in (ApplicationState.RECEVABLE, ApplicationState.IRRECEVABLE),
        "restants": len(eligibility.missing(lines)),
        "echecs": sum(1 for line in lines if line.fails),
        "admis": sum(1 for line in lines if line.finding and line.finding.waived),
    }
    return render(request, "labelling/recevabilite.html", context, status=status)


@guarded(Perm.INSTRUCT)
@require_http_methods(GET_POST)
def pronounce(request: HttpRequest, pk: int, sens: str) -> HttpResponseBase:
    """Say what will be told to the porteur, then declare the file recevable or not, or look again."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    if sens not in SENSES:
        raise Http404
    application = file_of(request, pk)
    form = CommentForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        comment = form.cleaned_data["commentaire"]
        try:
            PRONOUNCE[sens](by=by, application=application, comment=comment)
        except (Refused, Conflict) as refusal:
            status = add_refusal(form, refusal)
        else:
            messages.success(request, TOLD[sens])
            if sens != "revoir" and not _write_letter(by, application.pk, sens):
                messages.warning(request, "La lettre n’a pas pu être établie. La décision, elle, est prise.")
            return redirect("ami_recevabilite", pk=application.pk)
    elif request.method == "POST":
        status = 422
    lines = eligibility.lines_of(by, application)
    context = {
        **instruction_context(by, application, "recevabilite"),
        "form": form,
        "sens": sens,
        "echecs": [line for line in lines if line.fails],
        "admis": [line for line in lines if line.finding and line.finding.waived],
        "restants": eligibility.missing(lines),
    }
    return render(request, "labelling/recevabilite_prononcer.html", context, status=status)


def _write_letter(by: Actor, pk: int, kind: str) -> bool:
    """Hand the letter of admission or refusal over with the file; False when it could not be drawn."""
    application = get_visible_or_404(
        AmiApplication.objects.select_related("call__region", "territory", "organisation"), by, pk=pk
    )
    now = clock.now()
    facts = letter_facts(by=by, application=application, kind=kind, day=timezone.localdate(now))
    try:
        drawn = letter_pdf(facts, region=application.call.region)
    except (PdfBusy, PdfFailed):
        return False
    keep_letter(by=by, application=application, kind=kind, drawn=drawn, at=now)
    return True


PRONOUNCE = {
    "recevable": eligibility.admit,
    "irrecevable": eligibility.refuse,
    "revoir": eligibility.reopen,
}
TOLD = {
    "recevable": "Le dossier est recevable. Le porteur en est prévenu par courriel.",
    "irrecevable": "Le dossier est irrecevable. Le porteur reçoit les critères non remplis et leurs motifs.",
    "revoir": "Le dossier revient à l’examen de recevabilité. Le porteur en est prévenu.",
}


@guarded(Perm.READ_APPLICATION)
@require_http_methods(GET_POST)
def complement(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Requests made on the file and their answers; the Region asks here, one at a time."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    application = file_of(request, pk)
    asks = can(by, Perm.INSTRUCT)
    form = ComplementForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            data = form.cleaned_data
            try:
                complements.ask(
                    by=by,
                    application=application,
                    parts=data["parties"],
                    text=data["texte"],
                    day=data["jour"],
                )
            except (Refused, Conflict) as refusal:
                status = add_refusal(form, refusal)
            else:
                messages.success(request, "Demande envoyée : le porteur peut écrire les parties choisies.")
                return redirect("ami_complement", pk=application.pk)
        else:
            status = 422
    context = _complements(by, application, form, asks)
    return render(request, "labelling/complement.html", context, status=status)


def _complements(by: Actor, application: AmiApplication, form: ComplementForm, asks: bool) -> dict[str, Any]:
    requests = complements.history(by, application)
    now = clock.now()
    current = complements.waiting(requests)
    late = current is not None and complements.is_late(current, now)
    return {
        **instruction_context(by, application, "complement"),
        "form": form,
        "demandes": [
            (one, [PartKey(key).label for key in one.parts], one is current, one is current and late)
            for one in requests
        ],
        "en_cours": current,
        "demande_possible": asks and (current is None or late),
        "empeche": complements.why_not(by, application) if asks else "",
        "instruit": asks,
    }


@guarded(Perm.INSTRUCT)
@require_POST
def complement_close(request: HttpRequest, pk: int, demande: int) -> HttpResponseBase:
    """Close a request before its answer."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    application = file_of(request, pk)
    asked = get_visible_or_404(AmiComplement.objects.filter(application=application), by, pk=demande)
    try:
        complements.close(by=by, application=application, request=asked)
    except (Refused, Conflict) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Demande close : les parties du dossier sont refermées.")
    return redirect("ami_complement", pk=application.pk)


@guarded(Perm.INSTRUCT)
@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Close the instruction of one file: its notes open to the Region and the commission."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    application = file_of(request, pk)
    try:
        closing.close_one(by=by, application=application)
    except (Refused, Conflict) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Instruction de {application.number} close : les notes sont ouvertes.")
    return redirect("ami_noteurs", pk=application.pk)
