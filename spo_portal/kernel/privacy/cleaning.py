"""Cleaning of any text a person types or a file brings, before it is looked at or stored."""

from __future__ import annotations

import re
import unicodedata

# Overrides and isolates can make a text read otherwise than it is stored.
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2065\u206a-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_CONTROL = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufdd0-\ufdef\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n?|[\u0085\u2028\u2029\u000b\u000c]")
_BLANKS = re.compile("[ \t]*\n[ \t]*|[ \t]+")
_MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{5}")


class TextRefused(ValueError):
    """Text that can't be kept; the message is French and fit for the person who typed it."""


def clean_text(text: str, *, multiline: bool = False, max_length: int | None = None) -> str:
    """The text in composed form (NFC), trimmed, without invisible characters; TextRefused if it is not text.

    On one line, ends of lines become spaces. `max_length` counts characters after cleaning.
    """
    if _SURROGATE.search(text):
        raise TextRefused("Ce texte contient un caractère abîmé. Effacez-le et tapez-le de nouveau.")
    text = _LINE_ENDS.sub("\n", text)
    if "\x00" in text or _CONTROL.search(text):
        raise TextRefused("Ce texte contient un caractère de commande. Tapez-le au lieu de le coller.")
    if _BIDI.search(text):
        raise TextRefused(
            "Ce texte contient un caractère qui inverse le sens de lecture. Tapez-le de nouveau."
        )
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    if _MARKS.search(text):
        raise TextRefused("Ce texte empile trop d’accents sur une lettre. Tapez-le de nouveau.")
    text = _BLANKS.sub(lambda found: _blank(found[0], multiline), text).strip()
    if max_length is not None and len(text) > max_length:
        raise TextRefused(f"Ce texte compte {len(text)} caractères, {max_length} au plus : raccourcissez-le.")
    return text


def _blank(found: str, multiline: bool) -> str:
    return "\n" if multiline and "\n" in found else " "
