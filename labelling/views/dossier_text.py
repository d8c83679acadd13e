"""A text of a file just typed: saved, refused, or changed elsewhere in between. Page or fragment."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django_htmx.http import reswap, retarget

from labelling.enums_ami import SectionKey
from labelling.models import AmiApplication
from labelling.models.application import SECTION_MAX
from labelling.services.sections import HINTS, save_section
from labelling.views.dossier_head import head_context
from spo_portal.kernel.errors import PortalError
from spo_portal.kernel.texts import Saved, TextConflict
from territories.access import Actor

BETWEEN = "\n\n"
BOX, STATE = "labelling/partials/_texte.html", "labelling/partials/_texte_enregistre.html"
Page = Callable[["Box", int], HttpResponseBase]


@dataclass(frozen=True)
class Box:
    """One text box as the templates draw it; ``conflict`` is what somebody else saved in between."""

    key: str
    label: str
    hint: str
    url: str
    text: str = ""
    version: int = 0
    saved: Saved | None = None
    error: str = ""
    conflict: Saved | None = None
    pending: str = ""
    most: int = SECTION_MAX

    @property
    def left(self) -> int:
        return self.most - len(self.text)


def box_of(application: AmiApplication, key: str, saved: Saved | None = None, **more: Any) -> Box:
    url = reverse("ami_partie", args=[application.pk, key])
    values: dict[str, Any] = {"text": "", "version": 0, "saved": saved}
    if saved is not None:
        values |= {"text": saved.text, "version": saved.version}
    return Box(key, SectionKey(key).label, HINTS[SectionKey(key)], url, **(values | more))


def number_of(text: str) -> int:
    """A version number sent by a form; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def is_fragment(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def save_text(
    request: HttpRequest, by: Actor, application: AmiApplication, key: str, page: Page
) -> HttpResponseBase:
    """Save what is typed. ``choix`` settles a conflict: keep mine, take theirs, or put both together.

    ``page`` draws the whole page around a box, for who has no script.
    """
    typed = request.POST.get("texte", "")
    seen = number_of(request.POST.get("version", "0"))
    choice, _, chosen = request.POST.get("choix", "").partition(":")
    try:
        saved = save_section(
            by=by,
            application=application,
            key=key,
            text=typed,
            seen=number_of(chosen) if choice == "garder" else seen,
        )
    except TextConflict as conflict:
        stored = conflict.stored
        if choice == "reprendre":
            return _again(request, box_of(application, key, stored), page)
        if choice == "fusionner":
            both = f"{stored.text}{BETWEEN}{typed}"
            words = "Les deux textes sont réunis : relisez, puis enregistrez."
            box = box_of(application, key, text=both, version=stored.version, pending=words)
            return _again(request, box, page)
        box = box_of(application, key, text=typed, version=seen, error=str(conflict), conflict=stored)
        return _show(request, box, page, 409)
    except PortalError as refusal:
        box = box_of(application, key, text=typed, version=seen, error=str(refusal))
        return _show(request, box, page, 422)
    box = box_of(application, key, saved)
    if choice:
        return _again(request, box, page)
    if not is_fragment(request):
        return page(box, 303)
    context: dict[str, Any] = {"box": box}
    if saved.version == 1 or not saved.text:
        # The part has just become complete, or no longer is: the bar above says so.
        context |= head_context(by, application, key) | {"oob": True}
    return render(request, STATE, context)


def _show(request: HttpRequest, box: Box, page: Page, status: int) -> HttpResponseBase:
    """What was typed stays; the reason stands beside it."""
    if is_fragment(request):
        return render(request, STATE, {"box": box}, status=status)
    return page(box, status)


def _again(request: HttpRequest, box: Box, page: Page) -> HttpResponseBase:
    """The whole box again, with another text in it."""
    if not is_fragment(request):
        return page(box, 200)
    response: HttpResponse = render(request, BOX, {"box": box})
    return reswap(retarget(response, f"#boite-{box.key}"), "outerHTML")
