"""Which mail tells which step of the label's procedure, and to whom: tables, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass

from labelling.services.label.recipients import Group

G = Group


@dataclass(frozen=True)
class Notice:
    """One mail of one step: to whom, its subject (``{territoire}``, ``{lieu}``, ``{numero}``), its sentence.

    ``page``: address the mail opens. ``own``: also to the account that made the step.
    """

    to: tuple[Group, ...]
    subject: str
    sentence: str
    page: str = "label_procedure"
    own: bool = False


DOSSIER: Mapping[str, tuple[Notice, ...]] = {
    "deposer": (
        Notice(
            (G.COORDINATORS,),
            "Dossier de label déposé : {territoire}",
            "Le dossier est parti à la préfecture. Il ne change plus, sauf demande de complément.",
            page="label_dossier",
            own=True,
        ),
        Notice(
            (G.STATE,),
            "Dossier de label à recevoir : {territoire}",
            "Un territoire a déposé son dossier. Dites s’il est complet, ou demandez un complément.",
        ),
    ),
    "abandonner": (
        Notice(
            (G.COORDINATORS, G.STATE),
            "Dossier de label retiré : {territoire}",
            "Le territoire a retiré son dossier : la procédure s’arrête ici.",
            page="label_dossier",
        ),
    ),
    "complement_demande": (
        Notice(
            (G.COORDINATORS,),
            "Complément demandé sur votre dossier de label : {territoire}",
            "La préfecture demande un complément. Les parties qu’elle nomme sont rouvertes, et elles"
            " seules ; le délai légal est suspendu jusqu’à votre réponse.",
            page="label_dossier",
        ),
    ),
    "complement_repondu": (
        Notice(
            (G.STATE,),
            "Complément reçu : {territoire}",
            "Le territoire a répondu à la demande de complément. Le délai légal repart.",
        ),
    ),
    "complement_clos": (
        Notice(
            (G.COORDINATORS,),
            "Demande de complément close : {territoire}",
            "La préfecture a clos sa demande de complément : les parties sont refermées.",
            page="label_dossier",
        ),
    ),
    "declarer_complet": (
        Notice(
            (G.COORDINATORS,),
            "Dossier de label complet : {territoire}",
            "La préfecture déclare le dossier complet et le transmettra pour avis.",
        ),
    ),
    "transmettre": (
        Notice(
            (G.COORDINATORS,),
            "Dossier de label transmis pour avis : {territoire}",
            "L’instance régionale a reçu le dossier ; elle a trente jours pour rendre son avis.",
        ),
        Notice(
            (G.ANIMATION,),
            "Avis à rendre sur un label : {territoire}",
            "La préfecture transmet ce dossier pour avis. Enregistrez l’avis dès qu’il est rendu.",
        ),
    ),
    "rendre_avis": (
        Notice(
            (G.COORDINATORS, G.STATE, G.ANIMATION),
            "Avis enregistré sur un label : {territoire}",
            "L’avis de l’instance régionale est enregistré. Le préfet a vingt jours pour décider.",
        ),
    ),
    "accorder": (
        Notice(
            (G.COORDINATORS, G.ANIMATION),
            "Label accordé : {territoire}",
            "Le préfet a décidé. L’acte dit ce que devient chaque lieu ; les certificats suivent.",
            page="label_decision",
        ),
        # A place may have become a partner, or lost its label: its subject promises nothing.
        Notice(
            (G.PLACES,),
            "Décision du préfet sur le label : {territoire}",
            "Le préfet a décidé. Lisez ce que devient votre lieu ; s’il est labellisé, son certificat suit.",
            page="label_decision",
        ),
    ),
    "refuser": (
        Notice(
            (G.COORDINATORS, G.ANIMATION),
            "Label refusé : {territoire}",
            "Le préfet a décidé de ne pas accorder le label. L’acte en dit les motifs.",
            page="label_decision",
        ),
    ),
}
WITHDRAWAL: Mapping[str, tuple[Notice, ...]] = {
    "engager": (
        Notice(
            (G.COORDINATORS, G.PLACES),
            "Retrait de label engagé : {lieu}",
            "La préfecture engage le retrait du label de ce lieu. Vous avez trente jours pour"
            " présenter vos observations.",
        ),
    ),
    "observer": (
        Notice(
            (G.STATE,),
            "Observations reçues : {lieu}",
            "Le lieu a présenté ses observations sur le retrait de son label.",
        ),
    ),
    "demander_avis": (
        Notice(
            (G.ANIMATION,),
            "Avis à rendre sur un retrait : {lieu}",
            "La préfecture demande l’avis de l’instance régionale, qui a trente jours pour le rendre.",
        ),
        Notice(
            (G.COORDINATORS, G.PLACES),
            "Retrait de label, avis demandé : {lieu}",
            "La préfecture a demandé l’avis de l’instance régionale, qui a trente jours pour le rendre.",
        ),
    ),
    "rendre_avis": (
        Notice(
            (G.STATE, G.COORDINATORS, G.PLACES),
            "Retrait de label, avis enregistré : {lieu}",
            "L’avis est enregistré. Le préfet a trente jours pour notifier sa décision.",
        ),
    ),
    "retirer": (
        Notice(
            (G.COORDINATORS, G.PLACES, G.ANIMATION),
            "Label retiré : {lieu}",
            "Le préfet retire le label de ce lieu. Après le dernier jour du label, la plaque et l’affiche"
            " sont à retirer.",
        ),
    ),
    "maintenir": (
        Notice(
            (G.COORDINATORS, G.PLACES, G.ANIMATION),
            "Label maintenu : {lieu}",
            "Le préfet maintient le label de ce lieu. La procédure s’arrête ici.",
        ),
    ),
    "renoncer": (
        Notice(
            (G.COORDINATORS, G.PLACES),
            "Label maintenu : {lieu}",
            "La préfecture renonce au retrait. La procédure s’arrête ici.",
        ),
    ),
    "renoncer_apres": (
        Notice(
            (G.COORDINATORS, G.PLACES, G.ANIMATION),
            "Label maintenu : {lieu}",
            "La préfecture renonce au retrait. La procédure s’arrête ici.",
        ),
    ),
}
