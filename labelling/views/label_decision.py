"""The préfet's decision: prepared, its effects shown, confirmed with the signed act; then read by all."""

import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from labelling.enums_label import DossierKind, DossierState, PlaceOutcome
from labelling.forms.label_procedure import ActForm, DecisionForm
from labelling.models import LabelCertificate, LabelDecision, LabelDossier, LabelPlace
from labelling.permissions import Perm
from labelling.services import recording
from labelling.services.attachments import TOO_HEAVY
from labelling.services.label import avis, decision, effects
from labelling.services.label.effects import Outcome
from labelling.services.label.ground import OUTCOME_TONES
from labelling.views.dossier_files import SANDBOX
from labelling.views.label_procedure import GET_POST, one, procedure_context, refuse
from spo_portal.kernel.errors import PortalError
from spo_portal.kernel.uploads import was_too_big
from territories.access import Actor, get_visible_or_404, guarded

EVE = datetime.timedelta(days=1)


def _dates(by: Actor, dossier: LabelDossier) -> dict[str, datetime.date]:
    """Dates proposed: today, five years; a renewal follows the label it renews; an amendment ends with it."""
    today = timezone.localdate()
    start, end = today, recording.end_of_label(today)
    before = LabelDecision.objects.visible_to(by).filter(dossier_id=dossier.parent_id or 0).first()
    if before is not None and before.ends_on is not None:
        if dossier.kind == DossierKind.RENOUVELLEMENT and before.ends_on >= today:
            start = before.ends_on + EVE
            end = recording.end_of_label(start)
        elif dossier.kind == DossierKind.MODIFICATION and before.ends_on > today:
            end = before.ends_on
    return {"decide_le": today, "debut": start, "fin": end}


def _form(request: HttpRequest, by: Actor, dossier: LabelDossier, places: list[LabelPlace]) -> DecisionForm:
    standing = effects.standing_of(by, [row.site_id for row in places], timezone.localdate())
    proposed: dict[int, Outcome] = {
        row.pk: effects.proposed_outcome(row, standing.get(row.site_id)) for row in places
    }
    data = request.POST if request.method == "POST" else None
    return DecisionForm(data, places=places, proposed=proposed, initial=_dates(by, dossier))


@guarded(Perm.DECIDE_LABEL)
@require_http_methods(GET_POST)
def decide(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Two steps on one address: what is decided, then its effects with the act to join, confirmed."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    dossier = one(request, pk)
    if dossier.state != DossierState.AVIS_RENDU:
        return _not_now(request, by, dossier)
    places = decision.places_of(by, dossier)
    form = _form(request, by, dossier, places)
    if request.method != "POST":
        return _prepare(request, by, dossier, form)
    if "modifier" in request.POST:
        return _prepare(request, by, dossier, form)
    if not form.is_valid():
        return _prepare(request, by, dossier, form, status=422)
    try:
        planned = decision.preview(by=by, dossier=dossier, act=form.act())
    except PortalError as refusal:
        return _prepare(request, by, dossier, form, status=refuse(form, refusal))
    if "confirme" not in request.POST:
        return _confirm(request, by, dossier, form, planned, ActForm())
    return _record(request, by, dossier, form, planned)


def _record(
    request: HttpRequest,
    by: Actor,
    dossier: LabelDossier,
    form: DecisionForm,
    planned: list[effects.Effect],
) -> HttpResponseBase:
    signed = ActForm(request.POST, request.FILES)
    if was_too_big(request):
        signed.add_error("fichier", TOO_HEAVY)
    if not signed.is_valid():
        return _confirm(request, by, dossier, form, planned, signed, status=422)
    sent = signed.cleaned_data["fichier"]
    act = form.act(
        number=signed.cleaned_data["numero"], file_name=sent.name or "acte.pdf", content=sent.read()
    )
    try:
        decision.decide(by=by, dossier=dossier, act=act)
    except decision.AlreadyDecided:
        dossier.refresh_from_db()
        return _not_now(request, by, dossier, status=409)
    except PortalError as refusal:
        field = getattr(refusal, "field", None)
        if field in signed.fields:
            return _confirm(request, by, dossier, form, planned, signed, status=refuse(signed, refusal))
        return _prepare(request, by, dossier, form, status=refuse(form, refusal))
    messages.success(request, "Décision enregistrée. Le territoire en est prévenu par courriel.")
    return redirect("label_decision", pk=dossier.pk)


def _prepare(
    request: HttpRequest, by: Actor, dossier: LabelDossier, form: DecisionForm, *, status: int = 200
) -> HttpResponse:
    context = procedure_context(by, dossier, "Préparer la décision")
    context |= {"form": form, "avis": avis.avis_of(by, dossier), "lignes": _lines(form)}
    return render(request, "labelling/label/decider.html", context, status=status)


def _lines(form: DecisionForm) -> list[dict[str, Any]]:
    found = []
    for row, outcome, reason in form.rows():
        kept = row.eligibility or {}
        found.append(
            {
                "row": row,
                "outcome": outcome,
                "reason": reason,
                "eligible": kept.get("eligible"),
                "empeche": effects.why_not_labelled(row),
            }
        )
    return found


def _confirm(
    request: HttpRequest,
    by: Actor,
    dossier: LabelDossier,
    form: DecisionForm,
    planned: list[effects.Effect],
    signed: ActForm,
    *,
    status: int = 200,
) -> HttpResponse:
    context = procedure_context(by, dossier, "Confirmer la décision")
    context |= {
        "form": signed,
        "caches": form.hidden(),
        "donnees": form.cleaned_data,
        "accorde": form.cleaned_data["sens"] == "accorder",
        "changements": [one for one in planned if one.changes],
        "inchanges": [one for one in planned if not one.changes],
        "totaux": effects.totals(planned),
    }
    return render(request, "labelling/label/decider_confirmer.html", context, status=status)


def _not_now(
    request: HttpRequest, by: Actor, dossier: LabelDossier, *, status: int = 200
) -> HttpResponseBase:
    """Decided by somebody else meanwhile, or not ready: what stands is said, with its link."""
    found = decision.decision_of(by, dossier)
    if found is not None and request.method != "POST":
        return redirect("label_decision", pk=dossier.pk)
    context = procedure_context(by, dossier, "Décision")
    context |= {"decision": found, "conflit": request.method == "POST"}
    status = 409 if request.method == "POST" else status
    return render(request, "labelling/label/decider_conflit.html", context, status=status)


@guarded(Perm.READ_LABEL_DOSSIER)
@require_safe
def read(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The act, what was decided of each place, its reasons, its file, the certificates."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    dossier = one(request, pk)
    found = decision.decision_of(by, dossier)
    if found is None:
        raise Http404
    places = [row for row in decision.places_of(by, dossier) if row.outcome]
    rows = LabelCertificate.objects.visible_to(by).filter(
        site__in=[row.site_id for row in places], label__decision_number=found.number
    )
    certificates = {row.site_id: row for row in rows.defer("pdf")}
    counts = {kind: sum(row.outcome == kind for row in places) for kind in PlaceOutcome}
    context = procedure_context(by, dossier, "Décision")
    context |= {
        "decision": found,
        "avis": avis.avis_of(by, dossier),
        "lignes": [
            (row, OUTCOME_TONES.get(PlaceOutcome(row.outcome), ""), certificates.get(row.site_id))
            for row in places
        ],
        "labellises": counts[PlaceOutcome.LABELLISE],
        "associes": counts[PlaceOutcome.ASSOCIE],
    }
    return render(request, "labelling/label/decision.html", context)


@guarded(Perm.READ_LABEL_DOSSIER)
@require_safe
def act_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The signed act, as a download."""
    dossier = one(request, pk)
    found = get_visible_or_404(LabelDecision.objects.all(), request.actor, pk=dossier.pk)  # type: ignore[attr-defined]
    return pdf_response(bytes(found.content), found.file_name)


@guarded(Perm.READ_LABEL_DOSSIER)
@require_safe
def certificate(request: HttpRequest, pk: int) -> HttpResponse:
    """The certificate of one place, as it was made."""
    found = get_visible_or_404(LabelCertificate.objects.all(), request.actor, pk=pk)  # type: ignore[attr-defined]
    return pdf_response(bytes(found.pdf), f"certificat-{found.code.lower()}.pdf")


def pdf_response(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = SANDBOX
    return response
