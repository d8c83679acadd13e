"""Moves of a label dossier and of a withdrawal: the tables, and nothing else. The database refuses any other.

Complete dossier > the préfet transmits within 8 days > avis within 30 days > decision within 20 days >
label for five years (domain § 6; Code du travail R. 6111-3 to -5). Withdrawal: observations, avis,
notification, 30 days each.
"""

from dataclasses import dataclass

from labelling.enums_label import DossierState as S
from labelling.enums_label import WithdrawalState as W
from labelling.permissions import Perm

# Days of the legal clock, Europe/Paris, counted from the day after.
DAYS_TO_TRANSMIT = 8
DAYS_FOR_AVIS = 30
DAYS_TO_DECIDE = 20
DAYS_OF_WITHDRAWAL = 30
# A renewal is asked three months before the end.
RENEWAL_MONTHS = 3


@dataclass(frozen=True)
class Move:
    """One move: from which states, to which, who may, its button and what it does.

    ``stamp``: the date of the dossier this move writes. ``clock``: refused while a complement is open.
    """

    key: str
    sources: tuple[S, ...]
    target: S
    permission: Perm
    label: str
    effect: str
    stamp: str = ""
    needs_comment: bool = False
    clock: bool = True


DEPOSER = Move(
    "deposer",
    (S.BROUILLON,),
    S.DEPOSE,
    Perm.SUBMIT_LABEL,
    "Déposer auprès du préfet",
    "Le dossier part à la préfecture. Il ne change plus, sauf demande de complément.",
    stamp="submitted_at",
)
ABANDONNER = Move(
    "abandonner",
    (S.BROUILLON, S.DEPOSE, S.COMPLET, S.TRANSMIS, S.AVIS_RENDU),
    S.ABANDONNE,
    Perm.SUBMIT_LABEL,
    "Retirer le dossier",
    "Le dossier s’arrête ici et reste lisible. Le territoire pourra en ouvrir un autre.",
    needs_comment=True,
    clock=False,
)
DECLARER_COMPLET = Move(
    "declarer_complet",
    (S.DEPOSE,),
    S.COMPLET,
    Perm.INSTRUCT_LABEL,
    "Déclarer le dossier complet",
    "Le délai de huit jours pour le transmettre commence.",
    stamp="complete_at",
)
TRANSMETTRE = Move(
    "transmettre",
    (S.COMPLET,),
    S.TRANSMIS,
    Perm.INSTRUCT_LABEL,
    "Transmettre pour avis",
    "L’instance régionale a trente jours pour rendre son avis.",
    stamp="transmitted_at",
)
RENDRE_AVIS = Move(
    "rendre_avis",
    (S.TRANSMIS,),
    S.AVIS_RENDU,
    Perm.RECORD_LABEL_AVIS,
    "Enregistrer l’avis",
    "Le préfet a vingt jours pour décider.",
    stamp="avis_at",
)
ACCORDER = Move(
    "accorder",
    (S.AVIS_RENDU,),
    S.ACCORDE,
    Perm.DECIDE_LABEL,
    "Accorder le label",
    "Chaque lieu prend sa situation à la date de la décision : annuaire, carte et chiffres suivent.",
    stamp="decided_at",
)
REFUSER = Move(
    "refuser",
    (S.AVIS_RENDU,),
    S.REFUSE,
    Perm.DECIDE_LABEL,
    "Refuser le label",
    "Le dossier s’arrête ici. Le territoire lit les motifs et pourra en ouvrir un autre.",
    stamp="decided_at",
)
MOVES: dict[str, Move] = {
    m.key: m for m in (DEPOSER, ABANDONNER, DECLARER_COMPLET, TRANSMETTRE, RENDRE_AVIS, ACCORDER, REFUSER)
}


def allowed(state: str) -> list[Move]:
    """Moves that leave ``state``, in the order of the table."""
    return [move for move in MOVES.values() if state in move.sources]


def pairs() -> set[tuple[str, str]]:
    """Every (from, to) of the table of dossiers."""
    return {(str(source), str(move.target)) for move in MOVES.values() for source in move.sources}


@dataclass(frozen=True)
class WithdrawalMove:
    """One move of a withdrawal."""

    key: str
    source: W
    target: W
    permission: Perm
    label: str
    effect: str


DEMANDER_AVIS = WithdrawalMove(
    "demander_avis",
    W.OBSERVATIONS,
    W.AVIS,
    Perm.DECIDE_LABEL,
    "Demander l’avis",
    "L’instance régionale a trente jours pour rendre son avis.",
)
RENDRE_AVIS_RETRAIT = WithdrawalMove(
    "rendre_avis",
    W.AVIS,
    W.NOTIFICATION,
    Perm.RECORD_LABEL_AVIS,
    "Enregistrer l’avis",
    "Le préfet a trente jours pour notifier sa décision.",
)
RETIRER = WithdrawalMove(
    "retirer",
    W.NOTIFICATION,
    W.RETIRE,
    Perm.DECIDE_LABEL,
    "Retirer le label",
    "Le label de ce lieu prend fin à la date choisie.",
)
MAINTENIR = WithdrawalMove(
    "maintenir",
    W.NOTIFICATION,
    W.MAINTENU,
    Perm.DECIDE_LABEL,
    "Maintenir le label",
    "La procédure s’arrête ici, le label continue.",
)
RENONCER = WithdrawalMove(
    "renoncer",
    W.OBSERVATIONS,
    W.MAINTENU,
    Perm.DECIDE_LABEL,
    "Renoncer au retrait",
    "La procédure s’arrête ici, le label continue.",
)
RENONCER_APRES = WithdrawalMove(
    "renoncer_apres",
    W.AVIS,
    W.MAINTENU,
    Perm.DECIDE_LABEL,
    "Renoncer au retrait",
    "La procédure s’arrête ici, le label continue.",
)
WITHDRAWAL_MOVES: dict[str, WithdrawalMove] = {
    m.key: m for m in (DEMANDER_AVIS, RENDRE_AVIS_RETRAIT, RETIRER, MAINTENIR, RENONCER, RENONCER_APRES)
}


def withdrawal_pairs() -> set[tuple[str, str]]:
    return {(str(move.source), str(move.target)) for move in WITHDRAWAL_MOVES.values()}
