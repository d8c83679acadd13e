"""A convention's plain text as blocks: titles, paragraphs and lists; the same on screen and on paper.

The text is what is signed, to the character; blocks only say how it is laid out.
"""

import re
from dataclasses import dataclass

_TITLE = re.compile(r"^(?:article\s+\d+|préambule|annexe)\b", re.IGNORECASE)
_ITEM = re.compile(r"^[-•–]\s+")
TITLE_MAX = 160


@dataclass(frozen=True)
class Block:
    """``kind``: titre, texte or liste (then ``lines`` are its items)."""

    kind: str
    lines: tuple[str, ...]


def is_title(paragraph: str) -> bool:
    """« Article 1 – Objet », « Préambule », « Annexe 2 » : alone on its line."""
    return "\n" not in paragraph and len(paragraph) <= TITLE_MAX and bool(_TITLE.match(paragraph))


def paragraphs(text: str) -> list[str]:
    return [part.strip("\n") for part in re.split(r"\n[ \t]*\n", text) if part.strip()]


def blocks(text: str) -> list[Block]:
    """The text in order; a list is a run of lines that start with a dash."""
    found: list[Block] = []
    for paragraph in paragraphs(text):
        if is_title(paragraph):
            found.append(Block("titre", (paragraph,)))
            continue
        run: list[str] = []
        listed = False
        for line in paragraph.split("\n"):
            item = bool(_ITEM.match(line))
            if item != listed and run:
                found.append(Block("liste" if listed else "texte", tuple(run)))
                run = []
            listed = item
            run.append(_ITEM.sub("", line) if item else line)
        found.append(Block("liste" if listed else "texte", tuple(run)))
    return found
