"""The porteur submits its file, reads the receipt, withdraws it, answers a request for complements."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from labelling.enums_ami import ApplicationState, PartKey
from labelling.models import AmiApplication
from labelling.permissions import Perm
from labelling.services import clock, moves, submission
from labelling.services.complement_answer import ANSWER_MAX, answer_complement, gaps_of
from labelling.services.completeness import Gap, completeness_of
from labelling.services.dossier import material_of
from labelling.services.parts import open_complement
from labelling.views.dossier_head import SUBMIT, head_context, is_over, part_url
from labelling.views.dossier_part import READABLE
from labelling.workflows import ami as flow
from spo_portal.kernel.errors import Conflict, PortalError
from territories.access import Actor, get_visible_or_404, guarded


def own_file(by: Actor, pk: int) -> AmiApplication:
    """A file of the organisation the actor acts for; any other is a 404."""
    return get_visible_or_404(AmiApplication.objects.of_body(by).select_related(*READABLE), by, pk=pk)


def links(application: AmiApplication, gaps: list[Gap]) -> list[tuple[str, str]]:
    """What is missing, each with the place where it is mended."""
    return [(gap.text, part_url(application, gap.part, gap.screen, gap.anchor)) for gap in gaps]


@guarded(Perm.SUBMIT_APPLICATION)
@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Summary, what is missing, the deadline by the database's clock; then the submission, once."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    application = own_file(by, pk)
    if application.submitted_at is not None:
        return redirect("ami_recu", pk=pk)
    if application.state != ApplicationState.BROUILLON:
        messages.error(request, "Ce dossier a été retiré : il ne peut plus être déposé.")
        return redirect("ami_dossier", pk=pk)
    error, status = "", 200
    if request.method == "POST":
        if request.POST.get("certifie") != "oui":
            error, status = "Cochez la case : le porteur confirme que le dossier est prêt.", 422
        else:
            try:
                submission.submit(by=by, application=application)
            except PortalError as refusal:
                error, status = str(refusal), 409 if isinstance(refusal, Conflict) else 422
            else:
                return redirect("ami_recu", pk=pk)
    material = material_of(by=by, application=application)
    found = completeness_of(material)
    context = head_context(by, application, SUBMIT, material=material)
    context |= {
        "titre": "Déposer le dossier",
        "material": material,
        "manques": links(application, found.missing),
        "conseils": links(application, found.advice),
        "maintenant": clock.now(),
        "clos": is_over(application),
        "erreur": error,
        "case": bool(error) and not request.POST.get("certifie"),
    }
    return render(request, "labelling/deposer.html", context, status=status)


@guarded(Perm.SUBMIT_APPLICATION)
@require_safe
def receipt(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What was received, when, under which number: to read, to print, to keep."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    application = own_file(by, pk)
    if application.submitted_at is None:
        return redirect("ami_dossier", pk=pk)
    material = material_of(by=by, application=application)
    context = head_context(by, application, "recu", material=material)
    # A receipt says what was received, not what is expected since.
    context |= {"titre": "Accusé de dépôt", "material": material, "complement": None}
    return render(request, "labelling/recu.html", context)


@guarded(Perm.SUBMIT_APPLICATION)
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Ask once, with the reason; the file leaves the call and stays readable."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    application = own_file(by, pk)
    told = moves.told_state(by, application)
    if told not in flow.RETIRER.sources:
        messages.error(request, "Ce dossier ne peut plus être retiré ici. Écrivez à la Région.")
        return redirect("ami_dossier", pk=pk)
    error, status = "", 200
    if request.method == "POST":
        try:
            reason = request.POST.get("motif", "")
            submission.withdraw(by=by, application=application, reason=reason)
        except PortalError as refusal:
            error, status = str(refusal), 409 if isinstance(refusal, Conflict) else 422
        else:
            messages.success(request, "Le dossier est retiré de l’appel.")
            return redirect("ami_dossier", pk=pk)
    context = head_context(by, application, "retirer")
    context |= {
        "titre": "Retirer le dossier",
        "effet": flow.RETIRER.effect,
        "erreur": error,
        "motif": request.POST.get("motif", ""),
    }
    return render(request, "labelling/retirer.html", context, status=status)


@guarded(Perm.SUBMIT_APPLICATION)
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What the Region asks, what is still missing in the parts opened again, then the answer."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    application = own_file(by, pk)
    asked = open_complement(by, application)
    error, status = "", 200
    if request.method == "POST":
        try:
            answer_complement(by=by, application=application, answer=request.POST.get("reponse", ""))
        except PortalError as refusal:
            error, status = str(refusal), 409 if isinstance(refusal, Conflict) else 422
        else:
            messages.success(request, "La réponse est envoyée à la Région.")
            return redirect("ami_dossier", pk=pk)
    if asked is None and not error:
        messages.info(request, "Aucun complément n’est attendu sur ce dossier.")
        return redirect("ami_dossier", pk=pk)
    material = material_of(by=by, application=application)
    context: dict[str, Any] = head_context(by, application, "repondre", material=material)
    context |= {
        "titre": "Répondre à la demande de complément",
        "demande": asked,
        "manques": links(application, gaps_of(material, asked)) if asked else [],
        "rouvertes": _opened(application, asked.parts if asked else []),
        "erreur": error,
        "reponse": request.POST.get("reponse", ""),
        "reponse_max": ANSWER_MAX,
        "maintenant": clock.now(),
    }
    return render(request, "labelling/repondre.html", context, status=status)


def _opened(application: AmiApplication, parts: list[str]) -> list[tuple[str, str]]:
    return [(PartKey(key).label, reverse("ami_partie", args=[application.pk, key])) for key in parts]
