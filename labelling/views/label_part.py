"""One page for each part of a label dossier: its text with the figures beside, its places, its files."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from labelling.enums_label import LabelSectionKey
from labelling.models import LabelDossier
from labelling.models.application import FILE_MAX_BYTES
from labelling.permissions import Perm
from labelling.services.label import attachments, figures, places
from labelling.services.label.completeness import completeness_of
from labelling.services.label.material import Material, material_of
from labelling.services.label.moves import RULES
from labelling.services.label.parts import may_write, open_parts
from labelling.services.label.sections import HINTS, save_section, saved_of
from labelling.views import label_files, label_places
from labelling.views.dossier_part import neighbours
from labelling.views.label_head import head_context, links, part_label, readable_dossier
from labelling.views.text_box import Box, Writer, is_fragment, save_typed
from spo_portal.kernel.texts import Saved
from spo_portal.kernel.uploads import takes_up_to
from territories.access import Actor, guarded

PAGE = "labelling/label/partie.html"
CLOSED = RULES["labeldossier_part_closed"]
# Figures go with the texts that describe the territory as it is.
WITH_FIGURES = (LabelSectionKey.TERRITOIRE, LabelSectionKey.OFFRE, LabelSectionKey.BESOINS)
Answer = HttpResponseBase | tuple[dict[str, Any], int]


@guarded(Perm.READ_LABEL_DOSSIER)
@takes_up_to(FILE_MAX_BYTES)
@require_http_methods(["GET", "HEAD", "POST"])
def part(request: HttpRequest, pk: int, partie: str) -> HttpResponseBase:
    """Write one part when it is open to the actor; otherwise read it where the dossier is read."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    dossier = readable_dossier(by, pk)
    if partie not in open_parts(by, dossier):
        return _closed(request, by, dossier, partie)
    if request.method != "POST":
        return _page(request, by, dossier, partie)
    if partie in LabelSectionKey.values:
        return _text(request, by, dossier, partie)
    answer: Answer
    if partie == places.PART:
        answer = label_places.posted(request, by, dossier)
    else:
        answer = label_files.posted(request, by, dossier)
    if not isinstance(answer, tuple):
        return answer
    return _page(request, by, dossier, partie, *answer)


def _closed(request: HttpRequest, by: Actor, dossier: LabelDossier, partie: str) -> HttpResponseBase:
    """What was typed is not saved, and the page says why; a reader reads."""
    if request.method == "POST":
        words = CLOSED if may_write(by, dossier) else "Ce dossier vous est ouvert en lecture seulement."
        if is_fragment(request) and partie in LabelSectionKey.values:
            box = box_of(dossier, partie, text=request.POST.get("texte", ""), error=words)
            return render(request, "labelling/partials/_texte_enregistre.html", {"box": box}, status=422)
        messages.error(request, f"{words} Rien n’est enregistré.")
    return redirect(f"{reverse('label_dossier', args=[dossier.pk])}#partie-{partie}")


def box_of(dossier: LabelDossier, key: str, saved: Saved | None = None, **more: Any) -> Box:
    url = reverse("label_partie", args=[dossier.pk, key])
    values: dict[str, Any] = {"text": "", "version": 0, "saved": saved}
    if saved is not None:
        values |= {"text": saved.text, "version": saved.version}
    return Box(key, part_label(key), HINTS[LabelSectionKey(key)], url, **(values | more))


def _text(request: HttpRequest, by: Actor, dossier: LabelDossier, partie: str) -> HttpResponseBase:
    inserted = request.POST.get("inserer", "")

    def box(saved: Saved | None = None, **more: Any) -> Box:
        return box_of(dossier, partie, saved, **more)

    def save(text: str, seen: int) -> Saved:
        more = _sentence(by, dossier, inserted) if inserted else ""
        typed = f"{text.rstrip()}\n{more}".strip() if more else text
        return save_section(by=by, dossier=dossier, key=partie, text=typed, seen=seen)

    def page(made: Box, status: int) -> HttpResponseBase:
        if status == 303:
            messages.success(request, f"« {made.label} » : texte enregistré.")
            return redirect(made.url)
        return _page(request, by, dossier, partie, {"box": made}, status)

    return save_typed(request, Writer(box, save, lambda: head_context(by, dossier, partie), page))


def _sentence(by: Actor, dossier: LabelDossier, key: str) -> str:
    """The sentence of one figure, asked by a button without scripts; nothing for an unknown one."""
    found = figures.figures_of(by=by, territory=dossier.territory)
    return next((one.sentence for one in found if one.key == key), "")


def _page(
    request: HttpRequest,
    by: Actor,
    dossier: LabelDossier,
    partie: str,
    extra: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponseBase:
    material = material_of(by=by, dossier=dossier)
    context = head_context(by, dossier, partie, material=material)
    context |= {
        "partie": partie,
        "titre": part_label(partie),
        "box": None,
        "chiffres": [],
        "manques": links(dossier, [gap for gap in completeness_of(material).of(partie) if gap.blocking]),
    }
    context |= _part_context(request, by, dossier, partie, material)
    context |= extra or {}
    context |= neighbours(context["onglets"])
    return render(request, PAGE, context, status=status)


def _part_context(
    request: HttpRequest, by: Actor, dossier: LabelDossier, partie: str, material: Material
) -> dict[str, Any]:
    if partie == places.PART:
        return label_places.places_context(request, dossier, material.ground)
    if partie == attachments.PART:
        return label_files.files_context(by, dossier, material)
    shown: list[figures.Figure] = []
    if partie in WITH_FIGURES:
        shown = figures.figures_of(by=by, territory=dossier.territory, ground=material.ground)
    return {
        "box": box_of(dossier, partie, saved_of(material.sections.get(partie))),
        "chiffres": shown,
    }
