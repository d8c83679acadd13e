"""What every page of a label dossier shows above its own: territory, kind, number, state, parts."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from labelling.enums_label import DossierState, LabelPart
from labelling.models import LabelComplement, LabelDossier
from labelling.services.completeness import Completeness, Gap
from labelling.services.label.completeness import completeness_of
from labelling.services.label.material import BINDING, Material, material_of
from labelling.services.label.moves import open_complement
from labelling.services.label.parts import may_write, open_parts
from labelling.services.tables import has_label
from labelling.views.dossier_head import Tab
from territories.access import Actor, get_visible_or_404

SUBMIT, ANSWER = "deposer", "repondre"
TONES = {
    DossierState.BROUILLON: "info",
    DossierState.DEPOSE: "info",
    DossierState.COMPLET: "info",
    DossierState.TRANSMIS: "info",
    DossierState.AVIS_RENDU: "info",
    DossierState.ACCORDE: "ok",
    DossierState.REFUSE: "error",
    DossierState.ABANDONNE: "",
}


def without_label(request: HttpRequest) -> HttpResponse | None:
    """The page that says the region follows another regime; None where the label exists."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    if by.region is None or has_label(by.region):
        return None
    return render(request, "labelling/label/autre_regime.html")


def readable(by: Actor) -> QuerySet[LabelDossier]:
    return LabelDossier.objects.visible_to(by).select_related("territory", "region", "parent")


def readable_dossier(by: Actor, pk: int) -> LabelDossier:
    """One dossier the actor reads; a foreign one is a 404, as a missing one. So is a draft for the préfet."""
    return get_visible_or_404(readable(by), by, pk=pk)


def part_url(dossier: LabelDossier, part: str, anchor: str = "") -> str:
    """Where a part is written."""
    url = reverse("label_partie", args=[dossier.pk, part])
    return f"{url}#{anchor}" if anchor else url


def links(
    dossier: LabelDossier, gaps: list[Gap], opened: frozenset[str] | None = None
) -> list[tuple[str, str]]:
    """What is missing, each with the place where it is mended; told on the whole dossier's page when its part
    is not among those ``opened``.
    """
    whole = reverse("label_dossier", args=[dossier.pk])
    return [
        (
            gap.text,
            part_url(dossier, gap.part, gap.anchor)
            if opened is None or gap.part in opened
            else f"{whole}#{gap.anchor}",
        )
        for gap in gaps
    ]


def agreement_context(material: Material, opened: frozenset[str]) -> dict[str, Any]:
    """Context of ``label/_convention.html``; what it lacks is told to who may still mend it."""
    absent = {} if BINDING.isdisjoint(opened) else material.absent
    remedy = material.agreement.remedy(absent) if material.agreement and absent else ""
    return {"accord": material.agreement, "absentes": absent, "remede": remedy}


def head_context(
    by: Actor, dossier: LabelDossier, current: str = "", *, material: Material | None = None
) -> dict[str, Any]:
    """Context of ``label/_entete.html`` and ``partials/_parties.html``.

    ``current``: the part shown (``LabelPart``, « deposer », « repondre »). Give ``material`` when the page
    has read the dossier already.
    """
    opened = open_parts(by, dossier)
    context: dict[str, Any] = {
        "dossier": dossier,
        "etat": dossier.get_state_display(),
        "ton": TONES.get(DossierState(dossier.state), ""),
        "ouvertes": opened,
        "redacteur": may_write(by, dossier),
        "complement": None,
        "onglets": [],
        "avancement": None,
        "page_dossier": current == "",
    }
    if not opened:
        return context
    found = completeness_of(material or material_of(by=by, dossier=dossier))
    asked = None if dossier.state == DossierState.BROUILLON else open_complement(by, dossier)
    return context | {
        "complement": asked,
        "avancement": found if asked is None else None,
        "onglets": _tabs(dossier, found, opened, asked, current),
    }


def _tabs(
    dossier: LabelDossier,
    found: Completeness,
    opened: frozenset[str],
    asked: LabelComplement | None,
    current: str,
) -> list[Tab]:
    # A submitted dossier has its own bar above, « Le dossier » and « Procédure ».
    first = Tab("Le dossier", reverse("label_dossier", args=[dossier.pk]), current == "")
    tabs = [] if asked is not None and current == "" else [first]
    for step in found.steps:
        if step.key in opened:
            mark = "fait" if step.complete else "en cours" if step.started else ""
            tabs.append(Tab(step.label, part_url(dossier, step.key), step.key == current, mark))
    if asked is not None:
        tabs.append(Tab("Réponse", reverse("label_repondre", args=[dossier.pk]), current == ANSWER))
    else:
        tabs.append(Tab("Dépôt", reverse("label_deposer", args=[dossier.pk]), current == SUBMIT))
    return tabs


def part_label(key: str) -> str:
    return str(LabelPart(key).label)
