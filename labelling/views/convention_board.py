"""Conventions of the reader's territories, and the progress of one: who signed, who is waited for."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST

from labelling.documents.multipartite import multipartite_pdf
from labelling.enums_convention import ConventionState
from labelling.forms.accounts import add_refusal
from labelling.forms.convention import ReasonForm
from labelling.models import Convention, ConventionStep
from labelling.permissions import Perm
from labelling.services.convention import inviting, mails, opening, state
from labelling.views.convention_head import LINE_TONES, TONES, head, readable
from spo_portal.kernel.errors import PortalError
from spo_portal.kernel.typography import counted
from territories.access import Actor, can, get_visible_or_404, guarded
from territories.models import Territory

HISTORY = 60


@guarded(Perm.READ_CONVENTION)
@require_http_methods(["GET", "HEAD"])
def conventions(request: HttpRequest) -> HttpResponseBase:
    """Every convention the reader may see, by territory."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not opening.concerns(actor.region):
        return render(request, "labelling/convention/autre_regime.html")
    rows = list(
        Convention.objects.visible_to(actor).select_related("territory").defer("pdf", "text", "draft")
    )
    for row in rows:
        row.tone = TONES[ConventionState(row.state)]
    working = any(row.state in (ConventionState.PROJET, ConventionState.SIGNATURE) for row in rows)
    writes = can(actor, Perm.WRITE_CONVENTION) and actor.territory_id is not None
    signed = next((row for row in rows if row.state == ConventionState.SIGNEE), None)
    context = {
        "rows": sorted(
            rows, key=lambda row: (row.territory.order, row.territory.name, -row.number, -row.rank)
        ),
        "writes": writes,
        "may_open": writes and not working and signed is None,
        "signed": signed if writes and not working else None,
    }
    return render(request, "labelling/convention/liste.html", context)


@guarded(Perm.WRITE_CONVENTION)
@require_POST
def open_one(request: HttpRequest) -> HttpResponseBase:
    """Open a convention for the coordinator's own territory."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    territory = get_visible_or_404(Territory.objects.select_related("region"), actor, pk=actor.territory_id)
    try:
        made = opening.open_convention(by=actor, territory=territory)
    except PortalError as refusal:
        messages.error(request, str(refusal))
        return redirect("conventions")
    messages.success(request, "Convention ouverte. Relisez son texte, puis ajoutez les parties.")
    return redirect("convention", made.pk)


@guarded(Perm.READ_CONVENTION)
@require_http_methods(["GET", "HEAD"])
def convention(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The progress board: parties × signatories, history, what may be done now."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = readable(actor, pk)
    progress = state.board(actor, found)
    for line in [*progress.lines, *progress.removed]:
        line.signatory.tone = LINE_TONES[line.state]
    steps = ConventionStep.objects.visible_to(actor).filter(convention=found).order_by("-at", "-pk")
    context = head(actor, found, "convention") | {
        "progress": progress,
        "steps": list(steps[:HISTORY]),
        "amended": Convention.objects.visible_to(actor).filter(parent=found).defer("pdf").working().first(),
    }
    return render(request, "labelling/convention/avancement.html", context)


@guarded(Perm.WRITE_CONVENTION)
@require_POST
def remind(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Remind all those who have not answered."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = readable(actor, pk)
    try:
        sent = inviting.remind_all(by=actor, convention=found)
    except PortalError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, f"{counted(sent, 'rappel part', 'rappels partent')} dans les minutes qui viennent."
        )
    return redirect("convention", found.pk)


@guarded(Perm.WRITE_CONVENTION)
@require_POST
def amend(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Open an avenant to the convention in force."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = readable(actor, pk)
    try:
        made = opening.open_amendment(by=actor, convention=found)
    except PortalError as refusal:
        messages.error(request, str(refusal))
        return redirect("convention", found.pk)
    messages.success(request, f"{made.name} : le texte, les parties et les signataires sont repris.")
    return redirect("convention", made.pk)


@guarded(Perm.WRITE_CONVENTION)
@require_http_methods(["GET", "HEAD", "POST"])
def abandon(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Give a convention up, after asking once and with a reason."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = readable(actor, pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            opening.abandon(by=actor, convention=found, reason=form.cleaned_data["reason"])
        except PortalError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, f"{found.name} est abandonnée. Les personnes invitées sont prévenues.")
            return redirect("conventions")
    context = head(actor, found, "convention") | {"form": form, "progress": state.board(actor, found)}
    status = 422 if form.is_bound else 200
    return render(request, "labelling/convention/abandonner.html", context, status=status)


@guarded(Perm.READ_CONVENTION)
@require_http_methods(["GET", "HEAD"])
def document(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The signed document; before it is there, what it would look like, marked « Projet »."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = get_visible_or_404(Convention.objects.select_related("region", "territory"), actor, pk=pk)
    if found.pdf is not None:
        content = bytes(found.pdf)
    elif found.text:
        content = multipartite_pdf(found, state.board(actor, found))
    else:
        raise Http404("Aucun texte n’a encore été présenté à la signature.")
    response = HttpResponse(content, content_type="application/pdf")
    name = mails.file_name(found)
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response
