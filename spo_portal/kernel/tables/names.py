"""Names of sheets and files that every program accepts."""

import re
import unicodedata


def unique(name: str, taken: set[str], length: int) -> str:
    """``name`` within ``length``, told apart from those taken (case does not count); it is then taken too."""
    found, number = name[:length].rstrip(), 1
    while found.lower() in taken:
        number += 1
        found = f"{name[: length - 4].rstrip()} ({number})"
    taken.add(found.lower())
    return found


def sheet_name(name: str, taken: set[str]) -> str:
    """At most 31 characters, none of []:*?/\\, no apostrophe at the ends, never the reserved « History »."""
    clean = re.sub(r"[\[\]:*?/\\\x00-\x1f\x7f]+", "-", name).strip("' ") or "Feuille"
    return unique("Historique" if clean.lower() == "history" else clean, taken, 31)


def file_stem(name: str) -> str:
    """Lower case ASCII letters, digits and hyphens: a name every system and archive keeps as it is."""
    folded = unicodedata.normalize("NFKD", name.replace("œ", "oe").replace("’", "-"))
    plain = folded.encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "donnees"
