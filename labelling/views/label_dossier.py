"""A label dossier as every reader sees it: texts, places, figures, files, and what happened to it."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labelling.enums_label import DossierState, LabelSectionKey
from labelling.models import LabelComplement, LabelDossier
from labelling.permissions import Perm
from labelling.services.label import changes, figures
from labelling.services.label.calendar import calendar_of
from labelling.services.label.ground import OUTCOME_TONES, PROPOSAL_TONES, Ground
from labelling.services.label.legal_clock import running
from labelling.services.label.material import Material, material_of
from labelling.services.label.timeline import timeline_of
from labelling.views.label_files import files_of
from labelling.views.label_head import agreement_context, head_context, part_label, part_url, readable_dossier
from labelling.workflows import label as flow
from territories.access import Actor, can, guarded


@guarded(Perm.READ_LABEL_DOSSIER)
@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The whole dossier on one page, with the next thing its reader has to do."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    dossier = readable_dossier(by, pk)
    material = material_of(by=by, dossier=dossier)
    context = head_context(by, dossier, material=material)
    asked = list(LabelComplement.objects.visible_to(by).filter(dossier=dossier).order_by("asked_at", "pk"))
    context |= {
        "material": material,
        "parties": parts_of(dossier, material, context["ouvertes"]),
        "chiffres": known_figures(by, dossier, material.ground),
        "reseaux": groups_of(material.ground),
        "proposes": len(material.ground.proposed),
        "associes": len(material.ground.associated),
        "changements": changes.changes_of(by=by, dossier=dossier, ground=material.ground),
        **agreement_context(material, context["ouvertes"]),
        "fichiers": files_of(dossier, material.attachments),
        "complements": asked,
        "histoire": timeline_of(by=by, dossier=dossier),
        "etapes": (),
        "courante": None,
        "instance": dossier.region.body_name or "instance régionale",
        "retirable": context["redacteur"]
        and can(by, Perm.SUBMIT_LABEL)
        and dossier.state in flow.ABANDONNER.sources,
        "recu": dossier.submitted_at is not None,
    }
    if dossier.submitted_at is not None:
        steps = calendar_of(by, dossier, complements=asked)
        context |= {"etapes": steps, "courante": running(steps)}
    return render(request, "labelling/label/dossier.html", context)


def known_figures(by: Actor, dossier: LabelDossier, ground: Ground) -> list[figures.Figure]:
    """Those frozen at the submission; of a draft, those of today for who writes or follows it."""
    if dossier.figures:
        return figures.from_stored(dossier.figures)
    if dossier.state == DossierState.BROUILLON:
        return figures.figures_of(by=by, territory=dossier.territory, ground=ground)
    return []


def parts_of(dossier: LabelDossier, material: Material, opened: frozenset[str]) -> list[dict[str, Any]]:
    """The six texts in order."""
    found = []
    for number, key in enumerate(LabelSectionKey, 1):
        row = material.sections.get(key)
        found.append(
            {
                "number": number,
                "key": str(key),
                "label": part_label(key),
                "paragraphs": [line for line in (row.text if row else "").split("\n") if line.strip()],
                "saved": row,
                "edit": part_url(dossier, str(key)) if key in opened else "",
            }
        )
    return found


def groups_of(ground: Ground) -> list[dict[str, Any]]:
    """Places of the dossier, by network; those nobody decided of are counted apart."""
    groups = []
    for network in ground.networks:
        rows = [
            {
                "line": line,
                "tone": PROPOSAL_TONES.get(line.row.proposal, ""),
                "outcome_tone": OUTCOME_TONES.get(line.row.outcome, ""),
            }
            for line in ground.lines
            if line.row is not None and (line.site.reseau.code if line.site.reseau else "") == network.code
        ]
        if rows:
            groups.append({"reseau": network, "lignes": rows})
    return groups
