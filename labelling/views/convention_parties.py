"""Parties of a convention and who signs for each: added, corrected, removed, after saying what it means."""

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from labelling.enums_convention import ConventionState
from labelling.forms.accounts import add_refusal
from labelling.forms.convention import NeedForm, PartiesForm, ReasonForm, SignatoryForm
from labelling.models import Convention, ConventionParty, ConventionSignatory
from labelling.permissions import Perm
from labelling.services.convention import choosing, inviting, state
from labelling.services.convention import parties as service
from labelling.views.convention_head import LINE_TONES, head, may_write, readable
from spo_portal.kernel.errors import PortalError
from territories.access import Actor, get_visible_or_404, guarded

TICK, UNTICK = "cocher", "decocher"


def _party(actor: Actor, found: Convention, key: int) -> ConventionParty:
    return get_visible_or_404(ConventionParty.objects.filter(convention=found), actor, pk=key)


def _signatory(actor: Actor, found: Convention, key: int) -> ConventionSignatory:
    return get_visible_or_404(
        ConventionSignatory.objects.filter(convention=found).select_related("party"), actor, pk=key
    )


@guarded(Perm.READ_CONVENTION)
@require_http_methods(["GET", "HEAD", "POST"])
def parties(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The parties with who signs for each; the form that adds organisations of the territory."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = readable(actor, pk)
    writes = may_write(actor, found)
    known = service.may_join(actor, found) if writes else []
    # « Toutes » and « aucune » change the ticks and nothing else: the form comes back, unjudged.
    tick, untick = request.POST.get(TICK, ""), request.POST.get(UNTICK, "")
    sent = request.method == "POST" and not tick and not untick
    form = PartiesForm(request.POST if sent else None, organisations=known)
    if sent and form.is_valid():
        try:
            made = service.add_parties(
                by=actor, convention=found, organisations=form.chosen(), need=form.cleaned_data["need"]
            )
        except PortalError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(
                request, f"{', '.join(party.name for party in made)} : nommez maintenant qui signe."
            )
            return redirect("convention_parties", found.pk)
    progress = state.board(actor, found)
    for line in progress.lines:
        line.signatory.tone = LINE_TONES[line.state]
    ticked = set(request.POST.getlist("organisations"))
    groups = choosing.groups_of(actor, found, known, ticked) if known else []
    if tick or untick:
        ticked = choosing.after(groups, tick=tick, untick=untick)
        groups = choosing.groups_of(actor, found, known, ticked)
        form.initial["need"] = request.POST.get("need", "")
    context = head(actor, found, "convention_parties") | {
        "progress": progress,
        "form": form if writes or form.is_bound else None,
        "known": known,
        "groupes": groups,
        "cochees": sum(group.ticked for group in groups),
    }
    status = 422 if form.is_bound else 200
    return render(request, "labelling/convention/parties.html", context, status=status)


@guarded(Perm.WRITE_CONVENTION)
@require_http_methods(["GET", "HEAD", "POST"])
def party(request: HttpRequest, pk: int, partie: int) -> HttpResponseBase:
    """Signatures one party asks for, and a signatory more."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = readable(actor, pk)
    row = _party(actor, found, partie)
    asks = request.method == "POST" and "need" in request.POST
    adds = request.method == "POST" and not asks
    need = NeedForm(request.POST if asks else None, initial={"need": row.need})
    form = SignatoryForm(request.POST if adds else None)
    bound = need if asks else form
    if request.method == "POST" and bound.is_valid():
        try:
            if asks:
                service.set_need(by=actor, convention=found, party=row, **need.cleaned_data)
                messages.success(request, f"{row.name} : demande enregistrée.")
            else:
                made = service.add_signatory(by=actor, convention=found, party=row, **form.cleaned_data)
                sent = found.state == ConventionState.SIGNATURE
                leaves = f" Son lien part à {made.email}." if sent else ""
                messages.success(request, f"{made.function} : signataire ajouté.{leaves}")
        except PortalError as refusal:
            add_refusal(bound, refusal)
        else:
            return redirect("convention_parties", found.pk)
    context = head(actor, found, "convention_parties") | {"row": row, "need": need, "form": form}
    status = 422 if bound.is_bound else 200
    return render(request, "labelling/convention/partie.html", context, status=status)


@guarded(Perm.WRITE_CONVENTION)
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, pk: int, partie: int) -> HttpResponseBase:
    """Take a party off, after saying who will have to sign again."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = readable(actor, pk)
    row = _party(actor, found, partie)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            service.remove_party(by=actor, convention=found, party=row, reason=reason)
        except PortalError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, f"{row.name} n’est plus partie à la convention.")
            return redirect("convention_parties", found.pk)
    context = head(actor, found, "convention_parties") | {
        "row": row,
        "form": form,
        "progress": state.board(actor, found),
    }
    status = 422 if form.is_bound else 200
    return render(request, "labelling/convention/partie_retirer.html", context, status=status)


@guarded(Perm.WRITE_CONVENTION)
@require_http_methods(["GET", "HEAD", "POST"])
def signatory(request: HttpRequest, pk: int, signataire: int) -> HttpResponseBase:
    """Correct a signatory's function or address: nothing that was signed is touched."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = readable(actor, pk)
    row = _signatory(actor, found, signataire)
    start = {"capacity": row.capacity, "function": row.function, "email": row.email}
    form = SignatoryForm(request.POST if request.method == "POST" else None, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            kept = service.correct_contact(by=actor, convention=found, signatory=row, **form.cleaned_data)
        except PortalError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, f"{kept.function} : coordonnées enregistrées.")
            return redirect("convention_parties", found.pk)
    context = head(actor, found, "convention_parties") | {"row": row, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "labelling/convention/signataire.html", context, status=status)


@guarded(Perm.WRITE_CONVENTION)
@require_POST
def resend(request: HttpRequest, pk: int, signataire: int) -> HttpResponseBase:
    """A new link for one signatory."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = readable(actor, pk)
    row = _signatory(actor, found, signataire)
    try:
        kept = inviting.resend(by=actor, convention=found, signatory=row)
    except PortalError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, f"Un nouveau lien part à {kept.email}, valable trente jours ; l’ancien ne marche plus."
        )
    return redirect("convention", found.pk)


@guarded(Perm.WRITE_CONVENTION)
@require_http_methods(["GET", "HEAD", "POST"])
def remove_signatory(request: HttpRequest, pk: int, signataire: int) -> HttpResponseBase:
    """Take a signatory off in mid-course, after saying what becomes of its signature."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = readable(actor, pk)
    row = _signatory(actor, found, signataire)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            kept = service.remove_signatory(by=actor, convention=found, signatory=row, reason=reason)
        except PortalError as refusal:
            add_refusal(form, refusal)
        else:
            ended = kept.state == ConventionState.SIGNEE
            words = " Tous les autres ont signé : la convention est signée." if ended else ""
            messages.success(request, f"{row.function} est retiré des signataires.{words}")
            return redirect("convention", found.pk)
    progress = state.board(actor, found)
    lines = [*progress.lines, *progress.removed]
    context = head(actor, found, "convention_parties") | {
        "row": row,
        "form": form,
        "line": next((line for line in lines if line.signatory.pk == row.pk), None),
        "ends": service.ends_by_removal(actor, found, row),
    }
    status = 422 if form.is_bound else 200
    return render(request, "labelling/convention/signataire_retirer.html", context, status=status)
