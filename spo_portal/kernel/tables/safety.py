"""Text that a spreadsheet shows and never runs, that XML accepts, and that is never cut in silence.

Source: OWASP, « CSV injection »; ODF 1.3 and ECMA-376 for the characters and the length of a cell.
"""

import re

# What a program may skip before it looks for a formula: controls, spaces of any kind, marks of no width.
_SKIPPED = (
    "\x00-\x20\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180e\u2000-\u200f\u2028-\u202f"
    "\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0"
)
# The last four are the wide forms, which East Asian settings read as the plain ones.
_STARTS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_FORMULA = re.compile(f"[{_SKIPPED}]*[{_STARTS}]|[\t\r\n]")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
CELL_LENGTH = 32_767


def is_formula(text: str) -> bool:
    """True when a spreadsheet might take this text for a formula."""
    return _FORMULA.match(text) is not None


def safe_cell(text: str) -> str:
    """Text a spreadsheet shows and never runs: what starts like a formula gets an apostrophe."""
    return f"'{text}" if _FORMULA.match(text) else text


def safe_sql(expression: str) -> str:
    """The same rule inside a query, for exports that never pass through Python (its text has no NUL).

    Most text starts with a capital letter, and is told safe without the pattern.
    """
    pattern = f"^([\x01{_SKIPPED[1:]}]*[{_STARTS}]|[\t\r\n])"
    return (
        f"CASE WHEN left({expression}, 1) COLLATE \"C\" BETWEEN 'A' AND 'Z' THEN {expression}"
        f" WHEN {expression} ~ U&'{_escaped(pattern)}' THEN '''' || {expression} ELSE {expression} END"
    )


def _escaped(pattern: str) -> str:
    return "".join(c if 32 < ord(c) < 127 and c not in "\\'%" else f"\\{ord(c):04X}" for c in pattern)


def legal(text: str) -> str:
    """Without the characters XML forbids, and no longer than a cell: what is cut says so and how much."""
    text = _ILLEGAL.sub("", text)
    if len(text) <= CELL_LENGTH:
        return text
    kept = CELL_LENGTH - 80
    return f"{text[:kept]}\u2026 [texte coupé : {len(text) - kept} caractères de plus dans le CSV]"
