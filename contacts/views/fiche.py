"""The fiche's screens: fill, saved, correct. Each checks, calls one service and answers."""

from __future__ import annotations

import datetime
import uuid as uuid_module

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from contacts.forms.fiche import FicheForm
from contacts.forms.typed import Typed
from contacts.models import FicheContact, ListVersion
from contacts.permissions import Perm
from contacts.services import fiches, handover
from contacts.views import screen
from spo_portal.kernel.errors import Conflict, Refused
from territories.access import Actor, guarded
from territories.models import Site


@guarded(Perm.FILL_FICHE)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The four steps on one page.

    A save answers by the address of the fiche, once, whatever is clicked twice.
    """
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if request.method != "POST":
        return _form_page(request, Typed(initial={"jour": timezone.localdate()}))
    typed = Typed.read(request.POST)
    if "etape" in request.POST:
        return _form_page(request, typed)
    form = FicheForm(request.POST, by=actor, version=lists_for(actor, typed.day))
    if form.is_valid():
        try:
            fiche, _ = fiches.record_fiche(
                by=actor,
                data=form.to_data(),
                cle_idempotence=form.cleaned_data["cle_idempotence"],
                version=form.version,
            )
            return see_other(fiche)
        except Refused as error:
            form.refused(error)
    known = fiches.already_recorded(by=actor, cle_idempotence=form.key) if form.key else None
    if known is not None:
        return see_other(known)
    # A key that can't be used is replaced: the next try is a fiche of its own.
    return _form_page(request, typed, form, status=422)


@guarded(Perm.READ_FICHES)
@require_safe
def saved(request: HttpRequest, uuid: uuid_module.UUID) -> HttpResponse:
    """What was kept, what to hand over, and until when it can be corrected."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return saved_page(request, handover.load(by=actor, uuid=uuid))


@guarded(Perm.FILL_FICHE)
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, uuid: uuid_module.UUID) -> HttpResponse:
    """Correct a fiche of the site within 24 hours; someone else's correction in between is shown."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    loaded = handover.load(by=actor, uuid=uuid)
    if request.method != "POST":
        if timezone.now() > fiches.correctable_until(loaded.fiche):
            return see_other(loaded.fiche)
        return _form_page(request, Typed.of_fiche(loaded.fiche, loaded.rows), fiche=loaded)
    typed = Typed.read(request.POST)
    if "etape" in request.POST:
        return _form_page(request, typed, fiche=loaded)
    form = FicheForm(request.POST, by=actor, version=loaded.version, correcting=True)
    status, conflict = 422, False
    if form.is_valid():
        try:
            fiches.correct_fiche(
                by=actor, fiche=loaded.fiche, data=form.to_data(), seen_at=request.POST.get("vu_a", "")[:40]
            )
            return see_other(loaded.fiche)
        except Conflict:
            status, conflict = 409, True
        except Refused as error:
            form.refused(error)
            status = 422 if error.field else 409
    return _form_page(request, typed, form, fiche=loaded, status=status, conflict=conflict)


def saved_page(
    request: HttpRequest, loaded: handover.Loaded, status: int = 200, **extra: object
) -> HttpResponse:
    """The saved page; ``extra`` carries the forms of the part handed over when they were refused."""
    until = fiches.correctable_until(loaded.fiche)
    context = {
        "loaded": loaded,
        "fiche": loaded.fiche,
        "until": until,
        "correctable": timezone.now() <= until,
        "kept": handover.kept_lines(loaded),
        "slip": handover.slip(loaded),
        "brochure": handover.has_brochure(by=request.actor),  # type: ignore[attr-defined]
        "recorded_today": timezone.localdate(loaded.fiche.created_at) == timezone.localdate(),
        "sent": request.GET.get("envoi") == "fait",
    }
    return render(request, "contacts/enregistree.html", context | handover_forms() | extra, status=status)


def handover_forms() -> dict[str, object]:
    from contacts.forms.handover import MailForm, PrintForm

    return {"print_form": PrintForm(), "mail_form": MailForm()}


def see_other(fiche: FicheContact, query: str = "") -> HttpResponseRedirect:
    """303: the browser shows the saved page, and a reload sends nothing again."""
    return HttpResponseRedirect(reverse("fiche_enregistree", args=[fiche.uuid]) + query, status=303)


def lists_for(actor: Actor, day: datetime.date | None) -> ListVersion:
    """Lists in force on the day typed; today's when it is not known yet, or to come."""
    today = timezone.localdate()
    return fiches.lists_on(actor, min(day, today) if day else today)


def _form_page(
    request: HttpRequest,
    typed: Typed,
    form: FicheForm | None = None,
    *,
    fiche: handover.Loaded | None = None,
    status: int = 200,
    conflict: bool = False,
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    version = form.version if form else fiche.version if fiche else lists_for(actor, typed.day)
    if form is None:
        form = FicheForm(initial=typed.initial, by=actor, version=version, correcting=fiche is not None)
    desk = fiches.desk_of(actor)
    context = full_context(actor, desk, version, typed) | {"form": form, "conflict": conflict}
    if fiche is not None:
        seen = "" if conflict else request.POST.get("vu_a", "")[:40]
        context |= {
            "correction": fiche,
            "vu_a": seen or fiches.version_mark(fiche.fiche),
            "kept": handover.kept_lines(fiche),
        }
        return render(request, "contacts/correction.html", context, status=status)
    key = form.key if form.is_bound else typed.key
    return render(
        request, "contacts/fiche.html", context | {"cle": key or uuid_module.uuid4()}, status=status
    )


def full_context(actor: Actor, desk: Site, version: ListVersion, typed: Typed) -> dict[str, object]:
    """Everything the screen shows beside its fields."""
    now = timezone.now()
    shown = screen.doors(by=actor, desk=desk, version=version, typed=typed, now=now)
    sites = {pk: door.site for pk, door in shown.chosen.items()}
    return {
        "typed": typed,
        "doors": shown,
        "desk": desk,
        "now": timezone.localtime(now),
        "today": timezone.localdate(now),
        "communes": screen.communes(by=actor, typed=typed),
        "apercu": screen.preview(by=actor, desk=desk, version=version, typed=typed, sites=sites),
    }
