"""Sessions of commissions: their list, one being prepared or changed, the page of each."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from labelling.enums_ami import SessionState
from labelling.forms.sessions import GuestForm, NewSessionForm, SessionForm
from labelling.models import AmiSession
from labelling.permissions import Perm
from labelling.services import minutes, session_page, sessions
from labelling.services.convening import tell_members
from labelling.services.coverage import coverage_context
from spo_portal.kernel.errors import Conflict, PortalError, Refused
from territories.access import Actor, can, get_visible_or_404, guarded

TRAIL = "Séances"


def one(actor: Actor, pk: int) -> AmiSession:
    """The session without its document, which only the download reads."""
    return get_visible_or_404(
        AmiSession.objects.defer("minutes_pdf").select_related("commission", "call__region"), actor, pk=pk
    )


def title_of(session: AmiSession) -> str:
    return session.title


@guarded(Perm.READ_SESSION)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Those to come, those whose minutes wait, those that are over."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = session_page.sessions_for(actor)
    groups = [
        ("À venir", [r for r in reversed(rows) if r.state in sessions.STILL_OPEN]),
        ("Procès-verbaux à approuver", [r for r in rows if r.state == SessionState.TENUE]),
        (
            "Passées",
            [r for r in rows if r.state in (SessionState.APPROUVEE, SessionState.ANNULEE)],
        ),
    ]
    holds = can(actor, Perm.HOLD_SESSION)
    context = {
        "groups": [(name, found) for name, found in groups if found],
        "waiting": session_page.waiting_for(actor) if holds else [],
        "holds": holds,
        "tones": session_page.TONES,
    }
    return render(request, "labelling/seances.html", context)


@guarded(Perm.HOLD_SESSION)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponseBase:
    """Prepare a session: members and waiting files are listed at once."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    calls, commissions = session_page.choices_for(actor)
    wanted = {name: request.GET.get(name, "") for name in ("appel", "commission")}
    form = NewSessionForm(request.POST or None, calls=calls, commissions=commissions, initial=wanted)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            made = sessions.prepare(
                by=actor, call=typed["appel"], commission=typed["commission"], data=form.data_of()
            )
        except PortalError as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, "Séance préparée : vérifiez les membres et l’ordre du jour.")
            return redirect("ami_seance", made.pk)
    trail = [(TRAIL, reverse("ami_seances")), ("Préparer une séance", "")]
    return render(
        request,
        "labelling/seance_formulaire.html",
        {"form": form, "trail": trail, "titre": "Préparer une séance", "back": reverse("ami_seances")},
        status=422 if form.is_bound and not form.is_valid() else 200,
    )


@guarded(Perm.HOLD_SESSION)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Change date, place, quorum. A convened session that moves sends a new invitation to its members."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = one(actor, pk)
    back = reverse("ami_seance", args=[pk])
    form = SessionForm(request.POST) if request.method == "POST" else SessionForm.of(found)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            changed, moved = sessions.change(
                by=actor, session=found, data=form.data_of(), seen=form.cleaned_data["vu"]
            )
            if moved:
                tell_members(session=changed, what="changement")
        except PortalError as refusal:
            refuse(form, refusal)
            # What is stored now is shown beside; the next save starts from it.
            form.data = form.data.copy()
            form.data["vu"] = str(one(actor, pk).version)
            status = 409 if isinstance(refusal, Conflict) else 422
        else:
            words = "Séance enregistrée."
            if moved:
                words += " Les membres reçoivent la nouvelle convocation."
            messages.success(request, words)
            return redirect(back)
    trail = [(TRAIL, reverse("ami_seances")), (title_of(found), back), ("Modifier", "")]
    context = {
        "form": form,
        "trail": trail,
        "titre": "Modifier la séance",
        "seance": found,
        "back": back,
    }
    if form.is_bound and not form.is_valid():
        status = max(status, 422) if status != 409 else 409
    return render(request, "labelling/seance_formulaire.html", context, status=status)


def refuse(form: SessionForm | GuestForm, refusal: PortalError) -> None:
    """Put the sentence on its field when the form has it, at the top otherwise."""
    field = refusal.field if isinstance(refusal, Refused) else None
    form.add_error(field if field in form.fields else None, str(refusal))


@guarded(Perm.READ_SESSION)
@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """The session: agenda, members, quorum, and what its state lets this reader do."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return show(request, actor, one(actor, pk))


def show(
    request: HttpRequest,
    actor: Actor,
    found: AmiSession,
    *,
    guest: GuestForm | None = None,
    status: int = 200,
) -> HttpResponse:
    seen = session_page.page_of(by=actor, session=found)
    held = found.state in (SessionState.CONVOQUEE, SessionState.TENUE)
    context = {
        "page": seen,
        "seance": found,
        "trail": [(TRAIL, reverse("ami_seances")), (title_of(found), "")],
        "guest": guest or GuestForm(),
        "waiting": sessions.waiting(by=actor, session=found) if seen.editable else [],
        "started": timezone.now() >= found.starts_at - sessions.EARLY,
        "held": held,
        "may_approve": found.state == SessionState.TENUE
        and can(actor, Perm.APPROVE_MINUTES)
        and minutes.may_approve(by=actor, session=found),
    }
    context |= coverage_context(actor, found.call)
    return render(request, "labelling/seance.html", context, status=status)
