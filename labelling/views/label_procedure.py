"""The procedure of one dossier: where it stands, its clock, and the one thing to do now (domain § 6)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labelling.enums_label import DossierState, LabelAvisSense, LabelPart
from labelling.forms.label_procedure import AvisForm, ComplementForm
from labelling.models import LabelComplement, LabelDossier
from labelling.permissions import Perm
from labelling.services.label import avis, calendar, complements, decision, moves, timeline
from labelling.services.label.legal_clock import running
from labelling.views.label_head import TONES, readable
from labelling.workflows import label as flow
from spo_portal.kernel.errors import Conflict, PortalError, Refused
from territories.access import Actor, can, get_visible_or_404, guarded

GET_POST = ["GET", "HEAD", "POST"]
S = DossierState


def submitted(by: Actor) -> QuerySet[LabelDossier]:
    """A draft has no procedure yet."""
    return readable(by).filter(submitted_at__isnull=False)


def one(request: HttpRequest, pk: int) -> LabelDossier:
    return get_visible_or_404(submitted(request.actor), request.actor, pk=pk)  # type: ignore[attr-defined]


def refuse(form: forms.Form, refusal: PortalError) -> int:
    """Put the sentence on its field when the form has it; the status to answer."""
    field = refusal.field if isinstance(refusal, Refused) else None
    form.add_error(field if field in form.fields else None, str(refusal))
    return 409 if isinstance(refusal, Conflict) else 422


def procedure_context(by: Actor, dossier: LabelDossier, titre: str = "") -> dict[str, Any]:
    """Context of the head of every page of the procedure, and of the clock drawn on it."""
    requests = complements.history(by, dossier)
    steps = calendar.calendar_of(by, dossier, complements=requests)
    asked = complements.waiting(requests)
    return {
        "dossier": dossier,
        "etat": dossier.get_state_display(),
        "ton": TONES.get(S(dossier.state), ""),
        "titre": titre,
        "page_dossier": False,
        "complement": asked,
        "demandes": [(row, [LabelPart(key).label for key in row.parts]) for row in requests],
        "etapes": steps,
        "courante": running(steps),
        "instance": dossier.region.body_name or "instance régionale",
    }


@guarded(Perm.READ_LABEL_DOSSIER)
@require_safe
def procedure(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What the reader may do now, the calendar of the dossier, its requests, its avis, its history."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    dossier = one(request, pk)
    context = procedure_context(by, dossier)
    context |= {
        "actes": acts_of(by, dossier, context["complement"]),
        "avis": avis.avis_of(by, dossier),
        "decision": decision.decision_of(by, dossier),
        "histoire": timeline.timeline_of(by=by, dossier=dossier),
        "peut_demander": can(by, Perm.INSTRUCT_LABEL) and dossier.state in complements.MAY_ASK,
        "peut_clore": can(by, Perm.INSTRUCT_LABEL) and context["complement"] is not None,
    }
    return render(request, "labelling/label/procedure.html", context)


def acts_of(by: Actor, dossier: LabelDossier, asked: LabelComplement | None) -> dict[str, Any]:
    """The main act that this reader may make now, and why nothing when it is nothing."""
    if asked is not None:
        return {"attente": "Un complément est attendu : le délai légal est suspendu."}
    pk = dossier.pk
    if dossier.state == S.DEPOSE and can(by, Perm.INSTRUCT_LABEL):
        return {"poste": reverse("label_complet", args=[pk]), "move": flow.DECLARER_COMPLET}
    if dossier.state == S.COMPLET and can(by, Perm.INSTRUCT_LABEL):
        return {"poste": reverse("label_transmettre", args=[pk]), "move": flow.TRANSMETTRE}
    if dossier.state == S.TRANSMIS and can(by, Perm.RECORD_LABEL_AVIS):
        return {"lien": reverse("label_avis", args=[pk]), "move": flow.RENDRE_AVIS}
    if dossier.state == S.AVIS_RENDU and can(by, Perm.DECIDE_LABEL):
        return {
            "lien": reverse("label_decider", args=[pk]),
            "move": flow.ACCORDER,
            "mot": "Préparer la décision",
        }
    if dossier.state in (S.ACCORDE, S.REFUSE):
        return {"lien": reverse("label_decision", args=[pk]), "mot": "Lire la décision", "fini": True}
    if dossier.state == S.ABANDONNE:
        return {"attente": "Le territoire a retiré ce dossier : la procédure s’arrête ici."}
    return {"attente": WAITS.get(S(dossier.state), "")}


WAITS = {
    S.DEPOSE: "La préfecture examine si le dossier est complet.",
    S.COMPLET: "La préfecture doit transmettre le dossier pour avis.",
    S.TRANSMIS: "L’avis de l’instance régionale est attendu.",
    S.AVIS_RENDU: "La décision du préfet est attendue.",
}


def _move(request: HttpRequest, pk: int, key: str, told: str) -> HttpResponseBase:
    by: Actor = request.actor  # type: ignore[attr-defined]
    dossier = one(request, pk)
    try:
        moves.move(by=by, dossier=dossier, key=key)
    except PortalError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, told)
    return redirect("label_procedure", pk=pk)


@guarded(Perm.INSTRUCT_LABEL)
@require_POST
def complete(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Declare the dossier complete: eight days to transmit it."""
    return _move(
        request, pk, flow.DECLARER_COMPLET.key, "Le dossier est complet. Le territoire en est prévenu."
    )


@guarded(Perm.INSTRUCT_LABEL)
@require_POST
def transmit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Pass the dossier to the instance régionale: thirty days for its avis."""
    return _move(
        request, pk, flow.TRANSMETTRE.key, "Le dossier est transmis. L’animation régionale en est prévenue."
    )


@guarded(Perm.INSTRUCT_LABEL)
@require_http_methods(GET_POST)
def complement(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Ask for a complement: parts, text, date."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    dossier = one(request, pk)
    form = ComplementForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            data = form.cleaned_data
            try:
                complements.ask(
                    by=by, dossier=dossier, parts=data["parties"], text=data["texte"], day=data["jour"]
                )
            except PortalError as refusal:
                status = refuse(form, refusal)
            else:
                messages.success(request, "Demande envoyée : le délai légal est suspendu.")
                return redirect("label_procedure", pk=pk)
    context = procedure_context(by, dossier, "Demander un complément")
    context |= {"form": form, "possible": dossier.state in complements.MAY_ASK and not context["complement"]}
    return render(request, "labelling/label/demander_complement.html", context, status=status)


@guarded(Perm.INSTRUCT_LABEL)
@require_POST
def complement_close(request: HttpRequest, pk: int, demande: int) -> HttpResponseBase:
    """Close a request before its answer: the clock runs again."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    dossier = one(request, pk)
    asked = get_visible_or_404(LabelComplement.objects.filter(dossier=dossier), by, pk=demande)
    try:
        complements.close(by=by, dossier=dossier, request=asked)
    except PortalError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Demande close : le délai légal repart.")
    return redirect("label_procedure", pk=pk)


@guarded(Perm.RECORD_LABEL_AVIS)
@require_http_methods(GET_POST)
def record_avis(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Record the avis of the instance, with its date and its text."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    dossier = one(request, pk)
    form = AvisForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            data = form.cleaned_data
            try:
                avis.record_avis(
                    by=by, dossier=dossier, sense=data["sens"], given_on=data["rendu_le"], text=data["texte"]
                )
            except PortalError as refusal:
                status = refuse(form, refusal)
            else:
                messages.success(request, "Avis enregistré. Le préfet a vingt jours pour décider.")
                return redirect("label_procedure", pk=pk)
    context = procedure_context(by, dossier, "Enregistrer l’avis")
    step = next((s for s in context["etapes"] if s.key == "avis"), None)
    context |= {
        "form": form,
        "possible": dossier.state == S.TRANSMIS and not context["complement"],
        "aides": {
            LabelAvisSense.NON_RENDU: "Possible une fois le délai passé"
            + (f", après le {step.due:%d/%m/%Y}." if step and step.due and not step.frozen else ".")
        },
    }
    return render(request, "labelling/label/enregistrer_avis.html", context, status=status)
