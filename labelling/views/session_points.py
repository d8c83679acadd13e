"""One point of the agenda, used live in the room: who votes, what is said, the vote, the avis."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from labelling.enums_ami import Opinion, Presence, SessionState
from labelling.forms.sessions import AvisForm
from labelling.models import AmiSession, AmiSessionItem, AmiSessionMember, AmiSessionRecusal
from labelling.permissions import Perm
from labelling.services import presence, session_page, sessions, votes
from labelling.services.coverage import coverage_context
from labelling.views.session_acts import item_of, number
from labelling.views.sessions import TRAIL, one, title_of
from spo_portal.kernel.errors import Conflict, PortalError, Refused
from territories.access import Actor, can, guarded


def _here(session: AmiSession, item: AmiSessionItem) -> str:
    return reverse("ami_seance_point", args=[session.pk, item.pk])


@guarded(Perm.READ_SESSION)
@require_http_methods(["GET", "HEAD", "POST"])
def point(request: HttpRequest, pk: int, point: int) -> HttpResponseBase:
    """Read the point; the Region also writes it (``acte``: avis, or presentation alone)."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    session = one(actor, pk)
    item = item_of(actor, session, point)
    if request.method != "POST":
        return _show(request, actor, session, item, _blank(item))
    if not can(actor, Perm.HOLD_SESSION):
        messages.error(request, "La Région tient le procès-verbal de la séance.")
        return redirect(_here(session, item))
    voting = request.POST.get("acte") == "avis"
    form = AvisForm(request.POST, voting=voting)
    status = 422
    if form.is_valid():
        typed = form.cleaned_data
        try:
            if voting:
                votes.give_avis(
                    by=actor,
                    item=item,
                    vote=form.vote(),
                    opinion=Opinion(typed["sens"]),
                    text=typed["avis"],
                    seen=typed["vu"] or 0,
                    presentation=typed["presentation"],
                )
            else:
                votes.save_presentation(
                    by=actor, item=item, text=typed["presentation"], seen=typed["vu"] or 0
                )
        except PortalError as refusal:
            field = refusal.field if isinstance(refusal, Refused) and refusal.field in form.fields else None
            form.add_error(field, str(refusal))
            status = 409 if isinstance(refusal, Conflict) else 422
        else:
            messages.success(request, "Avis enregistré." if voting else "Présentation enregistrée.")
            return redirect(_here(session, item))
    item = item_of(actor, session, point)
    form.data = form.data.copy()
    # Typed text stays; the next save starts from what is stored now, which is shown beside it.
    form.data["vu"] = str(item.version)
    return _show(request, actor, session, item, form, status=status)


def _blank(item: AmiSessionItem) -> AvisForm:
    return AvisForm(initial={"presentation": item.presentation, "vu": item.version})


def _show(
    request: HttpRequest,
    actor: Actor,
    session: AmiSession,
    item: AmiSessionItem,
    form: AvisForm,
    *,
    status: int = 200,
) -> HttpResponse:
    page = session_page.page_of(by=actor, session=session)
    at = next(n for n, line in enumerate(page.lines) if line.item.pk == item.pk)
    line = page.lines[at]
    open_now = page.holds and session.state in (SessionState.CONVOQUEE, SessionState.TENUE)
    left = {recusal.member_id for recusal in line.recusals}
    back = reverse("ami_seance", args=[session.pk])
    context = {
        "page": page,
        "seance": session,
        "line": line,
        "file": line.item.application,
        "form": form,
        "before": page.lines[at - 1] if at else None,
        "after": page.lines[at + 1] if at + 1 < len(page.lines) else None,
        "started": timezone.now() >= session.starts_at - sessions.EARLY,
        "may_write": open_now and line.avis is None,
        "may_take_back": open_now and line.avis is not None,
        "may_recuse": page.editable and line.avis is None,
        "may_declare": page.mine is not None
        and page.mine.pk not in left
        and line.avis is None
        and session.state in sessions.STILL_OPEN,
        "others": [m for m in page.members if m.voting and m.pk not in left],
        "stored": item if status == 409 else None,
        "trail": [
            (TRAIL, reverse("ami_seances")),
            (title_of(session), back),
            (f"Point {line.number}", ""),
        ],
        "presents": [m for m in page.members if m.presence == Presence.PRESENT],
    }
    territory = line.item.application.territory_id
    context |= coverage_context(actor, session.call, chosen={territory})
    return render(request, "labelling/seance_point.html", context, status=status)


@guarded(Perm.READ_SESSION)
@require_POST
def recusals(request: HttpRequest, pk: int, point: int) -> HttpResponseBase:
    """A member leaves for this file: noted by the Region, or declared by itself; « rayer » strikes it out."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    session = one(actor, pk)
    item = item_of(actor, session, point)
    key = number(request.POST.get("membre"))
    try:
        if request.POST.get("acte") == "rayer":
            row = AmiSessionRecusal.objects.visible_to(actor).filter(pk=key, item=item).first()
            if row is None:
                raise Conflict("Cette récusation n’est plus notée.")
            presence.withdraw_recusal(by=actor, recusal=row)
            messages.success(request, "Récusation rayée.")
        else:
            rows = AmiSessionMember.objects.visible_to(actor).filter(session=session)
            who = rows.filter(user_id=actor.user_id) if not key else rows.filter(pk=key)
            member = who.first()
            if member is None:
                raise Refused("Choisissez un membre convoqué à cette séance.")
            presence.recuse(by=actor, item=item, member=member, reason=request.POST.get("motif", ""))
            messages.success(request, f"Récusation notée : {member.label}.")
    except PortalError as refusal:
        messages.error(request, str(refusal))
    return redirect(f"{_here(session, item)}#votants")


@guarded(Perm.HOLD_SESSION)
@require_POST
def take_back(request: HttpRequest, pk: int, point: int) -> HttpResponseBase:
    """« Reprendre l’avis », with its reason."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    session = one(actor, pk)
    item = item_of(actor, session, point)
    try:
        votes.take_back(by=actor, item=item, reason=request.POST.get("motif", ""))
    except PortalError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Avis repris : la commission peut en rendre un autre.")
    return redirect(_here(session, item))
