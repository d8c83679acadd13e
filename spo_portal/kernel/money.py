"""Amounts typed by hand or read in a spreadsheet, as centimes: strict, so that no slip becomes a figure.

French writing is read (« 60 400 », « 60 400,50 », « 60400.5 », with any space and a euro sign); anything
that could be read two ways is refused with a sentence that says how to write it.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

from spo_portal.kernel.errors import Refused

# 10 milliards of euros, in centimes: past this, a keyboard slipped.
MAX_CENTIMES = 10**12
TYPED_MAX = 40

_SPACES = " \t\u00a0\u2007\u2009\u202f"
_GROUPED = re.compile(rf"([0-9]{{1,3}}(?:[{_SPACES}][0-9]{{3}})+|[0-9]+)(?:[.,]([0-9]*))?")

EMPTY = "Indiquez un montant, par exemple 60 400 ou 60 400,50."
NOT_DIGITS = "Écrivez le montant en chiffres, sans lettre ni signe : 60 400 ou 60 400,50."
OTHER_DIGITS = "Écrivez le montant avec les chiffres de 0 à 9."
NEGATIVE = "Un montant ne peut pas être négatif."
TOO_FINE = "Deux décimales au plus. Pour séparer les milliers, mettez une espace : 60 400."
GROUPS = "Groupez les milliers par trois chiffres, ou n’y mettez pas d’espace : 60 400 ou 60400."
TOO_BIG = "Un montant ne peut pas dépasser 10 milliards d’euros."
TOO_LONG = "Ce montant est trop long. Écrivez par exemple 60 400 ou 60 400,50."


class AmountRefused(Refused):
    """What was typed is no amount; the sentence says how to write one."""


def parse_amount(text: str) -> int:
    """Read an amount typed in French, in centimes. Raise ``AmountRefused`` for whatever is not one."""
    typed = text.strip(_SPACES + "\r\n")
    if typed.endswith("€"):
        typed = typed[:-1].rstrip(_SPACES)
    if not typed:
        raise AmountRefused(EMPTY)
    if len(typed) > TYPED_MAX:
        raise AmountRefused(TOO_LONG)
    if typed[0] in "-\u2212\u2010\u2011\u2013" and any(c.isdigit() for c in typed):
        raise AmountRefused(NEGATIVE)
    matched = _GROUPED.fullmatch(typed)
    if matched is None:
        raise AmountRefused(_why(typed))
    whole, fraction = matched[1], matched[2]
    if fraction == "":
        raise AmountRefused(NOT_DIGITS)
    if fraction and len(fraction) > 2:
        raise AmountRefused(TOO_FINE)
    digits = whole.translate({ord(space): None for space in _SPACES})
    return _within(int(digits) * 100 + int((fraction or "0").ljust(2, "0")))


def _why(typed: str) -> str:
    if any(c.isdigit() and not c.isascii() for c in typed):
        return OTHER_DIGITS
    rest = typed.translate({ord(c): None for c in _SPACES + ".,0123456789"})
    if rest:
        return NOT_DIGITS
    return TOO_FINE if typed.count(",") + typed.count(".") > 1 else GROUPS


def _within(centimes: int) -> int:
    if centimes > MAX_CENTIMES:
        raise AmountRefused(TOO_BIG)
    return centimes


def amount_from_number(value: float | Decimal) -> int:
    """Read the number of a spreadsheet's cell as an amount, in centimes; binary noise is not a decimal."""
    if not math.isfinite(value):
        raise AmountRefused(NOT_DIGITS)
    if value < 0:
        raise AmountRefused(NEGATIVE)
    if value > MAX_CENTIMES // 100:
        raise AmountRefused(TOO_BIG)
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    centimes = exact.quantize(Decimal("0.000001")) * 100
    if centimes != centimes.to_integral_value():
        raise AmountRefused(TOO_FINE)
    return _within(int(centimes))
