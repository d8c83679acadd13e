"""Rights over the labels (domain § 6) and over the calls for interest (domain § 7).

A right opens the kind of act; which files it reaches is the business of ``visible_to``: a role that may write
applications writes those of its organisation, or those it was named on.
"""

from enum import StrEnum

from territories import access
from territories.enums import Role
from territories.permissions import STAFF


class Perm(StrEnum):
    READ_LABELS = "labelling.read_labels"
    RECORD_LABEL = "labelling.record_label"
    READ_CALLS = "labelling.read_calls"
    WRITE_CALL = "labelling.write_call"
    ASK_QUESTION = "labelling.ask_question"
    INVITE_PORTEUR = "labelling.invite_porteur"
    READ_APPLICATION = "labelling.read_application"
    WRITE_APPLICATION = "labelling.write_application"
    SUBMIT_APPLICATION = "labelling.submit_application"
    SHARE_APPLICATION = "labelling.share_application"
    LIST_FILES = "labelling.list_files"
    INSTRUCT = "labelling.instruct"
    SCORE = "labelling.score"
    READ_SESSION = "labelling.read_session"
    HOLD_SESSION = "labelling.hold_session"
    APPROVE_MINUTES = "labelling.approve_minutes"
    DECIDE = "labelling.decide"
    PUBLISH = "labelling.publish"
    READ_COVERAGE = "labelling.read_coverage"
    FUND = "labelling.fund"
    READ_FOLLOW_UP = "labelling.read_follow_up"
    WRITE_FOLLOW_UP = "labelling.write_follow_up"
    SEE_TODO = "labelling.see_todo"
    OPEN_TODO = "labelling.open_todo"
    FOLLOW_CALLS = "labelling.follow_calls"
    KEEP_FILES = "labelling.keep_files"
    FOLLOW_PLACES = "labelling.follow_places"
    READ_LABEL_DOSSIER = "labelling.read_label_dossier"
    WRITE_LABEL_DOSSIER = "labelling.write_label_dossier"
    SUBMIT_LABEL = "labelling.submit_label"
    INSTRUCT_LABEL = "labelling.instruct_label"
    RECORD_LABEL_AVIS = "labelling.record_label_avis"
    DECIDE_LABEL = "labelling.decide_label"
    READ_CONVENTION = "labelling.read_convention"
    WRITE_CONVENTION = "labelling.write_convention"
    READ_WITHDRAWAL = "labelling.read_withdrawal"
    READ_PARTNERS = "labelling.read_partners"
    KEEP_PARTNERS = "labelling.keep_partners"
    READ_LABEL_COVERAGE = "labelling.read_label_coverage"
    ANSWER_WITHDRAWAL = "labelling.answer_withdrawal"
    READ_KIT = "labelling.read_kit"


ALL_BUT_PLATFORM = tuple(role for role in Role if role != Role.ADMINISTRATEUR)
REGION = (Role.REGION,)
PORTEUR = (Role.PORTEUR,)

access.declare(Perm.READ_LABELS, "Lire les labels des lieux", STAFF)
# By its acts; what was decided before the portal is loaded by the system.
access.declare(Perm.RECORD_LABEL, "Noter la décision de label d’un lieu", (Role.PREFECTURE,))
access.declare(Perm.READ_CALLS, "Lire les appels à manifestation d’intérêt", ALL_BUT_PLATFORM)
access.declare(Perm.WRITE_CALL, "Écrire un appel à manifestation d’intérêt", REGION)
access.declare(Perm.ASK_QUESTION, "Poser une question sur un appel", PORTEUR)
access.declare(Perm.INVITE_PORTEUR, "Inviter des porteurs et des membres de commission", REGION)
access.declare(Perm.READ_APPLICATION, "Lire les dossiers qui vous sont ouverts", ALL_BUT_PLATFORM)
access.declare(Perm.WRITE_APPLICATION, "Écrire les dossiers qui vous sont ouverts", ALL_BUT_PLATFORM)
access.declare(Perm.SUBMIT_APPLICATION, "Ouvrir, déposer ou retirer un dossier", PORTEUR)
access.declare(Perm.SHARE_APPLICATION, "Nommer des corédacteurs", PORTEUR)
access.declare(
    Perm.LIST_FILES,
    "Lire la liste des dossiers d’un appel",
    (Role.REGION, Role.MEMBRE_COMMISSION, Role.CHARGE_MISSION),
)
access.declare(Perm.INSTRUCT, "Instruire les dossiers", REGION)
access.declare(Perm.SCORE, "Noter les dossiers qui vous sont confiés", (Role.REGION, Role.CHARGE_MISSION))
access.declare(Perm.READ_SESSION, "Lire les séances de commission", (Role.REGION, Role.MEMBRE_COMMISSION))
access.declare(Perm.HOLD_SESSION, "Tenir les séances de commission", REGION)
access.declare(Perm.APPROVE_MINUTES, "Approuver le procès-verbal", (Role.MEMBRE_COMMISSION,))
access.declare(Perm.DECIDE, "Décider des dossiers", REGION)
access.declare(Perm.PUBLISH, "Publier les décisions", REGION)
access.declare(
    Perm.READ_COVERAGE,
    "Lire la couverture des bassins",
    (Role.REGION, Role.ANIMATION, Role.MEMBRE_COMMISSION),
)
access.declare(Perm.FUND, "Conventionner et ouvrir les lieux", REGION)
access.declare(
    Perm.READ_FOLLOW_UP,
    "Lire le suivi des lieux mutualisés",
    (
        Role.REGION,
        Role.ANIMATION,
        Role.CHARGE_MISSION,
        Role.COORDINATEUR,
        Role.MEMBRE_COMMISSION,
        Role.PORTEUR,
    ),
)
access.declare(Perm.WRITE_FOLLOW_UP, "Écrire le bilan d’un lieu mutualisé", PORTEUR)
access.declare(Perm.SEE_TODO, "Voir ce qui reste à faire", ALL_BUT_PLATFORM)
# Entries of the menu: those whose work the calls are. Whoever is named on one file opens its link.
access.declare(
    Perm.FOLLOW_CALLS,
    "Suivre les appels à manifestation d’intérêt",
    (Role.REGION, Role.CHARGE_MISSION, Role.MEMBRE_COMMISSION, Role.PORTEUR),
)
access.declare(
    Perm.OPEN_TODO,
    "Trouver « À faire » dans le menu",
    (
        Role.REGION,
        Role.CHARGE_MISSION,
        Role.MEMBRE_COMMISSION,
        Role.PORTEUR,
        Role.REFERENT,
        Role.COORDINATEUR,
        Role.PREFECTURE,
    ),
)
access.declare(Perm.KEEP_FILES, "Retrouver ses dossiers", (Role.PORTEUR, Role.CHARGE_MISSION))
access.declare(
    Perm.FOLLOW_PLACES,
    "Suivre les lieux mutualisés",
    (Role.ANIMATION, Role.CHARGE_MISSION, Role.COORDINATEUR),
)
# The label of the State (domain § 6): the territory asks, the préfet decides, the instance régionale advises.
LABEL_READERS = (
    Role.REFERENT,
    Role.COORDINATEUR,
    Role.CHARGE_MISSION,
    Role.ANIMATEUR_ETAT,
    Role.ANIMATION,
    Role.PREFECTURE,
    Role.REGION,
)
access.declare(Perm.READ_LABEL_DOSSIER, "Lire les dossiers de label", LABEL_READERS)
access.declare(Perm.WRITE_LABEL_DOSSIER, "Écrire le dossier de label du territoire", (Role.COORDINATEUR,))
access.declare(Perm.SUBMIT_LABEL, "Déposer ou retirer le dossier de label", (Role.COORDINATEUR,))
access.declare(Perm.INSTRUCT_LABEL, "Recevoir et transmettre les dossiers de label", (Role.PREFECTURE,))
access.declare(
    Perm.RECORD_LABEL_AVIS, "Enregistrer l’avis sur un label", (Role.ANIMATION, Role.PREFECTURE)
)
access.declare(Perm.DECIDE_LABEL, "Décider d’un label ou le retirer", (Role.PREFECTURE,))
access.declare(Perm.READ_CONVENTION, "Lire les conventions multipartites", LABEL_READERS)
access.declare(
    Perm.WRITE_CONVENTION, "Écrire la convention multipartite et la faire signer", (Role.COORDINATEUR,)
)
access.declare(Perm.READ_LABEL_COVERAGE, "Lire la couverture des territoires par le label", LABEL_READERS)
access.declare(Perm.READ_WITHDRAWAL, "Lire les retraits de label", LABEL_READERS)
access.declare(
    Perm.ANSWER_WITHDRAWAL,
    "Présenter des observations sur un retrait",
    (Role.REFERENT, Role.COORDINATEUR),
)
access.declare(Perm.READ_PARTNERS, "Lire les partenaires associés", STAFF)
access.declare(
    Perm.KEEP_PARTNERS, "Tenir les partenaires associés du territoire", (Role.COORDINATEUR,)
)
access.declare(
    Perm.READ_KIT,
    "Imprimer la plaque, l’affiche et le dépliant d’un lieu",
    (Role.REFERENT, Role.COORDINATEUR, Role.ANIMATION, Role.PREFECTURE, Role.REGION),
)
