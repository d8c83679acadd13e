"""An arrival: the desk or the person says what became of a re-orientation, with a code and no name."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from contacts import codes
from contacts.enums import Suite
from contacts.forms_desk import ArrivalForm, PublicArrivalForm
from contacts.forms_desk.arrival import OUTCOME_HINTS
from contacts.permissions import Perm
from contacts.services.loop import say_outcome
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.http import client_address
from territories.access import ANONYMOUS, Actor, guarded, public

THANKS = "C’est noté, merci. La structure qui a orienté saura que quelqu’un a répondu, pas pour qui."


@guarded(Perm.RECORD_ARRIVAL)
@require_http_methods(["GET", "POST"])
def arrivee(request: HttpRequest) -> HttpResponseBase:
    """Code and outcome in one form.

    Sent with the code alone (from the desk's first page), the code is checked first.
    """
    by = request.actor  # type: ignore[attr-defined]
    if request.method == "GET":
        return _page(request, ArrivalForm())
    form = ArrivalForm(request.POST)
    if "suite" not in request.POST and "verifier" in request.POST:
        return _check_code(request, by, form)
    if form.is_valid() and _say(form, by=by):
        messages.success(request, THANKS)
        return redirect("arrivee")
    return _page(request, form, status=422)


def _check_code(request: HttpRequest, by: Actor, form: ArrivalForm) -> HttpResponse:
    form.full_clean()
    form.errors.pop("suite", None)
    if not form.errors:
        try:
            say_outcome(by=by, typed=form.cleaned_data["code"], outcome=None)
            known = ArrivalForm(initial={"code": codes.display(form.cleaned_data["code"])})
            return _page(request, known, recognised=True)
        except Refused as refused:
            form.add_error("code", str(refused))
    return _page(request, form, status=422)


def _say(form: ArrivalForm, *, by: Actor, address: str = "") -> bool:
    """Say the outcome; a refusal becomes the error of its field."""
    data = form.cleaned_data
    try:
        say_outcome(by=by, typed=data["code"], outcome=Suite(data["suite"]), address=address)
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        return False
    return True


def _page(
    request: HttpRequest, form: forms.Form, *, status: int = 200, recognised: bool = False
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "hints": OUTCOME_HINTS, "recognised": recognised}
    return render(request, "contacts/arrivee.html", context, status=status)


@public("Page du code imprimé sur la fiche : la personne dit elle-même ce qui s’est passé, sans compte.")
@never_cache
@require_http_methods(["GET", "POST"])
def publique(request: HttpRequest, code: str = "") -> HttpResponseBase:
    """No account, no trace of who speaks. The address may hold the code (QR): it is shown, never looked up by
    a GET.

    The form always goes to the bare address, so that the code leaves the address bar as soon as it is sent.
    """
    if request.method == "GET":
        given = codes.display(code) if codes.is_valid(code) else codes.normalise(code)[:16]
        return _bare(
            render(
                request,
                "contacts/arrivee_publique.html",
                {"form": PublicArrivalForm(initial={"code": given})},
            )
        )
    form = PublicArrivalForm(request.POST)
    if form.is_valid() and _say(form, by=ANONYMOUS, address=client_address(request)):
        return _bare(render(request, "contacts/arrivee_publique.html", {"form": None}))
    return _bare(render(request, "contacts/arrivee_publique.html", {"form": form}, status=422))


def _bare(response: HttpResponse) -> HttpResponse:
    """Never indexed; the referrer is cut down to the site's name, so that no log and no other site gets the
    code.

    « no-referrer » would do it too, but then browsers send ``Origin: null`` with the form, and it is refused
    as forged.
    """
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "strict-origin"
    return response
