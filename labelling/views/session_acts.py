"""Acts on a session: convene, cancel, its agenda, its members, presence, answers, the end."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from labelling.enums_ami import Answer, Presence
from labelling.forms.sessions import GuestForm
from labelling.models import AmiApplication, AmiSession, AmiSessionItem, AmiSessionMember
from labelling.permissions import Perm
from labelling.services import convening, sessions, votes
from labelling.services.presence import set_presence
from labelling.views.sessions import TRAIL, one, refuse, show, title_of
from spo_portal.kernel.errors import PortalError
from territories.access import Actor, get_visible_or_404, guarded


def number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else 0


def _seen(request: HttpRequest) -> int:
    return number(request.POST.get("vu"))


def _done(
    request: HttpRequest, pk: int, act: Callable[[], object], words: str, anchor: str = ""
) -> HttpResponseBase:
    """Do it and say so, or say why not; the page of the session comes back."""
    try:
        act()
    except PortalError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, words)
    return redirect(f"{reverse('ami_seance', args=[pk])}{anchor}")


@guarded(Perm.HOLD_SESSION)
@require_POST
def convene(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send the invitations; the mails leave within seconds, from the worker."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = one(actor, pk)
    words = "Séance convoquée : chaque membre reçoit un courriel avec son agenda."
    return _done(request, pk, lambda: convening.convene(by=actor, session=found), words)


def _confirm(request: HttpRequest, found: AmiSession, act: str, error: str = "") -> HttpResponseBase:
    """The page that asks once, with what the act needs."""
    back = reverse("ami_seance", args=[found.pk])
    context = {
        "seance": found,
        "act": act,
        "error": error,
        "typed": request.POST.get("texte", ""),
        "back": back,
        "trail": [(TRAIL, reverse("ami_seances")), (title_of(found), back), ("Confirmer", "")],
    }
    return render(request, "labelling/seance_confirmer.html", context, status=422 if error else 200)


@guarded(Perm.HOLD_SESSION)
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A GET is the page that asks why."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = one(actor, pk)
    if request.method != "POST":
        return _confirm(request, found, "annuler")
    try:
        convening.cancel(by=actor, session=found, reason=request.POST.get("texte", ""))
    except PortalError as refusal:
        return _confirm(request, found, "annuler", str(refusal))
    messages.success(request, "Séance annulée. Les membres convoqués en sont prévenus.")
    return redirect("ami_seance", pk)


@guarded(Perm.HOLD_SESSION)
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Close the session, or open again one that was closed too early (``acte`` = rouvrir)."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = one(actor, pk)
    if request.POST.get("acte") == "rouvrir":
        words = "Séance rouverte : les points sans avis peuvent être examinés."
        return _done(request, pk, lambda: votes.reopen(by=actor, session=found), words)
    if request.method != "POST":
        return _confirm(request, found, "clore")
    try:
        votes.close(by=actor, session=found, opening=request.POST.get("texte", ""), seen=_seen(request))
    except PortalError as refusal:
        return _confirm(request, one(actor, pk), "clore", str(refusal))
    messages.success(request, "Séance tenue. Le procès-verbal attend l’approbation d’un membre présent.")
    return redirect("ami_seance", pk)


@guarded(Perm.HOLD_SESSION)
@require_POST
def agenda(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Add a file, take one off, move one up or down."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = one(actor, pk)
    act, key = request.POST.get("acte", ""), number(request.POST.get("ligne"))
    anchor = "#ordre-du-jour"
    if act == "ajouter":
        file = AmiApplication.objects.visible_to(actor).filter(pk=key).first()
        if file is None:
            messages.error(request, "Choisissez un dossier.")
            return redirect(f"{reverse('ami_seance', args=[pk])}{anchor}")
        adding = lambda: sessions.add_item(by=actor, session=found, application=file)  # noqa: E731
        return _done(request, pk, adding, f"Ajouté à l’ordre du jour : {file.number}.", anchor)
    item = AmiSessionItem.objects.visible_to(actor).filter(pk=key, session=found).first()
    if item is None:
        messages.error(request, "Ce point n’est plus à l’ordre du jour.")
        return redirect(f"{reverse('ami_seance', args=[pk])}{anchor}")
    if act == "retirer":
        taking = lambda: sessions.remove_item(by=actor, item=item)  # noqa: E731
        return _done(request, pk, taking, "Point retiré de l’ordre du jour.", anchor)
    moving = lambda: sessions.move_item(by=actor, item=item, up=act == "monter")  # noqa: E731
    return _done(request, pk, moving, "Ordre du jour changé.", anchor)


@guarded(Perm.HOLD_SESSION)
@require_POST
def members(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Invite somebody who holds no mandate in the commission, or take a name off before convening."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = one(actor, pk)
    if request.POST.get("acte") == "retirer":
        key = number(request.POST.get("ligne"))
        member = AmiSessionMember.objects.visible_to(actor).filter(pk=key, session=found).first()
        if member is None:
            messages.error(request, "Cette personne n’est plus dans la liste.")
            return redirect(f"{reverse('ami_seance', args=[pk])}#membres")
        taking = lambda: convening.remove_member(by=actor, member=member)  # noqa: E731
        return _done(request, pk, taking, f"Retiré de la liste : {member.label}.", "#membres")
    form = GuestForm(request.POST)
    if form.is_valid():
        typed = form.cleaned_data
        try:
            convening.add_member(
                by=actor, session=found, label=typed["nom"], email=typed["courriel"], voting=typed["voix"]
            )
        except PortalError as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, f"Ajouté à la liste : {typed['nom']}.")
            return redirect(f"{reverse('ami_seance', args=[pk])}#membres")
    return show(request, actor, found, guest=form, status=422)


@guarded(Perm.HOLD_SESSION)
@require_POST
def presence(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Who is here: one choice for each person, saved together."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = one(actor, pk)
    noted = {
        number(name.removeprefix("presence-")): Presence(value)
        for name, value in request.POST.items()
        if name.startswith("presence-") and value in Presence.values
    }
    saving = lambda: set_presence(by=actor, session=found, presence=noted, seen=_seen(request))  # noqa: E731
    return _done(request, pk, saving, "Présences notées.", "#membres")


@guarded(Perm.READ_SESSION)
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A member says whether it will come."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = one(actor, pk)
    word = Answer.EXCUSE if request.POST.get("reponse") == Answer.EXCUSE else Answer.VIENT
    words = (
        "Votre présence est annoncée." if word == Answer.VIENT else "Vous êtes excusé : la Région le voit."
    )
    answering = lambda: convening.answer(  # noqa: E731
        by=actor, session=found, word=word, excuse=request.POST.get("mot", "")
    )
    return _done(request, pk, answering, words)


def item_of(actor: Actor, session: AmiSession, key: int) -> AmiSessionItem:
    return get_visible_or_404(
        AmiSessionItem.objects.filter(session=session).select_related(
            "application__territory", "application__organisation", "application__call"
        ),
        actor,
        pk=key,
    )
