"""What is done with a call: read again and published, corrected, put off, cancelled, copied, thrown away."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from labelling.forms.call_acts import ErratumForm, PutOffForm, ReasonForm, TitleForm
from labelling.forms.call_fields import refuse
from labelling.forms.calls import SeenForm
from labelling.models import AmiCall
from labelling.permissions import Perm
from labelling.services import call_life, moments
from labelling.services.call_page import read_call
from labelling.services.call_versions import changes_between, summary_of, versions_of
from labelling.services.readiness import bassins_left_out, missing_from
from labelling.views.calls import linked, own_call, trail
from spo_portal.kernel.errors import Conflict, PortalError, Refused
from spo_portal.kernel.typography import counted
from territories.access import Actor, guarded


@guarded(Perm.WRITE_CALL)
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The call as everybody will read it, what is missing, then the one button."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    call = own_call(actor, pk)
    if not call.is_draft:
        messages.info(request, "Cet appel est déjà publié.")
        return redirect("ami_appel", pk=pk)
    form = SeenForm(request.POST or None, initial={"vu": call.version})
    status, error = 200, ""
    if request.method == "POST" and form.is_valid():
        try:
            opened = call_life.open_call(by=actor, call=call, seen=form.seen)
        except PortalError as refusal:
            error, status = str(refusal), 409 if isinstance(refusal, Conflict) else 422
            call = own_call(actor, pk)
        else:
            messages.success(request, f"Appel publié. {read_call(actor, opened).phase.sentence}")
            return redirect("ami_appel", pk=pk)
    page = read_call(actor, call)
    context = {
        "call": call,
        "page": page,
        "form": SeenForm(initial={"vu": call.version}),
        "missing": linked(call, missing_from(actor, call, page.at)),
        "left_out": bassins_left_out(actor, call),
        "trail": trail(call, "Relire et publier"),
        "error": error,
    }
    return render(request, "labelling/appel_ouvrir.html", context, status=status)


def _act(
    request: HttpRequest,
    call: AmiCall,
    form: forms.Form,
    act: Callable[[], str],
    *,
    title: str,
    effect: str,
    button: str,
    danger: bool = False,
    target: Callable[[], str] | None = None,
) -> HttpResponseBase:
    """One act on one page: what it does, its form, then the way back with what was done."""
    back = reverse("ami_appel", args=[call.pk])
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                done = act()
            except Refused as refusal:
                refuse(refusal, form)
            except PortalError as refusal:
                form.add_error(None, str(refusal))
                status = 409
            else:
                messages.success(request, done)
                return redirect(target() if target else back)
    context = {
        "call": call,
        "form": form,
        "title": title,
        "effect": effect,
        "button": button,
        "danger": danger,
        "back": back,
        "trail": trail(call, title),
    }
    return render(request, "labelling/appel_acte.html", context, status=status)


def _told(told: call_life.Told) -> str:
    if not told.files:
        return "Aucun dossier n’est encore commencé."
    return f"{counted(told.files, 'dossier prévenu', 'dossiers prévenus')}."


@guarded(Perm.WRITE_CALL)
@require_http_methods(["GET", "HEAD", "POST"])
def erratum(request: HttpRequest, pk: int) -> HttpResponseBase:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    call = own_call(actor, pk)
    form = ErratumForm(request.POST or None)

    def act() -> str:
        done = call_life.add_erratum(by=actor, call=call, text=form.cleaned_data["texte"])
        return f"Rectificatif publié. {_told(done)}"

    return _act(
        request,
        call,
        form,
        act,
        title="Ajouter un rectificatif",
        effect="Il est daté, publié avec l’appel, et chaque porteur d’un dossier en est prévenu.",
        button="Publier le rectificatif",
    )


@guarded(Perm.WRITE_CALL)
@require_http_methods(["GET", "HEAD", "POST"])
def put_off(request: HttpRequest, pk: int) -> HttpResponseBase:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    call = own_call(actor, pk)
    form = PutOffForm(request.POST or None)
    current = moments.to_the_second(call.closes_at) if call.closes_at else "non fixée"

    def act() -> str:
        data = form.cleaned_data
        done = call_life.put_off(by=actor, call=call, after=data["limite"], reason=data["motif"])
        after = moments.to_the_second(data["limite"])
        return f"Date limite reportée au {after}. {_told(done)}"

    return _act(
        request,
        call,
        form,
        act,
        title="Reporter la date limite",
        effect=f"Date limite actuelle : {current}. Elle ne peut qu’être reportée plus tard ; chaque porteur"
        " d’un dossier en est prévenu, et le report reste publié avec son motif.",
        button="Reporter la date limite",
    )


@guarded(Perm.WRITE_CALL)
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, pk: int) -> HttpResponseBase:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    call = own_call(actor, pk)
    form = ReasonForm(request.POST or None)

    def act() -> str:
        done = call_life.cancel_call(by=actor, call=call, reason=form.cleaned_data["motif"])
        return f"Appel annulé. {_told(done)}"

    return _act(
        request,
        call,
        form,
        act,
        title="Annuler l’appel",
        effect="Plus aucun dossier ne pourra être déposé. Les dossiers restent lisibles, l’appel aussi, avec"
        " son motif d’annulation. Un appel annulé ne se rouvre pas.",
        button="Annuler l’appel",
        danger=True,
    )


@guarded(Perm.WRITE_CALL)
@require_http_methods(["GET", "HEAD", "POST"])
def copy(request: HttpRequest, pk: int) -> HttpResponseBase:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    call = own_call(actor, pk)
    form = TitleForm(request.POST or None)
    made: list[int] = []

    def act() -> str:
        made.append(call_life.copy_call(by=actor, call=call, title=form.cleaned_data["titre"]).pk)
        return "Nouveau brouillon créé. Fixez ses dates, puis relisez-le."

    return _act(
        request,
        call,
        form,
        act,
        title="Reprendre dans un nouvel appel",
        effect="Le texte, les commissions, les critères, la grille et l’enveloppe sont repris. Les dates, les"
        " rectificatifs, les questions et les dossiers ne le sont pas.",
        button="Créer le brouillon",
        target=lambda: reverse("ami_appel", args=made),
    )


@guarded(Perm.WRITE_CALL)
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, pk: int) -> HttpResponseBase:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    call = own_call(actor, pk)

    def act() -> str:
        call_life.remove_draft(by=actor, call=call)
        return "Brouillon supprimé."

    return _act(
        request,
        call,
        forms.Form(request.POST if request.method == "POST" else None),
        act,
        title="Supprimer le brouillon",
        effect="Le texte, les critères, la grille et toutes les versions sont supprimés. Personne d’autre"
        " que la Région ne les a vus.",
        button="Supprimer le brouillon",
        danger=True,
        target=lambda: reverse("ami_appels"),
    )


@guarded(Perm.WRITE_CALL)
@require_safe
def versions(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Every save, what it changed, and any two compared."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    call = own_call(actor, pk)
    found = versions_of(actor, call)
    by_number = {one.number: one for one in found}
    lines = []
    for one in found:
        previous = by_number.get(one.number - 1)
        words = summary_of(changes_between(previous.content, one.content)) if previous else "Première version"
        lines.append((one, words or "Publication"))
    chosen = [_asked(request.GET.get(name, ""), by_number) for name in ("avant", "apres")]
    compared = None
    if all(chosen):
        before, after = (by_number[number] for number in chosen)
        compared = changes_between(before.content, after.content)
    context = {
        "call": call,
        "lines": lines,
        "numbers": list(by_number),
        "before": chosen[0] or (found[1].number if len(found) > 1 else 0),
        "after": chosen[1] or (found[0].number if found else 0),
        "compared": compared,
        "trail": trail(call, "Versions"),
    }
    return render(request, "labelling/appel_versions.html", context)


def _asked(text: str, known: dict[int, object]) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    return number if number in known else 0
