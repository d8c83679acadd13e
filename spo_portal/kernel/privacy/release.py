"""Joint masking of linked tables: what one publication shows, no combination of its figures betrays.

Rule: a count from 1 to the threshold is masked; other counts are hidden until a reader who adds and subtracts
anything in the publication, knows this rule and reads every reason, can't narrow it: it still reads as
anything from 1 to the threshold. Zeros stay shown, totals are the last to go.
Source: règle du portail, « les petits nombres ».

Each protection is proved by writing another publication, consistent in every table at once, that shows the
same figures (`alternatives`). Hiding more never spoils a proof already made. The search is bounded; what it
leaves without a proof is hidden with all that surrounds it, and in the end nothing is shown.

Limits: the reader is taken to know the figures and their sums, not that records stand behind them in every
crossing, nor that a line emptied whole counts fewer things than it has boxes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .alternatives import Worlds
from .linked import Cover, Linked, Name, Sum
from .masking import NEIGHBOUR, Cell, small_reason
from .moves import NEUTRAL, SHOWN


def mask_release(
    counts: Mapping[Name, int],
    *,
    sums: Sequence[Sum],
    covers: Sequence[Cover] = (),
    threshold: int,
    unit: str = "",
) -> dict[Name, Cell]:
    """Mask one publication of linked counts; a name without a count is a zero, and is in the answer too.

    ValueError when the counts don't respect a sum or a cover: those are what every reader knows.
    """
    if threshold < 0:
        raise ValueError("the threshold can't be negative")
    linked = Linked(counts, sums, covers, threshold)
    if max(linked.count, default=0) <= threshold and any(linked.count):
        # So few in all that a zero says as much as a figure.
        return dict.fromkeys(linked.entry_of, Cell(None, True, NEIGHBOUR))
    worlds = Worlds(linked, threshold)
    small = [entry for entry, count in enumerate(linked.count) if 1 <= count <= threshold]
    small.sort(key=lambda entry: (-linked.height[entry], entry))
    if not worlds.protect_all(small):
        return dict.fromkeys(linked.entry_of, Cell(None, True, NEIGHBOUR))
    masked = {True: Cell(None, True, NEIGHBOUR), False: Cell(None, True, small_reason(threshold, unit))}
    return {
        name: Cell(linked.count[entry])
        if worlds.state[entry] == SHOWN
        else masked[worlds.state[entry] == NEUTRAL]
        for name, entry in linked.entry_of.items()
    }
