"""A text just typed: saved, refused, or changed elsewhere in between. Page or fragment, of any dossier."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django_htmx.http import reswap, retarget

from labelling.models.application import SECTION_MAX
from spo_portal.kernel.errors import PortalError
from spo_portal.kernel.texts import Saved, TextConflict

BETWEEN = "\n\n"
BOX, STATE = "labelling/partials/_texte.html", "labelling/partials/_texte_enregistre.html"


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


Page = Callable[[Box, int], HttpResponseBase]


@dataclass(frozen=True)
class Writer:
    """What a text belongs to. ``box`` makes its box; ``save`` keeps a text from a number seen; ``head`` is
    the context of the bar above; ``page`` draws the whole page around a box, for who has no script."""

    box: Callable[..., Box]
    save: Callable[[str, int], Saved]
    head: Callable[[], dict[str, Any]]
    page: Page


def number_of(text: str) -> int:
    """A version number sent by a form; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def is_fragment(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def save_typed(request: HttpRequest, writer: Writer) -> HttpResponseBase:
    """Save what is typed. ``choix`` settles a conflict: keep mine, take theirs, or put both together."""
    typed = request.POST.get("texte", "")
    seen = number_of(request.POST.get("version", "0"))
    choice, _, chosen = request.POST.get("choix", "").partition(":")
    try:
        saved = writer.save(typed, number_of(chosen) if choice == "garder" else seen)
    except TextConflict as conflict:
        stored = conflict.stored
        if choice == "reprendre":
            return _again(request, writer.box(stored), writer.page)
        if choice == "fusionner":
            both = f"{stored.text}{BETWEEN}{typed}"
            words = "Les deux textes sont réunis : relisez, puis enregistrez."
            return _again(request, writer.box(text=both, version=stored.version, pending=words), writer.page)
        return _show(
            request,
            writer.box(text=typed, version=seen, error=str(conflict), conflict=stored),
            writer.page,
            409,
        )
    except PortalError as refusal:
        return _show(request, writer.box(text=typed, version=seen, error=str(refusal)), writer.page, 422)
    box = writer.box(saved)
    if choice:
        return _again(request, box, writer.page)
    if not is_fragment(request):
        return writer.page(box, 303)
    context: dict[str, Any] = {"box": box}
    if saved.version == 1 or not saved.text:
        # The part has just become complete, or no longer is: the bar above says so.
        context |= writer.head() | {"oob": True}
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
