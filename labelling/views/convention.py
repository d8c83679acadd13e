"""The convention of funding: prepared, previewed, signed, paid; a project given up (Region)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labelling.documents.convention import convention_pdf
from labelling.enums_ami import ApplicationState
from labelling.forms.after import ConventionForm, PaidForm, ReasonForm, SignForm, from_terms, terms_of
from labelling.models import AmiApplication, AmiConvention, AmiInstalment
from labelling.permissions import Perm
from labelling.services import conventions as service
from labelling.views.after_head import context, one, refuse
from spo_portal.kernel.errors import Conflict, PortalError
from spo_portal.kernel.pdf import PdfBusy
from territories.access import Actor, can, get_visible_or_404, guarded

BUSY = "Le document n’a pas pu être composé : le portail est très occupé. Recommencez dans un instant."


@guarded(Perm.READ_FOLLOW_UP)
@require_http_methods(["GET", "HEAD", "POST"])
def convention(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The page of the convention; the Region writes it there until it is signed."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    application = one(actor, pk)
    if request.method != "POST":
        return _show(request, actor, application)
    form = ConventionForm(request.POST)
    if not form.is_valid():
        return _show(request, actor, application, form=form, status=422)
    try:
        service.prepare(by=actor, application=application, terms=form.terms())
    except PortalError as refusal:
        return _show(request, actor, application, form=form, status=refuse(form, refusal))
    messages.success(request, "Convention enregistrée. Relisez-la en PDF, puis inscrivez sa signature.")
    return redirect("ami_convention", pk)


def _show(
    request: HttpRequest,
    actor: Actor,
    application: AmiApplication,
    *,
    form: ConventionForm | None = None,
    sign: SignForm | None = None,
    status: int = 200,
) -> HttpResponse:
    held = service.convention_of(actor, application)
    payments = list(held.instalments.all()) if held else []
    funds = can(actor, Perm.FUND) and application.state == ApplicationState.RETENUE
    found: dict[str, Any] = context(actor, application, "ami_convention", "Convention") | {
        "convention": held,
        "versements": payments,
        "verse": service.paid(payments),
        "modifiable": funds and (held is None or held.signed_on is None),
        "paie": can(actor, Perm.FUND) and held is not None and held.signed_on is not None,
        "paiement": PaidForm(),
    }
    if found["modifiable"]:
        decision = service.decision_of(actor, application)
        terms = (
            terms_of(held) if held else service.proposed(application, decision.amount, timezone.localdate())
        )
        found |= {
            "decision": decision,
            "form": form or ConventionForm(initial=from_terms(terms)),
            "signature": sign or SignForm(initial={"signee_le": timezone.localdate()}),
        }
    found["desistable"] = can(actor, Perm.FUND) and application.state in (
        ApplicationState.RETENUE,
        ApplicationState.CONVENTIONNEE,
    )
    return render(request, "labelling/convention.html", found, status=status)


def _drawn(actor: Actor, application: AmiApplication, held: AmiConvention, *, draft: bool) -> bytes:
    made = convention_pdf(
        held,
        application=application,
        decision=service.decision_of(actor, application),
        payments=list(held.instalments.all()),
        region=application.call.region,
        draft=draft,
    )
    return made.pdf


@guarded(Perm.READ_FOLLOW_UP)
@require_safe
def document(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The signed bytes, as they were frozen; before that, what would be signed."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    application = one(actor, pk)
    held = AmiConvention.objects.visible_to(actor).filter(application=application).first()
    if held is None:
        raise Http404
    if held.pdf is not None:
        content = bytes(held.pdf)
    else:
        try:
            content = _drawn(actor, application, held, draft=True)
        except PdfBusy:
            messages.error(request, BUSY)
            return redirect("ami_convention", pk)
    response = HttpResponse(content, content_type="application/pdf")
    name = f"convention-{held.number}.pdf".replace("/", "-")
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@guarded(Perm.FUND)
@require_POST
def sign(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Note the signature of the convention as it is now; a first post asks to confirm."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    application = one(actor, pk)
    form = SignForm(request.POST)
    held = service.convention_of(actor, application)
    if held is None or not form.is_valid():
        return _show(request, actor, application, sign=form, status=422)
    if request.POST.get("confirme") != "1":
        found = context(actor, application, "ami_convention", "Inscrire la signature")
        found |= {"convention": held, "form": form, "jour": form.cleaned_data["signee_le"]}
        found |= {"lue": held.made_at.isoformat()}
        return render(request, "labelling/convention_signer.html", found)
    try:
        if request.POST.get("lue", "") not in ("", held.made_at.isoformat()):
            raise Conflict(service.REWRITTEN)
        held.signed_on = form.cleaned_data["signee_le"]
        content = _drawn(actor, application, held, draft=False)
        service.sign(
            by=actor,
            application=application,
            signed_on=form.cleaned_data["signee_le"],
            pdf=content,
            read=held.made_at,
        )
    except PdfBusy:
        messages.error(request, BUSY)
        return redirect("ami_convention", pk)
    except PortalError as refusal:
        return _show(request, actor, one(actor, pk), sign=form, status=refuse(form, refusal))
    messages.success(request, "Convention signée. Les versements et les bilans annuels sont datés.")
    return redirect("ami_convention", pk)


@guarded(Perm.FUND)
@require_POST
def paid(request: HttpRequest, pk: int, versement: int) -> HttpResponseBase:
    """Note the day a payment was made, or take a wrong note back."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = AmiInstalment.objects.visible_to(actor).filter(application_id=pk)
    instalment = get_visible_or_404(rows, actor, pk=versement)
    form = PaidForm(request.POST)
    back = request.POST.get("annuler") == "1"
    try:
        if back:
            service.note_paid(by=actor, instalment=instalment, paid_on=None)
            messages.success(request, f"Le versement « {instalment.label} » n’est plus noté versé.")
        elif form.is_valid():
            service.note_paid(by=actor, instalment=instalment, paid_on=form.cleaned_data["verse_le"])
            messages.success(request, f"Versement noté : {instalment.label}.")
        else:
            messages.error(request, "Indiquez la date du versement.")
    except PortalError as refusal:
        messages.error(request, str(refusal))
    return redirect("ami_convention", pk)


@guarded(Perm.FUND)
@require_http_methods(["GET", "HEAD", "POST"])
def desist(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A page that asks once and says what follows, then the project is given up."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    application = one(actor, pk)
    form = ReasonForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            service.desist(by=actor, application=application, reason=form.cleaned_data["commentaire"])
        except PortalError as refusal:
            status = refuse(form, refusal)
        else:
            messages.success(request, "Désistement enregistré. Le montant revient à l’enveloppe.")
            return redirect("ami_dossier", pk)
    elif request.method == "POST":
        status = 422
    held = service.convention_of(actor, application)
    found = context(actor, application, "ami_convention", "Désistement")
    found |= {
        "form": form,
        "convention": held,
        "verse": service.paid(list(held.instalments.all())) if held else 0,
        "possible": application.state in (ApplicationState.RETENUE, ApplicationState.CONVENTIONNEE),
    }
    return render(request, "labelling/desistement.html", found, status=status)
