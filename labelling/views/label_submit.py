"""The territory submits its dossier, reads the receipt, withdraws it, answers a request for complements."""

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from labelling.enums_label import DossierState
from labelling.permissions import Perm
from labelling.services.label import answering, submission
from labelling.services.label.complements import ANSWER_MAX
from labelling.services.label.completeness import completeness_of
from labelling.services.label.material import material_of
from labelling.services.label.moves import open_complement
from labelling.services.label.parts import may_write
from labelling.views.label_head import (
    ANSWER,
    SUBMIT,
    head_context,
    links,
    part_label,
    part_url,
    readable_dossier,
)
from labelling.workflows import label as flow
from spo_portal.kernel.errors import Conflict, PortalError
from territories.access import Actor, guarded


@guarded(Perm.SUBMIT_LABEL)
@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What is missing, what the préfet will read; then the submission, once."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    dossier = readable_dossier(by, pk)
    if dossier.submitted_at is not None:
        return redirect("label_recu", pk=pk)
    if dossier.state != DossierState.BROUILLON or not may_write(by, dossier):
        messages.error(request, "Ce dossier a été retiré : il ne peut plus être déposé.")
        return redirect("label_dossier", pk=pk)
    error, status = "", 200
    if request.method == "POST":
        if request.POST.get("certifie") != "oui":
            error, status = "Cochez la case : le dossier part au nom du territoire.", 422
        else:
            try:
                submission.submit(by=by, dossier=dossier)
            except PortalError as refusal:
                error, status = str(refusal), 409 if isinstance(refusal, Conflict) else 422
            else:
                return redirect("label_recu", pk=pk)
    material = material_of(by=by, dossier=dossier)
    found = completeness_of(material)
    context = head_context(by, dossier, SUBMIT, material=material)
    context |= {
        "titre": "Vérifier et déposer",
        "material": material,
        "reseaux": material.ground.networks,
        "manques": links(dossier, found.missing),
        "conseils": links(dossier, found.advice),
        "erreur": error,
        "case": bool(error) and not request.POST.get("certifie"),
    }
    return render(request, "labelling/label/deposer.html", context, status=status)


@guarded(Perm.READ_LABEL_DOSSIER)
@require_safe
def receipt(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What was sent, when, under which number: to read, to print, to keep."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    dossier = readable_dossier(by, pk)
    if dossier.submitted_at is None:
        return redirect("label_dossier", pk=pk)
    material = material_of(by=by, dossier=dossier)
    context = head_context(by, dossier, "recu", material=material)
    # A receipt says what was sent, not what is expected since.
    context |= {
        "titre": "Accusé de dépôt",
        "material": material,
        "reseaux": material.ground.networks,
        "complement": None,
        "onglets": [],
    }
    return render(request, "labelling/label/recu.html", context)


@guarded(Perm.SUBMIT_LABEL)
@require_http_methods(["GET", "HEAD", "POST"])
def abandon(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Ask once, with the reason; the dossier stops there and stays readable."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    dossier = readable_dossier(by, pk)
    if dossier.state not in flow.ABANDONNER.sources:
        messages.error(request, "Ce dossier est terminé : il ne peut plus être retiré.")
        return redirect("label_dossier", pk=pk)
    error, status = "", 200
    if request.method == "POST":
        try:
            submission.abandon(by=by, dossier=dossier, reason=request.POST.get("motif", ""))
        except PortalError as refusal:
            error, status = str(refusal), 409 if isinstance(refusal, Conflict) else 422
        else:
            messages.success(request, "Le dossier est retiré. Le territoire peut en ouvrir un autre.")
            return redirect("label_dossier", pk=pk)
    context = head_context(by, dossier, "abandonner")
    context |= {
        "titre": "Retirer le dossier",
        "effet": flow.ABANDONNER.effect,
        "erreur": error,
        "motif": request.POST.get("motif", ""),
    }
    return render(request, "labelling/label/abandonner.html", context, status=status)


@guarded(Perm.SUBMIT_LABEL)
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What the préfecture asks, what is still missing in the parts opened again, then the answer."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    dossier = readable_dossier(by, pk)
    asked = open_complement(by, dossier)
    error, status = "", 200
    if request.method == "POST":
        try:
            answering.answer(by=by, dossier=dossier, text=request.POST.get("reponse", ""))
        except PortalError as refusal:
            error, status = str(refusal), 409 if isinstance(refusal, Conflict) else 422
        else:
            messages.success(request, "La réponse est envoyée à la préfecture. Les parties sont refermées.")
            return redirect("label_dossier", pk=pk)
    if asked is None:
        if error:
            messages.error(request, error)
        else:
            messages.info(request, "Aucun complément n’est attendu sur ce dossier.")
        return redirect("label_dossier", pk=pk)
    material = material_of(by=by, dossier=dossier)
    context = head_context(by, dossier, ANSWER, material=material)
    context |= {
        "titre": "Répondre à la préfecture",
        "page_reponse": True,
        "demande": asked,
        "manques": links(dossier, answering.gaps_of(material, asked), context["ouvertes"]),
        "rouvertes": [(part_label(key), part_url(dossier, key)) for key in asked.parts],
        "erreur": error,
        "reponse": request.POST.get("reponse", ""),
        "reponse_max": ANSWER_MAX,
    }
    return render(request, "labelling/label/repondre.html", context, status=status)
