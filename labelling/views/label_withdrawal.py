"""Withdrawals of a place's label: the list, the start, and each step on one page (R. 6111-5; domain § 6)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from labelling.enums_label import LabelAvisSense, WithdrawalState
from labelling.forms.label_procedure import (
    OF_WITHDRAWAL,
    MotiveForm,
    ObservationsForm,
    ReasonForm,
    SettleForm,
    WithdrawalAvisForm,
)
from labelling.models import LabelWithdrawal
from labelling.permissions import Perm
from labelling.services.label import calendar, timeline
from labelling.services.label import withdrawal as service
from labelling.services.label import withdrawal_list as lists
from labelling.services.label.legal_clock import running
from labelling.views.label_head import without_label
from labelling.views.label_procedure import GET_POST, refuse
from labelling.workflows import label as flow
from spo_portal.kernel.errors import PortalError
from spo_portal.kernel.typography import plain_date
from territories.access import Actor, can, get_visible_or_404, guarded
from territories.models import Site

W = WithdrawalState
PER_PAGE = 25
TONES = {W.RETIRE: "error", W.MAINTENU: "ok"}


@guarded(Perm.READ_WITHDRAWAL)
@require_safe
def withdrawals(request: HttpRequest) -> HttpResponseBase:
    """Every withdrawal the reader may know; the préfecture starts one from here or from a place."""
    other = without_label(request)
    if other is not None:
        return other
    by: Actor = request.actor  # type: ignore[attr-defined]
    page = Paginator(lists.begun(by), PER_PAGE).get_page(request.GET.get("procedures", "1")[:9])
    context: dict[str, Any] = {
        "page": page,
        "lignes": [
            {
                "row": row,
                "step": running(calendar.withdrawal_calendar(row)),
                "ton": TONES.get(W(row.state), "info"),
            }
            for row in page.object_list
        ],
        "engage": can(by, Perm.DECIDE_LABEL),
    }
    if context["engage"]:
        wanted = lists.asked(request.GET)
        found = Paginator(lists.may_begin(by, wanted), PER_PAGE)
        context |= {
            "demande": wanted,
            "choix": lists.choices(by),
            "labels": found.get_page(request.GET.get("page", "1")[:9]),
        }
    return render(request, "labelling/label/retraits.html", context)


@guarded(Perm.DECIDE_LABEL)
@require_http_methods(GET_POST)
def start(request: HttpRequest, site: int) -> HttpResponseBase:
    """Start the withdrawal of the label of one place, with its motive."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    place = get_visible_or_404(Site.objects.select_related("territory", "region"), by, pk=site)
    already = service.open_of(by, place)
    if already is not None:
        return redirect("label_retrait", pk=already.pk)
    form = MotiveForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = service.start(by=by, site=place, motive=form.cleaned_data["motif"])
            except PortalError as refusal:
                status = refuse(form, refusal)
            else:
                messages.success(request, "Retrait engagé : le lieu et le coordinateur sont prévenus.")
                return redirect("label_retrait", pk=made.pk)
    context = {"lieu": place, "label": service.label_to_withdraw(by, place), "form": form}
    return render(request, "labelling/label/retrait_engager.html", context, status=status)


def _acts(by: Actor, row: LabelWithdrawal) -> dict[str, forms.Form]:
    """The forms this reader may fill now, by the name of the act."""
    found: dict[str, forms.Form] = {}
    if service.may_observe(by, row):
        found["observer"] = ObservationsForm(initial={"observations": row.observations})
    if can(by, Perm.DECIDE_LABEL):
        if row.state == W.OBSERVATIONS:
            first = calendar.withdrawal_calendar(row)[0]
            if row.observed_at is not None or first.late:
                found["demander_avis"] = forms.Form()
            found["renoncer"] = ReasonForm()
        elif row.state == W.AVIS:
            found["renoncer_apres"] = ReasonForm()
        elif row.state == W.NOTIFICATION:
            found["decider"] = SettleForm(initial={"dernier_jour": timezone.localdate()})
    if row.state == W.AVIS and can(by, Perm.RECORD_LABEL_AVIS):
        found["rendre_avis"] = WithdrawalAvisForm()
    return found


def _do(by: Actor, row: LabelWithdrawal, act: str, data: dict[str, Any]) -> str:
    """Carry out one act; the sentence that tells it."""
    if act == "observer":
        service.observe(by=by, row=row, text=data["observations"])
        return "Vos observations sont envoyées à la préfecture."
    if act == "demander_avis":
        service.ask_avis(by=by, row=row)
        return "Avis demandé : l’animation régionale est prévenue."
    if act == "rendre_avis":
        service.record_avis(by=by, row=row, sense=data["sens"], text=data["texte"])
        return "Avis enregistré. Le préfet a trente jours pour notifier sa décision."
    if act in (flow.RENONCER.key, flow.RENONCER_APRES.key):
        service.settle(by=by, row=row, key=act, reasons=data["motifs"])
        return "Retrait abandonné : le label continue."
    key = flow.RETIRER.key if data["sens"] == "retirer" else flow.MAINTENIR.key
    service.settle(
        by=by,
        row=row,
        key=key,
        reasons=data["motifs"],
        number=data["numero"],
        ends_on=data["dernier_jour"] if key == flow.RETIRER.key else None,
    )
    told = "le lieu, le coordinateur et l’animation régionale sont prévenus."
    if key == flow.RETIRER.key:
        return f"Label retiré, son dernier jour est le {plain_date(data['dernier_jour'])} : {told}"
    return f"Label maintenu : {told}"


BOUND: dict[str, type[forms.Form]] = {
    "observer": ObservationsForm,
    "demander_avis": forms.Form,
    "rendre_avis": WithdrawalAvisForm,
    "renoncer": ReasonForm,
    "renoncer_apres": ReasonForm,
    "decider": SettleForm,
}


@guarded(Perm.READ_WITHDRAWAL)
@require_http_methods(GET_POST)
def withdrawal(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One withdrawal: motive, clock, observations, avis, decision; what the reader may do now."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    row = get_visible_or_404(service.withdrawals(by), by, pk=pk)
    acts = _acts(by, row)
    status = 200
    wrong: forms.Form | None = None
    if request.method == "POST":
        act = request.POST.get("acte", "")
        if act not in acts:
            messages.error(request, "Cet acte n’est plus possible : la procédure a avancé.")
            return redirect("label_retrait", pk=pk)
        form = BOUND[act](request.POST)
        status = 422
        if form.is_valid():
            try:
                told = _do(by, row, act, form.cleaned_data)
            except PortalError as refusal:
                status = refuse(form, refusal)
            else:
                messages.success(request, told)
                return redirect("label_retrait", pk=pk)
        acts[act] = wrong = form
    steps = calendar.withdrawal_calendar(row)
    first = steps[0]
    context = {
        "retrait": row,
        "ton": TONES.get(W(row.state), "info"),
        "etapes": steps,
        "courante": running(steps),
        "avis": OF_WITHDRAWAL.get(row.avis_sense, ""),
        "instance": row.region.body_name or "instance régionale",
        "actes": acts,
        "form": wrong or forms.Form(),
        "histoire": timeline.withdrawal_timeline(by=by, row=row),
        "silence": row.observed_at is None and (first.late or row.state != W.OBSERVATIONS),
        "aides": {LabelAvisSense.NON_RENDU: "Possible une fois les trente jours passés."},
    }
    return render(request, "labelling/label/retrait.html", context, status=status)
