"""The answer to a text just typed: saved, refused, or changed elsewhere in between. Page or fragment."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django_htmx.http import reswap, retarget

from dashboards.report_sections import Part
from dashboards.services.report_comments import Saved
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.texts import TextConflict

Save = Callable[[str, int], Saved]
BETWEEN = "\n\n"


@dataclass(frozen=True)
class Box:
    """One text box as the templates draw it."""

    part: Part
    url: str
    text: str = ""
    version: int = 0
    saved: Saved | None = None
    error: str = ""
    conflict: Saved | None = None
    pending: str = ""


def box(part: Part, url: str, saved: Saved | None) -> Box:
    if saved is None:
        return Box(part, url)
    return Box(part, url, saved.text, saved.version, saved)


def answer(request: HttpRequest, part: Part, url: str, back: str, save: Save) -> HttpResponseBase:
    """Save what is typed. ``choix`` settles a conflict: keep mine, take theirs, or put both together."""
    typed = request.POST.get("texte", "")
    seen = _number(request.POST.get("version", "0"))
    choice, _, number = request.POST.get("choix", "").partition(":")
    try:
        saved = save(typed, _number(number) if choice == "garder" else seen)
    except TextConflict as conflict:
        if choice == "reprendre":
            return _again(request, box(part, url, conflict.stored), back)
        if choice == "fusionner":
            both = f"{conflict.stored.text}{BETWEEN}{typed}"
            words = "Les deux textes sont réunis : relisez, puis enregistrez."
            return _again(
                request, Box(part, url, both, conflict.stored.version, pending=words), back, alone=True
            )
        return _show(
            request, Box(part, url, typed, seen, error=str(conflict), conflict=conflict.stored), back, 409
        )
    except (Refused, Conflict) as refusal:
        return _show(request, Box(part, url, typed, seen, error=str(refusal)), back, 422)
    if choice:
        return _again(request, box(part, url, saved), back)
    if request.headers.get("HX-Request") == "true":
        return render(
            request, "dashboards/partials/_enregistre.html", {"box": box(part, url, saved), "fragment": True}
        )
    messages.success(request, f"« {part.title} » : commentaire enregistré.")
    return redirect(f"{back}#partie-{part.key}")


def _show(request: HttpRequest, found: Box, back: str, status: int) -> HttpResponse:
    """What was typed stays; the reason stands beside it."""
    context = {"box": found, "fragment": True, "back": back}
    if request.headers.get("HX-Request") == "true":
        return render(request, "dashboards/partials/_enregistre.html", context, status=status)
    return render(request, "dashboards/rapport_partie.html", {**context, "fragment": False}, status=status)


def _again(request: HttpRequest, found: Box, back: str, *, alone: bool = False) -> HttpResponseBase:
    """The whole box again, with another text in it."""
    if request.headers.get("HX-Request") == "true":
        response = render(request, "dashboards/partials/_commentaire.html", {"box": found})
        return reswap(retarget(response, f"#boite-{found.part.key}"), "outerHTML")
    if alone:
        return render(
            request, "dashboards/rapport_partie.html", {"box": found, "back": back, "fragment": False}
        )
    return redirect(f"{back}#partie-{found.part.key}")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0
