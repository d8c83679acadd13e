"""Telling telephone and identity numbers from the ordinary figures of a remark.

Works on folded text (lower case, plain digits, single blanks). Six digits in a row, separators included, are
refused unless they read as years, dates, amounts of money or a list such as 1-3-5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

_RUN = re.compile(r"\+?\d(?:[ .\-/_()|]{0,3}\d)+")
_PAIRS = re.compile(r"(?<!\d)0\d(?:[ .,;:\-/_*|]{1,3}\d\d){4}(?!\d)")
_LETTER_O = re.compile(r"(?<![a-z0-9])o(?=[ .-]{0,2}\d[ .-]{0,2}\d)|(?<=\d)o(?=\d)")
_SEPARATORS = re.compile(r"[ .\-/_()|]+")
_DATE = re.compile(
    r"(?<![\d./])(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|1[0-2])/((?:19|20)\d\d)(?![./]?\d)"
    r"|(?<![\d./-])(?:0?[1-9]|[12]\d|3[01])[. -](?:0?[1-9]|1[0-2])[. -]((?:19|20)\d\d)(?![ ./-]?\d)"
    r"|(?<![\d./-])((?:19|20)\d\d)-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?![./-]?\d)"
)
_SHORT_DATE = re.compile(r"(?<![\d./-])(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|1[0-2])/(\d\d)(?![./-]?\d)")
_NIR = re.compile(
    r"(?<!\d)[1278][ .-]{0,2}\d\d[ .-]{0,2}(?:0[1-9]|1[0-2]|[2-9]\d)[ .-]{0,2}(?:\d\d|2[ab])[ .-]{0,2}"
    r"\d{3}[ .-]{0,2}\d{3}(?!\d{3})"
)
_GROUPED = re.compile(r"\d{1,3}(?:[ .]\d{3}){1,2}|\d{1,7}")
_MONEY = re.compile(r" ?(?:€|k€|m€|euros?\b|eur\b)")
_LONG = 6


def looks_like(folded: str, last_birth_year: int) -> Iterator[tuple[str, int, str]]:
    """Kind, position and text of each suspicious number; dates up to `last_birth_year` are of birth."""
    folded = _LETTER_O.sub("0", folded)
    for match in _NIR.finditer(folded):
        yield "nir", match.start(), match[0]
    for match in _PAIRS.finditer(folded):
        yield "phone", match.start(), match[0]
    century = last_birth_year // 100 * 100
    for match in _SHORT_DATE.finditer(folded):
        year = century + int(match[1])
        if (year if year <= last_birth_year + 50 else year - 100) <= last_birth_year:
            yield "birth", match.start(), match[0]
    for match in _DATE.finditer(folded):
        if int(match[1] or match[2] or match[3]) <= last_birth_year:
            yield "birth", match.start(), match[0]
    # A date is no number to dial: it leaves a mark that cuts runs, of the same length.
    rest = _SHORT_DATE.sub(_blanked, _DATE.sub(_blanked, folded))
    for match in _RUN.finditer(rest):
        digits = re.sub(r"\D", "", match[0])
        if _is_phone(match[0], digits):
            yield "phone", match.start(), match[0]
        elif len(digits) >= _LONG and not _ordinary(match[0], digits, rest[match.end() : match.end() + 7]):
            yield "digits", match.start(), match[0]


def _blanked(match: re.Match[str]) -> str:
    return "~" * len(match[0])


def _is_phone(run: str, digits: str) -> bool:
    if run.startswith("+"):
        return len(digits) >= 8
    if digits.startswith("00"):
        digits = digits[2:]
    if digits.startswith("33") and len(digits) in (11, 12):
        return True
    return len(digits) == 10 and digits[0] == "0" and digits[1] != "0" and "/20" not in run


def _ordinary(run: str, digits: str, after: str) -> bool:
    pieces = [piece for piece in _SEPARATORS.split(run) if piece]
    if _years(pieces):
        return True
    if _MONEY.match(after) and len(digits) <= 14:
        amounts = re.split(r" ?[-/] ?", run)
        return all(_GROUPED.fullmatch(amount) for amount in amounts)
    # Categories are listed in rising order (1-2-3-4-5-6), as no number to dial is.
    return all(len(piece) == 1 for piece in pieces) and all(a < b for a, b in pairwise(pieces))


def _years(pieces: list[str]) -> bool:
    """Years, each perhaps after its month, with at most four other digits, none after a zero."""
    pieces = [piece for piece in pieces if piece]
    others, dated = 0, 0
    for place, piece in enumerate(pieces):
        if len(piece) == 4 and piece[:2] in ("19", "20"):
            dated += 1
        elif len(piece) == 2 and piece[0] == "0":
            following = pieces[place + 1] if place + 1 < len(pieces) else ""
            if not (len(following) == 4 and following[:2] in ("19", "20")):
                return False
        elif len(piece) <= 2:
            others += len(piece)
        else:
            return False
    return dated > 0 and others <= 4
