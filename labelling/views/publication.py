"""Publication of the decisions of a call, the letters, the public results, the coverage of the bassins."""

import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from labelling.documents.letters import letter_pdf
from labelling.enums_ami import CallState, Outcome
from labelling.jobs_publication import PUBLISH
from labelling.models import AmiCall, AmiDecision, AmiLetter
from labelling.permissions import Perm
from labelling.services import clock, publication
from labelling.services.coverage import coverage_context
from labelling.services.decisions import decision_of
from labelling.services.letters import file_name, letter_facts
from labelling.services.moments import end_of
from labelling.services.results import results_of
from labelling.views.decision import one, trail
from labelling.views.scenarios import the_call
from spo_portal.kernel import jobs
from spo_portal.kernel.http import whole_number
from spo_portal.kernel.pdf import PdfBusy, PdfFailed
from spo_portal.kernel.typography import counted
from territories.access import Actor, get_visible_or_404, guarded, public
from territories.models import Commission

BUSY = "La lettre n’a pas pu être préparée. Réessayez dans un instant."


@guarded(Perm.PUBLISH)
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Decisions that wait, by commission; then the confirmation; then a job that anybody may watch."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    call = the_call(actor, pk)
    waiting = publication.waiting(actor, call)
    if request.method != "POST":
        return _list(request, actor, call, waiting)
    if request.POST.get("confirme") == "1":
        return _start(request, actor, call, waiting)
    wanted = {whole_number(key) for key in request.POST.getlist("commissions")}
    kept = [one for one in waiting if one.application.commission_id in wanted]
    if not kept:
        return _list(
            request,
            actor,
            call,
            waiting,
            error="Cochez une commission au moins, avec une décision à publier.",
        )
    context = _summary(call, kept) | {
        "ouvert_encore": _still_open(call),
        "fil": trail(call, ("Publication", reverse("ami_publication", args=[pk])), ("Confirmer", "")),
    }
    chosen = {d.application.territory_id for d in kept if d.outcome == Outcome.RETENUE}
    context |= coverage_context(actor, call, chosen=chosen, names=False)
    return render(request, "labelling/publication_confirmer.html", context)


def _list(
    request: HttpRequest, actor: Actor, call: AmiCall, waiting: list[AmiDecision], *, error: str = ""
) -> HttpResponse:
    groups: dict[int, list[AmiDecision]] = {}
    for decision in waiting:
        groups.setdefault(decision.application.commission_id, []).append(decision)
    rest = publication.undecided(actor, call)
    commissions = Commission.objects.visible_to(actor).filter(pk__in=groups)
    context = {
        "appel": call,
        "groupes": [(one, groups[one.pk]) for one in commissions],
        "attente": len(waiting),
        "reste": rest,
        "erreur": error,
        "ouvert_encore": _still_open(call),
        "fil": trail(call, ("Publication", "")),
    } | coverage_context(actor, call, names=False)
    return render(request, "labelling/publication.html", context, status=422 if error else 200)


def _summary(call: AmiCall, kept: list[AmiDecision]) -> dict[str, object]:
    counts = [(label, sum(one.outcome == value for one in kept)) for value, label in Outcome.choices]
    return {
        "appel": call,
        "decisions": kept,
        "comptes": [(label, number) for label, number in counts if number],
        "total": sum(one.amount for one in kept),
        "cles": ",".join(str(one.pk) for one in kept),
    }


def _still_open(call: AmiCall) -> datetime.datetime | None:
    """The deadline when it has not passed: other files may still come."""
    if call.state != CallState.OUVERT or call.closes_at is None:
        return None
    return call.closes_at if clock.now() < end_of(call.closes_at) else None


def _start(request: HttpRequest, actor: Actor, call: AmiCall, waiting: list[AmiDecision]) -> HttpResponseBase:
    wanted = {whole_number(key) for key in request.POST.get("decisions", "").split(",")} - {0}
    if not wanted or not wanted <= {one.pk for one in waiting}:
        return _list(request, actor, call, waiting, error=publication.CHANGED)
    job = jobs.enqueue(
        by=actor,
        kind=PUBLISH,
        title=f"Publication de {counted(len(wanted), 'décision')}, {call.title}",
        params={"appel": call.pk, "decisions": sorted(wanted)},
        total=len(wanted) + 1,
        mail=True,
    )
    return redirect("travail", job.uuid)


@guarded(Perm.DECIDE)
@require_safe
def draft_letter(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The letter as it would leave today, marked as a draft: to be read before the publication."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    application = one(actor, pk)
    decision = decision_of(actor, application)
    if decision is None or decision.published_at is not None:
        raise Http404("Aucune décision de ce dossier n’attend sa publication.")
    facts = letter_facts(
        by=actor,
        application=application,
        kind=decision.outcome,
        day=timezone.localdate(),
        decision=decision,
    )
    try:
        drawn = letter_pdf(facts, region=application.call.region, draft=True)
    except (PdfBusy, PdfFailed):
        messages.error(request, BUSY)
        return redirect("ami_decision", pk)
    return _pdf(drawn.pdf, f"projet-{application.number}.pdf")


@guarded(Perm.READ_APPLICATION)
@require_safe
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """A letter as it was sent. To who wrote the file, it exists from its publication on."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = get_visible_or_404(AmiLetter.objects.select_related("application"), actor, pk=pk)
    return _pdf(bytes(found.pdf), file_name(found, found.application))


def _pdf(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@guarded(Perm.READ_COVERAGE)
@require_safe
def coverage(request: HttpRequest, pk: int) -> HttpResponse:
    """How far each bassin of the call is: map and table."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    call = the_call(actor, pk)
    context = coverage_context(actor, call) | {"appel": call, "fil": trail(call, ("Couverture", ""))}
    return render(request, "labelling/couverture.html", context)


@public("résultats d’un appel : projets retenus, publiés par la Région")
@require_safe
def results(request: HttpRequest, region: str, slug: str) -> HttpResponse:
    """Projects selected: bassin, place, porteur, amount. A call without results yet says so."""
    rows = AmiCall.objects.public().select_related("region").filter(region__slug=region, slug=slug)
    call = rows.first()
    if call is None:
        raise Http404("Cet appel n’existe pas, ou n’est pas publié.")
    found = results_of(call)
    context = {
        "appel": call,
        "region": call.region,
        "resultats": found,
        "total": sum(one.amount for one in found),
        "bassins": len({one.territory_id for one in found}),
        "publie_le": max((one.published_at for one in found), default=None),
    }
    return render(request, "labelling/resultats.html", context)
