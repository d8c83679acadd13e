"""Versions of a draft: what each save changed, in the words of the reader."""

import datetime
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from labelling.models import AmiCall, AmiCallVersion
from labelling.services import moments
from spo_portal.kernel.typography import NBSP, NNBSP, euros, join
from territories.access import Actor

LABELS: Mapping[str, str] = {
    "titre": "Titre",
    "adresse": "Adresse de la page",
    "resume": "Résumé",
    "sections": "Texte",
    "contact": "Contact",
    "ouverture": "Ouverture des dépôts",
    "limite": "Date limite de dépôt",
    "questions": "Questions jusqu’au",
    "enveloppe": "Enveloppe",
    "notes": "Notes attendues par dossier",
    "commissions": "Commissions concernées",
    "criteres": "Critères",
    "grille": "Grille de notation",
}
_WORDS = re.compile(r"\s+|[^\s]+")
# Past this many words, two texts are shown one after the other: comparing them would take too long.
_COMPARED = 4000
EMPTY = "vide"


@dataclass(frozen=True)
class Piece:
    """A run of words: kept (« »), removed (« - ») or added (« + »)."""

    kind: str
    words: str


@dataclass(frozen=True)
class Change:
    """A thing that differs between two versions."""

    label: str
    before: str
    after: str

    @property
    def pieces(self) -> list[Piece]:
        """Words removed and added, in order."""
        if EMPTY in (self.before, self.after):
            found = [Piece("-", self.before), Piece("+", self.after)]
            return [piece for piece in found if piece.words != EMPTY]
        old, new = _WORDS.findall(self.before), _WORDS.findall(self.after)
        if len(old) + len(new) > _COMPARED:
            return [Piece("-", self.before), Piece("+", self.after)]
        pieces: list[Piece] = []
        for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if tag == "equal":
                pieces.append(Piece("", "".join(old[a:b])))
                continue
            if b > a:
                pieces.append(Piece("-", "".join(old[a:b])))
            if d > c:
                pieces.append(Piece("+", "".join(new[c:d])))
        return pieces


def versions_of(by: Actor, call: AmiCall) -> list[AmiCallVersion]:
    """Latest first."""
    return list(AmiCallVersion.objects.visible_to(by).filter(call=call).order_by("-number"))


def changes_between(before: Mapping[str, object], after: Mapping[str, object]) -> list[Change]:
    """What differs, in the order of the screens."""
    found: list[Change] = []
    for key, label in LABELS.items():
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        if key in ("sections", "criteres", "grille"):
            found += _lines(label, _named(key, old), _named(key, new))
        else:
            found.append(Change(label, said(key, old), said(key, new)))
    return found


def summary_of(changes: list[Change]) -> str:
    """« Titre et Enveloppe » : what a version changed, in a line."""
    return join(dict.fromkeys(change.label.split(NBSP)[0] for change in changes))


def said(key: str, value: object) -> str:
    """A value of a version, as a sentence part."""
    if value in (None, "", []):
        return EMPTY
    if key in ("ouverture", "limite", "questions"):
        return moments.to_the_second(datetime.datetime.fromisoformat(str(value)))
    if key == "enveloppe":
        return euros(int(str(value)))
    if key == "commissions" and isinstance(value, list):
        return join([str(pair[1]) for pair in value])
    if isinstance(value, list):
        return "\n\n".join(f"{name}\n{text}" for name, text in _named(key, value).items())
    return str(value)


def _named(key: str, value: object) -> dict[str, str]:
    """Lines of a list by what names them: a section by its title, a criterion by its code."""
    rows = value if isinstance(value, list) else []
    if key == "sections":
        return {str(row["titre"]): str(row["texte"]) for row in rows}
    if key == "criteres":
        wanted = {True: " (pièce demandée)", False: ""}
        return {
            str(row["code"]): f"{row['texte']} Partie {row['section']}{wanted[bool(row['piece'])]}."
            for row in rows
        }
    return {
        str(row["critere"]): "\n".join(
            [f"{row['poids']}{NNBSP}%. {row['aide']}"]
            + [f"{note} : {words}" for note, words in enumerate(row["phrases"])]
        )
        for row in rows
    }


def _lines(label: str, old: dict[str, str], new: dict[str, str]) -> list[Change]:
    found = []
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            found.append(Change(f"{label}{NBSP}: {name}", old.get(name, ""), new.get(name, "")))
    if not found:
        found.append(Change(label, " > ".join(old), " > ".join(new)))
    return found
