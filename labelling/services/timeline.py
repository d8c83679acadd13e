"""What happened to a file, in the order of time, as far as the reader may know it."""

from dataclasses import dataclass

from labelling.enums_ami import ApplicationState
from labelling.models import AmiApplication, AmiStep
from territories.access import Actor

# Key of a step, in words. A step of the table of moves and one without change of state share this list.
SENTENCES: dict[str, str] = {
    "creer": "Dossier commencé",
    "deposer": "Dossier déposé",
    "retirer": "Dossier retiré par le porteur",
    "declarer_recevable": "Dossier déclaré recevable",
    "declarer_irrecevable": "Dossier déclaré irrecevable",
    "revoir_recevabilite": "Recevabilité revue",
    "clore_instruction": "Instruction close",
    "rendre_avis": "Avis de la commission enregistré",
    "reprendre_avis": "Avis repris",
    "decider": "Décision enregistrée",
    "retirer_decision": "Décision retirée avant publication",
    "publier_retenue": "Décision publiée : projet retenu",
    "publier_non_retenue": "Décision publiée : projet non retenu",
    "publier_a_completer": "Décision publiée : dossier à compléter",
    "conventionner": "Convention signée",
    "ouvrir": "Lieu ouvert",
    "desister": "Désistement enregistré",
    "bilan_remis": "Bilan annuel remis",
    "bilan_valide": "Bilan annuel validé par la Région",
    "bilan_a_reprendre": "Bilan annuel renvoyé par la Région",
    "publicite_deposee": "Preuve de publicité déposée",
    "publicite_retiree": "Preuve de publicité retirée par le porteur",
    "publicite_acceptee": "Preuve de publicité acceptée",
    "publicite_refusee": "Preuve de publicité refusée",
    "noteur_confie": "Dossier confié à un noteur",
    "noteur_retire": "Dossier retiré à un noteur",
    "note_donnee": "Note donnée",
    "abstention": "Abstention d’un noteur",
    "recusation": "Récusation d’un noteur",
    "complement_demande": "Complément demandé",
    "complement_repondu": "Complément envoyé",
    "complement_clos": "Demande de complément close",
    "rectificatif": "Rectificatif de l’appel",
    "report_limite": "Date limite de l’appel reportée",
    "appel_annule": "Appel annulé",
    "partenaire_repond": "Réponse d’un partenaire",
}


@dataclass(frozen=True)
class Event:
    """One line of the timeline."""

    step: AmiStep
    words: str
    last: bool = False


def timeline_of(*, by: Actor, application: AmiApplication) -> list[Event]:
    """Steps the reader may know, the oldest first."""
    rows = list(AmiStep.objects.visible_to(by).filter(application=application).order_by("at", "pk"))
    return [Event(step, words_of(step), number == len(rows)) for number, step in enumerate(rows, 1)]


def words_of(step: AmiStep) -> str:
    """The sentence of a step; the name of the state it led to when nobody wrote one."""
    return SENTENCES.get(step.key) or str(ApplicationState(step.to_state).label)
