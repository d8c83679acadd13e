"""What every page of a file shows above its own: title, porteur, bassin, state, deadline, parts."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from labelling.enums_ami import ApplicationState, PartKey
from labelling.models import AmiApplication, AmiComplement
from labelling.services import clock, moves
from labelling.services.completeness import BUDGET, IDENTITY, PARTNERS, Completeness, completeness_of
from labelling.services.dossier import Material, material_of
from labelling.services.parts import open_complement, open_parts
from territories.access import Actor

TONES = {
    ApplicationState.BROUILLON: "info",
    ApplicationState.DEPOSEE: "info",
    ApplicationState.RECEVABLE: "info",
    ApplicationState.IRRECEVABLE: "error",
    ApplicationState.RETENUE: "ok",
    ApplicationState.CONVENTIONNEE: "ok",
    ApplicationState.OUVERTE: "ok",
    ApplicationState.NON_RETENUE: "error",
}
FILES, SUBMIT = str(PartKey.PIECES), "deposer"


@dataclass(frozen=True)
class Tab:
    """One stop of the bar; ``mark`` is « fait », « en cours » or nothing, ``count`` what is done of it."""

    label: str
    url: str
    current: bool
    mark: str = ""
    count: str = ""


def part_url(application: AmiApplication, part: str, screen: str = "partie", anchor: str = "") -> str:
    """Where a part is written."""
    if screen == BUDGET:
        url = reverse("ami_budget", args=[application.pk])
    elif screen == PARTNERS:
        url = reverse("ami_partenaires", args=[application.pk])
    elif screen == IDENTITY:
        url = reverse("ami_identite", args=[application.pk])
    else:
        url = reverse("ami_partie", args=[application.pk, part])
    return f"{url}#{anchor}" if anchor else url


def head_context(
    actor: Actor,
    application: AmiApplication,
    current: str = "",
    *,
    material: Material | None = None,
) -> dict[str, Any]:
    """Context of ``partials/_entete_dossier.html`` and ``_parties.html``.

    ``current``: the part shown (``PartKey``, « budget », « partenaires », « identite », « deposer »). Give
    ``material`` when the page has read the file already.
    """
    opened = open_parts(actor, application)
    context: dict[str, Any] = {
        "dossier": application,
        "etat": moves.state_words(actor, application),
        "ton": TONES.get(moves.told_state(actor, application), ""),
        "ouvertes": opened,
        "complement": None,
        "onglets": [],
        "avancement": None,
        "clos": False,
        "page_dossier": current == "",
    }
    if application.state == ApplicationState.BROUILLON:
        context["clos"] = is_over(application)
    if not opened:
        return context
    found = completeness_of(material or material_of(by=actor, application=application))
    asked = None if application.state == ApplicationState.BROUILLON else open_complement(actor, application)
    return context | {
        "complement": asked,
        "avancement": found,
        "onglets": _tabs(application, found, opened, asked, current),
    }


def is_over(application: AmiApplication) -> bool:
    """The deadline is past by the database's clock: within its last second is in time."""
    closes = application.call.closes_at
    return closes is not None and clock.now().replace(microsecond=0) > closes.replace(microsecond=0)


def is_open_part(step: str, opened: frozenset[str]) -> bool:
    """The budget goes with « fonctionnement »; the identity with the whole draft or with « gestion »."""
    if step == BUDGET:
        return str(PartKey.FONCTIONNEMENT) in opened
    if step == IDENTITY:
        return str(PartKey.GESTION) in opened
    return step in opened


def _tabs(
    application: AmiApplication,
    found: Completeness,
    opened: frozenset[str],
    asked: AmiComplement | None,
    current: str,
) -> list[Tab]:
    shown = str(PartKey.CONTRIBUTIONS) if current == PARTNERS else current
    tabs = [Tab("Le dossier", reverse("ami_dossier", args=[application.pk]), current == "")]
    for step in found.steps:
        if is_open_part(step.key, opened):
            mark = "fait" if step.complete else "en cours" if step.started else ""
            count = "" if step.complete or step.asked == 1 else f"{step.done}/{step.asked}"
            url = part_url(application, step.key, step.screen)
            tabs.append(Tab(step.label, url, step.key == shown, mark, count))
    if FILES in opened:
        tabs.append(Tab("Pièces", part_url(application, FILES), current == FILES))
    if asked is not None:
        url = reverse("ami_repondre_complement", args=[application.pk])
        tabs.append(Tab("Réponse", url, current == "repondre"))
    elif application.state == ApplicationState.BROUILLON:
        tabs.append(Tab("Dépôt", reverse("ami_deposer", args=[application.pk]), current == SUBMIT))
    return tabs
