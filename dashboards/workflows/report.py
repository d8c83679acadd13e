"""Moves of the annual report: the table, and nothing else. The database refuses any other (trigger).

ouvert > complété > signé par le CTT > transmis > synthétisé (domain § 8). Before the signature it may be
opened again; after it, a correction opens it again with a reason, and the next signature makes a new version.
"""

from dataclasses import dataclass

from dashboards.enums_report import ReportState
from dashboards.permissions import Perm


@dataclass(frozen=True)
class Move:
    """One move: from which states, to which, who may, the words of its button and what it does."""

    key: str
    sources: tuple[ReportState, ...]
    target: ReportState
    permission: Perm
    label: str
    effect: str


COMPLETE = Move(
    "completer",
    (ReportState.OUVERT,),
    ReportState.COMPLETE,
    Perm.WRITE_REPORT,
    "Marquer comme complété",
    "Les commentaires et les annexes ne changent plus. Le comité technique territorial peut relire "
    "le rapport. "
    "Vous pourrez le rouvrir tant qu’il n’est pas signé.",
)
REOPEN = Move(
    "rouvrir",
    (ReportState.COMPLETE,),
    ReportState.OUVERT,
    Perm.WRITE_REPORT,
    "Rouvrir le rapport",
    "Les commentaires et les annexes peuvent de nouveau être modifiés. Rien n’est perdu.",
)
SIGN = Move(
    "signer",
    (ReportState.COMPLETE,),
    ReportState.SIGNE,
    Perm.SIGN_REPORT,
    "Inscrire la signature du CTT",
    "Le rapport est figé avec les chiffres du moment : une version numérotée, avec son empreinte, que plus "
    "personne ne peut modifier. Une erreur vue ensuite se corrige par une nouvelle version.",
)
TRANSMIT = Move(
    "transmettre",
    (ReportState.SIGNE,),
    ReportState.TRANSMIS,
    Perm.TRANSMIT_REPORT,
    "Transmettre à la région",
    "L’animation régionale reprend le rapport signé dans la synthèse régionale présentée à "
    "l’instance régionale.",
)
SYNTHESISE = Move(
    "synthetiser",
    (ReportState.TRANSMIS,),
    ReportState.SYNTHETISE,
    Perm.SYNTHESISE,
    "Reprendre dans la synthèse",
    "Le rapport est repris dans la synthèse régionale figée.",
)
CORRECT = Move(
    "corriger",
    (ReportState.SIGNE, ReportState.TRANSMIS, ReportState.SYNTHETISE),
    ReportState.OUVERT,
    Perm.WRITE_REPORT,
    "Corriger par une nouvelle version",
    "La version signée reste lisible et reste en vigueur. Le rapport se rouvre ; il devra être "
    "complété, signé "
    "par le CTT et transmis de nouveau.",
)
MOVES: dict[str, Move] = {m.key: m for m in (COMPLETE, REOPEN, SIGN, TRANSMIT, SYNTHESISE, CORRECT)}


def allowed(state: str) -> list[Move]:
    """Moves that leave ``state``, in the order of the table."""
    return [move for move in MOVES.values() if state in move.sources]


def pairs() -> set[tuple[str, str]]:
    """Every (from, to) of the table."""
    return {(str(source), str(move.target)) for move in MOVES.values() for source in move.sources}
