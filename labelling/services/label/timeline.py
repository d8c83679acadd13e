"""What happened to a label dossier or to a withdrawal, in the order of time."""

from collections.abc import Sequence
from dataclasses import dataclass

from labelling.enums_label import DossierState, WithdrawalState
from labelling.models import LabelDossier, LabelStep, LabelWithdrawal, LabelWithdrawalStep
from territories.access import Actor

# Key of a step, in words. A step of the table of moves and one without change of state share this list.
SENTENCES: dict[str, str] = {
    "ouvrir": "Dossier commencé",
    "deposer": "Dossier déposé auprès du préfet",
    "abandonner": "Dossier retiré par le territoire",
    "declarer_complet": "Dossier déclaré complet",
    "transmettre": "Dossier transmis pour avis",
    "rendre_avis": "Avis enregistré",
    "accorder": "Label accordé",
    "refuser": "Label refusé",
    "complement_demande": "Complément demandé : le délai est suspendu",
    "complement_repondu": "Complément envoyé : le délai repart",
    "complement_clos": "Demande de complément close : le délai repart",
}
WITHDRAWAL_SENTENCES: dict[str, str] = {
    "engager": "Retrait engagé",
    "observer": "Observations du lieu reçues",
    "demander_avis": "Avis demandé",
    "rendre_avis": "Avis enregistré",
    "retirer": "Label retiré",
    "maintenir": "Label maintenu",
    "renoncer": "Retrait abandonné par la préfecture",
    "renoncer_apres": "Retrait abandonné par la préfecture",
}


@dataclass(frozen=True)
class Event:
    """One line of the timeline."""

    step: LabelStep | LabelWithdrawalStep
    words: str
    last: bool = False


def timeline_of(*, by: Actor, dossier: LabelDossier) -> list[Event]:
    """Steps of a dossier, the oldest first."""
    rows = LabelStep.objects.visible_to(by).filter(dossier=dossier).order_by("at", "pk")
    return _events(list(rows), SENTENCES, DossierState)


def withdrawal_timeline(*, by: Actor, row: LabelWithdrawal) -> list[Event]:
    rows = LabelWithdrawalStep.objects.visible_to(by).filter(withdrawal=row).order_by("at", "pk")
    return _events(list(rows), WITHDRAWAL_SENTENCES, WithdrawalState)


def _events(
    rows: Sequence[LabelStep | LabelWithdrawalStep],
    words: dict[str, str],
    states: type[DossierState] | type[WithdrawalState],
) -> list[Event]:
    return [
        Event(row, words.get(row.key) or str(states(row.to_state).label), number == len(rows))
        for number, row in enumerate(rows, 1)
    ]
