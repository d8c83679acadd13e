"""« Appels à manifestation d’intérêt »: the list, and the page of one call for every role that reads it."""

from django.db.models import Count
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from labelling.enums_ami import ApplicationState, CallState
from labelling.forms.call_acts import QuestionForm
from labelling.models import AmiApplication, AmiCall
from labelling.permissions import Perm
from labelling.services.call_page import CallPage, phase_of, read_call
from labelling.services.call_versions import versions_of
from labelling.services.clock import now
from labelling.services.readiness import Missing, bassins_left_out, missing_from
from spo_portal.kernel.typography import agree
from territories.access import Actor, can, get_visible_or_404, guarded

# Screens a missing thing is written on.
SCREENS = {
    "texte": "ami_appel_texte",
    "cadre": "ami_appel_cadre",
    "criteres": "ami_appel_criteres",
    "grille": "ami_appel_grille",
}
# What a Region counts of its files, in the order of their life.
COUNTED = (
    (ApplicationState.BROUILLON, "en préparation", "en préparation"),
    (ApplicationState.DEPOSEE, "déposé, à examiner", "déposés, à examiner"),
    (ApplicationState.RECEVABLE, "recevable", "recevables"),
    (ApplicationState.IRRECEVABLE, "irrecevable", "irrecevables"),
    (ApplicationState.INSTRUITE, "instruit", "instruits"),
    (ApplicationState.AVIS_RENDU, "avis rendu", "avis rendus"),
    (ApplicationState.DECIDEE, "décidé, à publier", "décidés, à publier"),
    (ApplicationState.RETENUE, "retenu", "retenus"),
    (ApplicationState.NON_RETENUE, "non retenu", "non retenus"),
    (ApplicationState.CONVENTIONNEE, "conventionné", "conventionnés"),
    (ApplicationState.OUVERTE, "lieu ouvert", "lieux ouverts"),
)
LIST_TITLE = "Appels à manifestation d’intérêt"


def trail(call: AmiCall, here: str = "") -> list[tuple[str, str]]:
    """List > call, above a page; the list alone above the call."""
    start = [(LIST_TITLE, reverse("ami_appels"))]
    if not here:
        return start
    return [*start, (call.title, reverse("ami_appel", args=[call.pk])), (here, "")]


def own_call(actor: Actor, pk: int) -> AmiCall:
    """A call of the reader, with its region; otherwise a 404."""
    return get_visible_or_404(AmiCall.objects.visible_to(actor).select_related("region"), actor, pk=pk)


def linked(call: AmiCall, missing: list[Missing]) -> list[tuple[str, str]]:
    """Each missing thing with the address of its field."""
    return [(one.sentence, f"{reverse(SCREENS[one.part], args=[call.pk])}#{one.anchor}") for one in missing]


@guarded(Perm.READ_CALLS)
@require_safe
def listing(request: HttpRequest) -> HttpResponseBase:
    """The Region's own calls, drafts included; those that are out for everybody else."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    at = now()
    writes = can(actor, Perm.WRITE_CALL)
    rows = AmiCall.objects.visible_to(actor).select_related("region")
    found = [(call, phase_of(call, at)) for call in rows]
    if writes:
        counts = dict(
            AmiApplication.objects.visible_to(actor)
            .exclude(state__in=[ApplicationState.BROUILLON, ApplicationState.RETIREE])
            .order_by()
            .values_list("call_id")
            .annotate(n=Count("pk"))
        )
    else:
        counts = {}
    context = {
        "calls": [(call, phase, counts.get(call.pk, 0)) for call, phase in found],
        "writes": writes,
        "title": LIST_TITLE,
    }
    return render(request, "labelling/appels.html", context)


@guarded(Perm.READ_CALLS)
@require_safe
def call(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The call from inside: the Region runs it, the others read it and ask."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = own_call(actor, pk)
    page = read_call(actor, found)
    context: dict[str, object] = {"page": page, "call": found, "trail": trail(found)}
    if can(actor, Perm.WRITE_CALL):
        return render(request, "labelling/appel_gestion.html", context | _running(actor, found, page))
    asks = can(actor, Perm.ASK_QUESTION)
    context |= {"asks": asks, "form": QuestionForm() if asks and page.takes_questions else None}
    return render(request, "labelling/appel.html", context)


def _running(actor: Actor, call: AmiCall, page: CallPage) -> dict[str, object]:
    """What the Region needs to run the call."""
    missing = missing_from(actor, call, page.at) if call.is_draft else []
    counts = dict(
        AmiApplication.objects.visible_to(actor)
        .filter(call=call)
        .order_by()
        .values_list("state")
        .annotate(n=Count("pk"))
    )
    versions = versions_of(actor, call)
    return {
        "missing": linked(call, missing),
        "left_out": bassins_left_out(actor, call),
        "lacks": {one.part for one in missing},
        "counts": [(agree(counts[s], one, many), counts[s]) for s, one, many in COUNTED if counts.get(s)],
        "versions": len(versions),
        "latest": versions[0] if versions else None,
        "may_put_off": call.state == CallState.OUVERT and page.phase.key in ("ouvert", "a_venir"),
        "may_cancel": call.state == CallState.OUVERT,
        "may_correct": call.state in (CallState.OUVERT, CallState.PUBLIE),
    }
