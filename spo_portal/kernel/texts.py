"""Texts saved as they are typed by several people: never one over another.

Each save names the number it started from. When the stored number is another one nothing is written, and both
texts come back: the writer chooses or merges.
"""

import datetime
from dataclasses import dataclass

from spo_portal.kernel.errors import Conflict


@dataclass(frozen=True)
class Saved:
    """What is stored now: the text, its number, when and by which role."""

    text: str
    version: int
    saved_at: datetime.datetime | None
    saved_by: str = ""


NOTHING = Saved("", 0, None)


class TextConflict(Conflict):
    """Somebody else saved this text in between: ``stored`` is theirs, ``typed`` is what was refused."""

    def __init__(self, stored: Saved, typed: str, words: str = "Ce texte") -> None:
        super().__init__(f"{words} a été modifié ailleurs pendant que vous écriviez.")
        self.stored, self.typed = stored, typed


def must_write(stored: Saved, typed: str, seen: int, words: str = "Ce texte") -> bool:
    """False when the same text is already there; ``TextConflict`` when another one was saved in between."""
    if stored.text == typed:
        return False
    if stored.version != seen:
        raise TextConflict(stored, typed, words)
    return True
