"""Two people on one form: what only one of them changed is kept, what both changed is theirs to settle."""

import json
from collections.abc import Mapping

Values = Mapping[str, object]
# A form of twenty short fields; more is not one of ours.
MOST = 20_000


def plain(values: Values) -> dict[str, object]:
    """Values of a form in one shape: trimmed text, sorted lists."""
    return {
        name: sorted(map(str, value)) if isinstance(value, list | tuple) else str(value or "").strip()
        for name, value in values.items()
    }


def dumped(values: Values) -> str:
    """What the form started from, to travel with it."""
    return json.dumps(plain(values), ensure_ascii=False)


def loaded(text: str) -> dict[str, object] | None:
    """The same, back; None when it is not ours. It only says what its sender left alone."""
    if len(text) > MOST:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def merge(*, start: Values, stored: Values, typed: Values) -> tuple[dict[str, object], set[str]]:
    """Value of each field, and the fields both sides changed differently since ``start``."""
    values: dict[str, object] = {}
    both: set[str] = set()
    for name, mine in typed.items():
        before, theirs = start.get(name), stored.get(name)
        values[name] = theirs if mine == before else mine
        if before not in (mine, theirs) and mine != theirs:
            both.add(name)
    return values, both
