"""The text of a convention: written, shown for signature after a warning, compared with what was shown."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from labelling.forms.accounts import add_refusal
from labelling.forms.convention import FactsForm, PresentForm, ReasonForm
from labelling.models import Convention, ConventionText
from labelling.permissions import Perm
from labelling.services.convention import differences, drafting, presenting
from labelling.services.convention.layout import blocks
from labelling.views.convention_head import head, may_write, readable
from labelling.views.dossier_text import BETWEEN, is_fragment, number_of
from spo_portal.kernel.errors import Conflict, PortalError
from spo_portal.kernel.texts import Saved, TextConflict
from territories.access import Actor, get_visible_or_404, guarded

TEXT = "text/plain; charset=utf-8"


@guarded(Perm.READ_CONVENTION)
@require_http_methods(["GET", "HEAD"])
def text(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Read the text shown; the coordinator finds the one being written above it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = readable(actor, pk)
    return _page(request, actor, found, drafting.saved_of(found))


@guarded(Perm.WRITE_CONVENTION)
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Save the text as it is typed, never over somebody else's: two texts come back side by side."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = readable(actor, pk)
    if request.method != "POST":
        return redirect("convention_texte", found.pk)
    typed = request.POST.get("texte", "")
    choice, _, chosen = request.POST.get("choix", "").partition(":")
    seen = number_of(chosen if choice == "garder" else request.POST.get("version", "0"))
    try:
        saved = drafting.save_draft(by=actor, convention=found, text=typed, seen=seen)
    except TextConflict as conflict:
        stored = conflict.stored
        if choice == "reprendre":
            return _page(request, actor, found, stored)
        if choice == "fusionner":
            both = Saved(f"{stored.text}{BETWEEN}{typed}", stored.version, stored.saved_at, stored.saved_by)
            return _page(request, actor, found, both, pending=True)
        mine = Saved(typed, seen, None)
        return _page(request, actor, found, mine, error=str(conflict), stored=stored, status=409)
    except PortalError as refusal:
        mine = Saved(typed, seen, None)
        return _page(request, actor, found, mine, error=str(refusal), status=422)
    if choice or is_fragment(request):
        return _page(request, actor, found, saved)
    messages.success(request, "Texte enregistré.")
    return redirect("convention_texte", found.pk)


def _page(
    request: HttpRequest,
    actor: Actor,
    found: Convention,
    saved: Saved,
    *,
    error: str = "",
    stored: Saved | None = None,
    pending: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = head(actor, found, "convention_texte") | {
        "saved": saved,
        "error": error,
        "conflict": stored,
        "pending": pending,
        "marks": drafting.marks(),
        "most": 60_000,
        "blocks": blocks(found.text),
        "waiting": found.state == "signature" and saved.text != found.draft,
    }
    if is_fragment(request):
        return render(request, "labelling/convention/_texte_etat.html", context, status=status)
    return render(request, "labelling/convention/texte.html", context, status=status)


@guarded(Perm.READ_CONVENTION)
@require_http_methods(["GET", "HEAD"])
def exact(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The exact text shown for signature, byte for byte: its SHA-256 is the fingerprint."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = readable(actor, pk)
    wanted = number_of(request.GET.get("version", "")) or found.text_number
    if not wanted:
        raise Http404("Aucun texte n’a encore été présenté à la signature.")
    shown = get_visible_or_404(ConventionText.objects.filter(convention=found), actor, number=wanted)
    return HttpResponse(shown.text.encode(), content_type=TEXT)


@guarded(Perm.WRITE_CONVENTION)
@require_http_methods(["GET", "HEAD", "POST"])
def facts(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Title, contact and dates."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = readable(actor, pk)
    start = {name: getattr(found, name) for name in ("title", "contact", "starts_on", "ends_on")}
    form = FactsForm(request.POST if request.method == "POST" else None, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            drafting.save_facts(by=actor, convention=found, **form.cleaned_data)
        except PortalError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, "Réglages enregistrés.")
            return redirect("convention_texte", found.pk)
    context = head(actor, found, "convention_texte") | {"form": form}
    status = 422 if form.is_bound else 200
    return render(request, "labelling/convention/reglages.html", context, status=status)


@guarded(Perm.WRITE_CONVENTION)
@require_http_methods(["GET", "HEAD", "POST"])
def present(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What showing this text would do, said first; then done."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = readable(actor, pk)
    if not may_write(actor, found):
        messages.error(
            request, f"{found.name} est {found.get_state_display().lower()} : son texte ne change plus."
        )
        return redirect("convention", found.pk)
    form = PresentForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            made = presenting.present(by=actor, convention=found, **form.cleaned_data)
        except PortalError as refusal:
            add_refusal(form, refusal)
            status = 409 if isinstance(refusal, Conflict) else 422
        else:
            messages.success(
                request, "Le texte est à la signature : les liens personnels partent par courriel."
            )
            return redirect("convention", made.pk)
    found = readable(actor, pk)
    planned = presenting.preview(actor, found)
    context = head(actor, found, "convention_texte") | {
        "form": form,
        "planned": planned,
        "blocks": blocks(planned.text),
        "first": not found.text,
    }
    return render(request, "labelling/convention/presenter.html", context, status=status)


@guarded(Perm.WRITE_CONVENTION)
@require_http_methods(["GET", "HEAD", "POST"])
def take_back(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take the convention out of signature, with a reason."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = readable(actor, pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            presenting.take_back(by=actor, convention=found, reason=form.cleaned_data["reason"])
        except PortalError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(
                request, "La convention revient en projet : personne ne peut la signer pour l’instant."
            )
            return redirect("convention_texte", found.pk)
    context = head(actor, found, "convention_texte") | {"form": form}
    status = 422 if form.is_bound else 200
    return render(request, "labelling/convention/reprendre.html", context, status=status)


@guarded(Perm.READ_CONVENTION)
@require_http_methods(["GET", "HEAD"])
def versions(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Every text that was shown, with what each changed; for an avenant, what it changes to its parent."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = readable(actor, pk)
    texts = list(ConventionText.objects.visible_to(actor).filter(convention=found).order_by("number"))
    before = found.parent.text if found.parent else ""
    rows = []
    for one in texts:
        rows.append((one, differences.between(before, one.text) if before else None))
        before = one.text
    context = head(actor, found, "convention_versions") | {"rows": rows[::-1]}
    return render(request, "labelling/convention/versions.html", context)
