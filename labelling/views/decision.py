"""The decision sheet of one file, and the acts written on it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from labelling.enums_ami import ApplicationState, Outcome
from labelling.forms.decisions import DecisionForm, OpinionForm, ProposalForm, WithdrawForm
from labelling.models import AmiApplication, AmiCall
from labelling.permissions import Perm
from labelling.services import decisions
from labelling.services.coverage import draw_coverage
from labelling.services.decision_sheet import Sheet, sheet_of
from labelling.services.envelope import ceiling_of, envelope_of
from labelling.services.moves import state_words
from spo_portal.kernel.errors import Conflict, PortalError, Refused
from spo_portal.kernel.typography import amount
from territories.access import Actor, get_visible_or_404, guarded


def one(actor: Actor, pk: int) -> AmiApplication:
    """A file whose content the officer reads: never a draft."""
    rows = AmiApplication.objects.readable_by(actor).exclude(state=ApplicationState.BROUILLON)
    rows = rows.select_related("call__region", "territory", "organisation", "commission")
    return get_visible_or_404(rows, actor, pk=pk)


def trail(call: AmiCall, *more: tuple[str, str]) -> list[tuple[str, str]]:
    return [
        ("Appels", reverse("ami_appels")),
        (call.title, reverse("ami_appel", args=[call.pk])),
        *more,
    ]


def refuse(form: forms.Form, refusal: PortalError) -> int:
    """Put the sentence on its field when the form has it; returns the status to answer."""
    field = refusal.field if isinstance(refusal, Refused) else None
    form.add_error(field if field in form.fields else None, str(refusal))
    return 409 if isinstance(refusal, Conflict) else 422


@guarded(Perm.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def sheet(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The sheet; a decision posted once is shown to be confirmed, posted again with its confirmation."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    application = one(actor, pk)
    if request.method != "POST":
        return _show(request, actor, application)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _show(request, actor, application, form=form, status=422)
    typed, confirmed = form.cleaned_data, request.POST.get("confirme") == "1"
    try:
        deadline = form.deadline()
        if not confirmed:
            _try(actor, application, typed, deadline)
            return _confirm(request, actor, application, form)
        decisions.decide(
            by=actor,
            application=application,
            outcome=typed["sens"],
            reasons=typed["motifs"],
            amount=typed["montant"],
            parts=typed["parties"],
            deadline=deadline,
        )
    except PortalError as refusal:
        status = refuse(form, refusal)
        return _show(request, actor, one(actor, pk), form=form, status=status)
    words = "Décision enregistrée. Elle attend sa publication : le porteur n’en voit rien d’ici là."
    messages.success(request, words)
    return redirect("ami_decision", pk)


def _try(actor: Actor, application: AmiApplication, typed: dict[str, Any], deadline: Any) -> None:
    """What would be refused at the confirmation is refused before it is asked."""
    if typed["sens"] == Outcome.RETENUE:
        found = ceiling_of(application, envelope_of(actor, application.call, without=application.pk))
        problems = found.problems(typed["montant"])
        if problems:
            raise Refused(" ".join(problems), "montant")
    if typed["sens"] == Outcome.A_COMPLETER:
        decisions.check_parts(typed["parties"])
        decisions.check_deadline(deadline)


def _confirm(
    request: HttpRequest, actor: Actor, application: AmiApplication, form: DecisionForm
) -> HttpResponse:
    typed = form.cleaned_data
    hidden = [(name, value) for name in ("sens", "motifs") for value in [typed[name]]]
    hidden += [("montant", amount(typed["montant"]))] if typed["montant"] else []
    hidden += [("parties", key) for key in typed["parties"]]
    if typed["echeance"]:
        hidden.append(("echeance", typed["echeance"].isoformat()))
    labels = dict(form.fields["parties"].choices)  # type: ignore[attr-defined]
    back = reverse("ami_decision", args=[application.pk])
    context = {
        "dossier": application,
        "sens": Outcome(typed["sens"]),
        "montant": typed["montant"] if typed["sens"] == Outcome.RETENUE else None,
        "enveloppe": envelope_of(actor, application.call, without=application.pk),
        "motifs": typed["motifs"],
        "parties": [labels[key] for key in typed["parties"]],
        "echeance": typed["echeance"],
        "hidden": hidden,
        "fil": trail(application.call, ("Fiche de décision", back), ("Confirmer", "")),
        "back": back,
    }
    context["apres"] = context["enveloppe"].left - (context["montant"] or 0)  # type: ignore[attr-defined]
    return render(request, "labelling/decision_confirmer.html", context)


def _show(
    request: HttpRequest,
    actor: Actor,
    application: AmiApplication,
    *,
    form: DecisionForm | None = None,
    proposal: ProposalForm | None = None,
    opinion: OpinionForm | None = None,
    status: int = 200,
) -> HttpResponse:
    found = sheet_of(by=actor, application=application)
    drawn = draw_coverage(
        actor, found.coverage, ident="carte-decision", names=False, marked=[application.territory_id]
    )
    mine = next((said for said in found.opinions if said.author_id == actor.user_id), None)
    context = {
        "fiche": found,
        "dossier": application,
        "etat": state_words(actor, application),
        "carte": drawn,
        "form": form or DecisionForm(initial=_initial(found)),
        "proposition": proposal or ProposalForm(initial=_proposed(found)),
        "accord": opinion
        or OpinionForm(
            initial={"accord": "oui" if mine.agrees else "non", "avis_note": mine.text} if mine else None
        ),
        "plafond": found.ceiling,
        "limites_url": reverse("ami_decision_limites", args=[application.pk]),
        "ouverte": application.state in decisions.DISCUSSED and not found.recused,
        "proposable": application.state in decisions.PROPOSED and not found.recused,
        "fil": trail(application.call, ("Fiche de décision", "")),
    }
    return render(request, "labelling/decision.html", context, status=status)


def _initial(found: Sheet) -> dict[str, Any]:
    proposed = found.proposal.amount if found.proposal else min(found.ceiling.asked, found.ceiling.share)
    return {"montant": amount(proposed) if proposed else ""}


def _proposed(found: Sheet) -> dict[str, Any]:
    if found.proposal is None:
        return {"vu": 0}
    return {
        "propose": amount(found.proposal.amount),
        "note": found.proposal.note,
        "vu": found.proposal.version,
    }


@guarded(Perm.DECIDE)
@require_GET
def limits(request: HttpRequest, pk: int) -> HttpResponse:
    """What the amount being typed makes of the share and of the envelope: a fragment, nothing is saved."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    application = one(actor, pk)
    field = DecisionForm.base_fields["montant"]
    context: dict[str, Any] = {"plafond": ceiling_of(application, envelope_of(actor, application.call))}
    try:
        typed = field.clean(request.GET.get("montant", ""))
    except forms.ValidationError as error:
        context["problemes"] = error.messages
    else:
        context["problemes"] = context["plafond"].problems(typed) if typed else []
        context["montant"] = typed
        context["part"] = 100 * typed / application.charges if application.charges else None
        context["reste"] = context["plafond"].left - typed
    return render(request, "labelling/partials/_decision_limites.html", context)


@guarded(Perm.DECIDE)
@require_POST
def propose(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Set the amount proposed by the instruction."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    application = one(actor, pk)
    form = ProposalForm(request.POST)
    status = 422
    if form.is_valid():
        typed = form.cleaned_data
        try:
            decisions.set_proposal(
                by=actor,
                application=application,
                amount=typed["propose"],
                note=typed["note"],
                seen=typed["vu"] or 0,
            )
        except PortalError as refusal:
            status = refuse(form, refusal)
            if status == 409:
                found = sheet_of(by=actor, application=application).proposal
                form.data = form.data.copy()
                form.data["vu"] = str(found.version if found else 0)
        else:
            messages.success(request, "Proposition enregistrée.")
            return redirect("ami_decision", pk)
    return _show(request, actor, application, proposal=form, status=status)


@guarded(Perm.DECIDE)
@require_POST
def agree(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Agree, or not, with a note that the Region alone reads."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    application = one(actor, pk)
    form = OpinionForm(request.POST)
    status = 422
    if form.is_valid():
        typed = form.cleaned_data
        try:
            decisions.note_opinion(
                by=actor, application=application, agrees=typed["accord"] == "oui", text=typed["avis_note"]
            )
        except PortalError as refusal:
            status = refuse(form, refusal)
        else:
            messages.success(request, "Votre position est notée. Seule la Région la lit.")
            return redirect("ami_decision", pk)
    return _show(request, actor, application, opinion=form, status=status)


@guarded(Perm.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take back a decision that waits for its publication."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    application = one(actor, pk)
    form = WithdrawForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                decisions.withdraw_decision(
                    by=actor, application=application, reason=form.cleaned_data["commentaire"]
                )
            except PortalError as refusal:
                status = refuse(form, refusal)
            else:
                messages.success(request, "Décision retirée. Le dossier attend de nouveau une décision.")
                return redirect("ami_decision", pk)
    back = reverse("ami_decision", args=[pk])
    context = {
        "dossier": application,
        "decision": decisions.decision_of(actor, application),
        "retirable": application.state == ApplicationState.DECIDEE,
        "form": form,
        "fil": trail(application.call, ("Fiche de décision", back), ("Retirer la décision", "")),
        "back": back,
    }
    return render(request, "labelling/decision_retirer.html", context, status=status)
