"""How a share without appointment is written, everywhere: to the nearest tenth of a percent, over no bound.

The label asks for half of the opening time (GUIDE, condition of the label): 49,96 % is under it and reads
« 49,9 % », never « 50 % ». Nor does rounding make « 100 % » of a week with one appointment, or « 0 % » of one
with an hour without.
"""

import math
from fractions import Fraction

from spo_portal.kernel.typography import percent

_BOUNDS = (500, 1000)


def shown_share(share: Fraction) -> Fraction:
    """The share as it is shown, a whole number of thousandths: 3 h of 38 h give 79/1000."""
    exact = share * 1000
    near = math.floor(exact + Fraction(1, 2))
    if exact > 0:
        near = max(near, 1)
    for bound in _BOUNDS:
        if exact < bound <= near:
            near = bound - 1
    return Fraction(near, 1000)


def shown_percent(share: Fraction | None) -> float | None:
    """The same in percent, for a bar or a file: 7.9; None without hours."""
    return None if share is None else float(shown_share(share) * 100)


def share_words(share: Fraction | None) -> str:
    """« 7,9 % », « 50 % »; empty without hours."""
    shown = shown_percent(share)
    if shown is None:
        return ""
    return percent(shown, 0 if shown.is_integer() else 1)
