"""Moves of a call and of an application: the tables, and nothing else. The database refuses any other.

An application goes brouillon > déposée > recevable or irrecevable > instruite > avis rendu > décidée >
retenue or non retenue > conventionnée > lieu ouvert (domain § 7). No path reaches a decision without an avis.
"""

from dataclasses import dataclass

from labelling.enums_ami import ApplicationState as S
from labelling.enums_ami import CallState, CoverLevel
from labelling.permissions import Perm


@dataclass(frozen=True)
class Move:
    """One move of an application: from which states, to which, who may, its button and what it does.

    ``told``: the porteur sees this step and its comment at once. The others are told at publication.
    """

    key: str
    sources: tuple[S, ...]
    target: S
    permission: Perm
    label: str
    effect: str
    needs_comment: bool = False
    told: bool = False


DEPOSER = Move(
    "deposer",
    (S.BROUILLON,),
    S.DEPOSEE,
    Perm.SUBMIT_APPLICATION,
    "Déposer le dossier",
    "Le dossier part à la Région. Il ne peut plus être modifié, sauf demande de complément.",
    told=True,
)
RETIRER = Move(
    "retirer",
    (S.BROUILLON, S.DEPOSEE, S.RECEVABLE),
    S.RETIREE,
    Perm.SUBMIT_APPLICATION,
    "Retirer le dossier",
    "Le dossier sort de l’appel. Il reste lisible ; il ne peut plus être déposé.",
    needs_comment=True,
    told=True,
)
ADMETTRE = Move(
    "declarer_recevable",
    (S.DEPOSEE,),
    S.RECEVABLE,
    Perm.INSTRUCT,
    "Déclarer recevable",
    "Le dossier passe à la notation. Le porteur en est prévenu.",
    told=True,
)
REJETER = Move(
    "declarer_irrecevable",
    (S.DEPOSEE,),
    S.IRRECEVABLE,
    Perm.INSTRUCT,
    "Déclarer irrecevable",
    "Le dossier s’arrête ici. Le porteur reçoit les critères non remplis et leurs motifs.",
    needs_comment=True,
    told=True,
)
REVOIR = Move(
    "revoir_recevabilite",
    (S.RECEVABLE, S.IRRECEVABLE),
    S.DEPOSEE,
    Perm.INSTRUCT,
    "Revoir la recevabilité",
    "Le dossier revient à l’examen de recevabilité, tant qu’aucune note n’a été donnée.",
    needs_comment=True,
    told=True,
)
CLORE = Move(
    "clore_instruction",
    (S.RECEVABLE,),
    S.INSTRUITE,
    Perm.INSTRUCT,
    "Clore l’instruction",
    "Les notes deviennent lisibles par la Région et par la commission. Aucune ne peut plus être ajoutée.",
)
RENDRE_AVIS = Move(
    "rendre_avis",
    (S.INSTRUITE,),
    S.AVIS_RENDU,
    Perm.HOLD_SESSION,
    "Enregistrer l’avis",
    "L’avis de la commission est inscrit au dossier. Le porteur le lira à la publication des décisions.",
)
REPRENDRE_AVIS = Move(
    "reprendre_avis",
    (S.AVIS_RENDU,),
    S.INSTRUITE,
    Perm.HOLD_SESSION,
    "Reprendre l’avis",
    "L’avis est retiré, tant que le procès-verbal n’est pas approuvé. Il faudra en rendre un autre.",
    needs_comment=True,
)
DECIDER = Move(
    "decider",
    (S.AVIS_RENDU,),
    S.DECIDEE,
    Perm.DECIDE,
    "Enregistrer la décision",
    "La décision attend sa publication. Le porteur n’en voit rien avant.",
)
RETIRER_DECISION = Move(
    "retirer_decision",
    (S.DECIDEE,),
    S.AVIS_RENDU,
    Perm.DECIDE,
    "Retirer la décision",
    "La décision n’est pas encore publiée : elle est retirée, le dossier attend de nouveau.",
    needs_comment=True,
)
PUBLIER_RETENUE = Move(
    "publier_retenue",
    (S.DECIDEE,),
    S.RETENUE,
    Perm.PUBLISH,
    "Publier",
    "L’avis, la décision et ses motifs deviennent lisibles par le porteur, au même moment pour tous.",
    told=True,
)
PUBLIER_REFUS = Move(
    "publier_non_retenue",
    (S.DECIDEE,),
    S.NON_RETENUE,
    Perm.PUBLISH,
    "Publier",
    PUBLIER_RETENUE.effect,
    told=True,
)
PUBLIER_COMPLEMENT = Move(
    "publier_a_completer",
    (S.DECIDEE,),
    S.AVIS_RENDU,
    Perm.PUBLISH,
    "Publier",
    "Le porteur complète les parties nommées ; la Région décidera de nouveau.",
    told=True,
)
CONVENTIONNER = Move(
    "conventionner",
    (S.RETENUE,),
    S.CONVENTIONNEE,
    Perm.FUND,
    "Inscrire la convention signée",
    "Les versements et les bilans annuels sont datés d’après la convention.",
    told=True,
)
OUVRIR = Move(
    "ouvrir",
    (S.CONVENTIONNEE,),
    S.OUVERTE,
    Perm.FUND,
    "Ouvrir le lieu",
    "Le lieu mutualisé entre dans l’annuaire et dans les suggestions de l’accueil.",
    told=True,
)
DESISTER = Move(
    "desister",
    (S.RETENUE, S.CONVENTIONNEE),
    S.RETIREE,
    Perm.FUND,
    "Enregistrer le désistement",
    "Le montant retenu revient à l’enveloppe. Le bassin n’est plus couvert par ce projet.",
    needs_comment=True,
    told=True,
)
MOVES: dict[str, Move] = {
    m.key: m
    for m in (
        DEPOSER,
        RETIRER,
        ADMETTRE,
        REJETER,
        REVOIR,
        CLORE,
        RENDRE_AVIS,
        REPRENDRE_AVIS,
        DECIDER,
        RETIRER_DECISION,
        PUBLIER_RETENUE,
        PUBLIER_REFUS,
        PUBLIER_COMPLEMENT,
        CONVENTIONNER,
        OUVRIR,
        DESISTER,
    )
}

# What a porteur reads while the avis and the decision are not published: not a word more.
TOLD_STATE: dict[S, S] = {S.INSTRUITE: S.RECEVABLE, S.AVIS_RENDU: S.RECEVABLE, S.DECIDEE: S.RECEVABLE}

COVER: dict[S, CoverLevel] = {
    S.BROUILLON: CoverLevel.BROUILLON,
    S.DEPOSEE: CoverLevel.DEPOSE,
    S.RECEVABLE: CoverLevel.DEPOSE,
    S.INSTRUITE: CoverLevel.DEPOSE,
    S.AVIS_RENDU: CoverLevel.DEPOSE,
    S.DECIDEE: CoverLevel.DEPOSE,
    S.RETENUE: CoverLevel.RETENU,
    S.CONVENTIONNEE: CoverLevel.RETENU,
    S.OUVERTE: CoverLevel.OUVERT,
}

CALL_MOVES: dict[CallState, tuple[CallState, ...]] = {
    CallState.BROUILLON: (CallState.OUVERT,),
    CallState.OUVERT: (CallState.PUBLIE, CallState.ANNULE),
    CallState.PUBLIE: (),
    CallState.ANNULE: (),
}


def call_may(state: str, target: CallState) -> bool:
    """Whether a call in ``state`` may become ``target``."""
    return target in CALL_MOVES[CallState(state)]


def allowed(state: str) -> list[Move]:
    """Moves that leave ``state``, in the order of the table."""
    return [move for move in MOVES.values() if state in move.sources]


def pairs() -> set[tuple[str, str]]:
    """Every (from, to) of the table of applications."""
    return {(str(source), str(move.target)) for move in MOVES.values() for source in move.sources}
