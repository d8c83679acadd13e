"""A file as every reader sees it: the seven contents in order, and what happened to it."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from labelling.enums_ami import ApplicationState, PartKey, SectionKey
from labelling.models import AmiApplication, AmiComplement, AmiDecision, AmiEligibility, Avis
from labelling.permissions import Perm
from labelling.services import moves
from labelling.services.dossier import Material, material_of
from labelling.services.letters import letters_of
from labelling.services.next_step import next_step
from labelling.services.timeline import timeline_of
from labelling.views.after_head import tabs_of
from labelling.views.dossier_files import files_context
from labelling.views.dossier_head import head_context, is_open_part, part_url
from labelling.views.dossier_part import readable_file
from labelling.views.instruction_head import steps_of
from labelling.workflows import ami as flow
from spo_portal.kernel.typography import DAYS
from territories import hours
from territories.access import Actor, can, guarded
from territories.views.week import day_words, ribbon_of


@guarded(Perm.READ_APPLICATION)
@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The whole file on one page, with the next thing its reader has to do."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    application = readable_file(by, pk)
    material = material_of(by=by, application=application)
    context = head_context(by, application, material=material)
    step = next_step(by=by, application=application, found=context["avancement"], late=context["clos"])
    after = tabs_of(by, application, "ami_dossier")
    own = application.organisation_id in by.scope.body and can(by, Perm.SUBMIT_APPLICATION)
    context |= {
        "material": material,
        "apres_onglets": after,
        "etapes": [] if after else steps_of(by, application),
        "parties": parts_of(application, material, context["ouvertes"]),
        "budget": material.budget,
        "semaine": week_context(material),
        "suite": step,
        "suite_url": url_of(step.url_name, application.pk) if step else "",
        "evenements": timeline_of(by=by, application=application),
        "complements": list(
            AmiComplement.objects.visible_to(by).filter(application=application).order_by("asked_at", "pk")
        ),
        "porteur": own,
        "recu": own and application.submitted_at is not None,
        # By the state it is told: a link that goes would say that the instruction is over.
        "retirable": own and moves.told_state(by, application) in flow.RETIRER.sources,
        **files_context(by, application, material),
        **outcome_of(by, application),
    }
    return render(request, "labelling/dossier.html", context)


def url_of(name: str, pk: int) -> str:
    """The address of a page of the file; nothing for a step that has none."""
    try:
        return reverse(name, args=[pk]) if name else ""
    except NoReverseMatch:
        return ""


def parts_of(application: AmiApplication, material: Material, opened: frozenset[str]) -> list[dict[str, Any]]:
    """The seven contents in the order of the text, with what goes with each."""
    found = []
    for number, key in enumerate(SectionKey, 1):
        row = material.sections.get(key)
        found.append(
            {
                "number": number,
                "key": str(key),
                "label": key.label,
                "paragraphs": [line for line in (row.text if row else "").split("\n") if line.strip()],
                "saved": row,
                "edit": part_url(application, str(key)) if is_open_part(str(key), opened) else "",
            }
        )
    return found


def week_context(material: Material) -> dict[str, Any] | None:
    """The week of the place: a ribbon by day, opening and walk-in time, the share (told, never asked)."""
    place = material.place
    if place is None or not place.week.slots:
        return None
    week = place.week
    return {
        "days": [
            {"name": DAYS[day].capitalize(), "ribbon": ribbon_of(week, day), "words": day_words(week, day)}
            for day in range(7)
        ],
        "sentence": hours.sentence_week(week),
        "opening": hours.opening_minutes(week),
        "walk_in": hours.walk_in_minutes(week),
        "share": hours.walk_in_share(week),
    }


def outcome_of(by: Actor, application: AmiApplication) -> dict[str, Any]:
    """Findings, avis, decision and letters, once this reader may know them."""
    unmet = AmiEligibility.objects.visible_to(by).filter(application=application, met=False)
    decisions = AmiDecision.objects.visible_to(by).filter(
        application=application, superseded_at=None, published_at__isnull=False
    )
    avis = Avis.objects.visible_to(by).filter(application=application, published_at__isnull=False)
    refused = application.state == ApplicationState.IRRECEVABLE
    return {
        "non_remplis": list(unmet.select_related("criterion").order_by("criterion__position"))
        if refused
        else [],
        "decision": decisions.first(),
        "avis": avis.first(),
        "lettres": [one for one in letters_of(by, application) if one.published_at],
        "criteres_edit": str(PartKey.CRITERES),
    }
