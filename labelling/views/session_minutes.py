"""What leaves a session: its calendar object, its printed agenda, its minutes."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from labelling.documents.minutes import minutes_pdf
from labelling.enums_ami import SessionState
from labelling.models import AmiSession
from labelling.permissions import Perm
from labelling.services import ics, minutes, session_page
from labelling.services.convening import meeting_of, organizer
from labelling.views.sessions import TRAIL, one, title_of
from spo_portal.kernel.errors import PortalError, Refused
from spo_portal.kernel.pdf import PdfBusy, PdfFailed
from territories.access import Actor, can, get_visible_or_404, guarded

BUSY = "Le document n’a pas pu être préparé. Réessayez dans un instant."


def _file(content: bytes, name: str, content_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@guarded(Perm.READ_SESSION)
@require_safe
def calendar(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The session for one's own calendar, as it is now."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = one(actor, pk)
    cancelled = found.state == SessionState.ANNULEE
    method = ics.Method.CANCEL if cancelled else ics.Method.PUBLISH
    content = ics.calendar(meeting_of(found), method, organizer=organizer())
    return _file(content, f"seance-{found.pk}.ics", f"text/calendar; method={method}; charset=utf-8")


@guarded(Perm.READ_SESSION)
@require_safe
def printed(request: HttpRequest, pk: int) -> HttpResponse:
    """The agenda as a page to print: one line for each file, room for notes, the sheet to sign."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = one(actor, pk)
    back = reverse("ami_seance", args=[pk])
    context = {
        "page": session_page.page_of(by=actor, session=found),
        "seance": found,
        "trail": [(TRAIL, reverse("ami_seances")), (title_of(found), back), ("À imprimer", "")],
    }
    return render(request, "labelling/seance_imprimer.html", context)


@guarded(Perm.READ_SESSION)
@require_http_methods(["GET", "HEAD", "POST"])
def read(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Read the minutes; a member that was present approves them here, and they are then kept for ever."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = one(actor, pk)
    if request.method == "POST":
        return _approve(request, actor, found)
    said = minutes.compose(by=actor, session=found)
    may = (
        found.state == SessionState.TENUE
        and can(actor, Perm.APPROVE_MINUTES)
        and minutes.may_approve(by=actor, session=found)
    )
    back = reverse("ami_seance", args=[pk])
    context = {
        "minutes": said,
        "seance": found,
        "mark": minutes.mark_of(said),
        "may_approve": may,
        "trail": [(TRAIL, reverse("ami_seances")), (title_of(found), back), ("Procès-verbal", "")],
        "back": back,
    }
    return render(request, "labelling/seance_pv.html", context)


def _approve(request: HttpRequest, actor: Actor, found: AmiSession) -> HttpResponseBase:
    back = reverse("ami_seance_lire", args=[found.pk])
    try:
        if not can(actor, Perm.APPROVE_MINUTES):
            raise Refused("Le procès-verbal est approuvé par un membre de la commission.")
        locked, said = minutes.ready(by=actor, session=found, mark=request.POST.get("lu", ""))
        drawn = minutes_pdf(minutes.approved_now(said, by=actor), region=found.call.region)
        minutes.approve(by=actor, session=locked, pdf=drawn)
    except PortalError as refusal:
        messages.error(request, str(refusal))
        return redirect(back)
    except (PdfBusy, PdfFailed):
        messages.error(request, BUSY)
        return redirect(back)
    messages.success(request, "Procès-verbal approuvé : il ne change plus.")
    return redirect("ami_seance", found.pk)


@guarded(Perm.READ_SESSION)
@require_safe
def pdf(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The approved minutes as they were kept; a « projet » drawn now while they are not approved."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = get_visible_or_404(AmiSession.objects.select_related("commission", "call__region"), actor, pk=pk)
    if found.state == SessionState.APPROUVEE and found.minutes_pdf is not None:
        return _file(bytes(found.minutes_pdf), f"proces-verbal-{found.pk}.pdf", "application/pdf")
    try:
        drawn = minutes_pdf(minutes.compose(by=actor, session=found), region=found.call.region)
    except (PdfBusy, PdfFailed):
        messages.error(request, BUSY)
        return redirect("ami_seance", pk)
    return _file(drawn, f"proces-verbal-{found.pk}-projet.pdf", "application/pdf")
