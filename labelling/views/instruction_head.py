"""Head of the pages of the instruction: that of the file, and a bar from one step to the next."""

from typing import Any

from django.urls import NoReverseMatch, reverse

from labelling.enums_ami import ApplicationState
from labelling.models import AmiApplication
from labelling.permissions import Perm
from labelling.views.dossier_head import head_context
from territories.access import Actor, can

# (key, words, address, right): in the order of the work.
STEPS = (
    ("", "Le dossier", "ami_dossier", Perm.READ_APPLICATION),
    ("recevabilite", "Recevabilité", "ami_recevabilite", Perm.INSTRUCT),
    ("complement", "Compléments", "ami_complement", Perm.INSTRUCT),
    ("noteurs", "Noteurs et notes", "ami_noteurs", Perm.INSTRUCT),
    ("decision", "Fiche de décision", "ami_decision", Perm.DECIDE),
)


def instruction_context(by: Actor, application: AmiApplication, current: str) -> dict[str, Any]:
    """Context of the file's head and of ``partials/_instruction_onglets.html``."""
    return {**head_context(by, application, current), "etapes": steps_of(by, application, current)}


def steps_of(by: Actor, application: AmiApplication, current: str = "") -> list[tuple[str, str, bool]]:
    """(words, address, here); nothing for who has only one page to go to."""
    found: list[tuple[str, str, bool]] = []
    if application.state == ApplicationState.BROUILLON:
        return found
    for key, words, name, permission in STEPS:
        if not can(by, permission):
            continue
        try:
            found.append((words, reverse(name, args=[application.pk]), key == current))
        except NoReverseMatch:
            continue
    return found if len(found) > 1 else []
