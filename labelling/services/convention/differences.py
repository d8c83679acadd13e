"""What differs between two texts of a convention, article by article, word by word."""

import difflib

from labelling.services.call_versions import EMPTY, Change
from labelling.services.convention.layout import is_title, paragraphs
from spo_portal.kernel.typography import counted

OPENING = "En tête"


def between(old: str, new: str) -> list[Change]:
    """Paragraphs changed, added or removed, each under the title of its article."""
    before, after = paragraphs(old), paragraphs(new)
    found: list[Change] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        removed, added = before[a:b], after[c:d]
        label = _title_above(after, c, added) if added else _title_above(before, a, removed)
        if tag == "replace" and len(removed) == len(added):
            found += [Change(label, x, y) for x, y in zip(removed, added, strict=True) if x != y]
        else:
            found.append(Change(label, "\n\n".join(removed) or EMPTY, "\n\n".join(added) or EMPTY))
    return found


def _title_above(text: list[str], at: int, changed: list[str]) -> str:
    if changed and is_title(changed[0]):
        return changed[0]
    return next((one for one in reversed(text[:at]) if is_title(one)), OPENING)


def summary(changes: list[Change]) -> str:
    """« 2 passages changés : Article 5 – …, Article 10 – … », for a mail's line."""
    titles = list(dict.fromkeys(change.label for change in changes))
    shown = ", ".join(titles[:4]) + (", …" if len(titles) > 4 else "")
    return f"{counted(len(changes), 'passage changé', 'passages changés')} ({shown})" if changes else ""
