"""French typography for screens, documents and mails: pure functions, text in, text out.

Source of the spaces: Lexique des règles typographiques en usage à l'Imprimerie nationale. A narrow
no-break space groups thousands and precedes ; ! ? % and the euro sign; a full no-break space precedes
the colon, lines the inside of « », holds hours together and ties a day to its month.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

NBSP = "\u00a0"
NNBSP = "\u202f"
MINUS = "\u2212"

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
MONTHS_SHORT = (
    "janv.",
    "févr.",
    "mars",
    "avr.",
    "mai",
    "juin",
    "juil.",
    "août",
    "sept.",
    "oct.",
    "nov.",
    "déc.",
)

Number = int | float | Decimal

_VOWELS = "aàâäeéèêëiîïoôöuùûüyœæ"
_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")
_BEFORE_NARROW = re.compile(r"[ \u00a0\u202f]+(?=[;!?%€])")
_BEFORE_COLON = re.compile(r"[ \u00a0\u202f]+(?=:(?!//))")
_OPEN_QUOTE = re.compile(r"«[ \u00a0\u202f]*")
_CLOSE_QUOTE = re.compile(r"[ \u00a0\u202f]*»")
_THOUSANDS = re.compile(r"(?<![\d,.])(\d{1,3}) (?=\d{3}(?!\d))")
_HOUR = re.compile(r"\b(\d{1,2}) h(?: (?=\d{2}\b)|\b)")


def no_break(text: str) -> str:
    """Make a plain French sentence unbreakable where the rules ask for it.

    Only spaces already typed are changed (plus those inside « »): a web address or "10:42" stays as it is.
    """
    text = _APOSTROPHE.sub("’", text)
    text = _OPEN_QUOTE.sub("«" + NBSP, text)
    text = _CLOSE_QUOTE.sub(NBSP + "»", text)
    text = _BEFORE_NARROW.sub(NNBSP, text)
    text = _BEFORE_COLON.sub(NBSP, text)
    text = _THOUSANDS.sub(r"\1" + NNBSP, text)
    return _HOUR.sub(lambda m: m.group(0).replace(" ", NBSP), text)


def number(value: Number | str, decimals: int | None = None) -> str:
    """Write 1284 as "1 284" and 48.6 as "48,6"; raise ValueError when it is not a finite number.

    Without `decimals`, an integer stays one and a fraction keeps its digits; with it, halves round up.
    """
    try:
        exact = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f"not a number: {value!r}") from error
    if not exact.is_finite():
        raise ValueError(f"not a finite number: {value!r}")
    if decimals is not None:
        exact = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    elif exact == exact.to_integral_value():
        exact = exact.quantize(Decimal(1))
    whole, _, fraction = f"{abs(exact):f}".partition(".")
    grouped = f"{int(whole):,}".replace(",", NNBSP)
    sign = MINUS if exact < 0 else ""
    return f"{sign}{grouped},{fraction}" if fraction else f"{sign}{grouped}"


def percent(value: Number | str, decimals: int = 0) -> str:
    """Write a value that is already in percent: 61 gives "61 %"."""
    return f"{number(value, decimals)}{NNBSP}%"


def amount(centimes: int) -> str:
    """Write an amount kept in centimes, as it is typed: "60 400", "60 400,50"."""
    return number(Decimal(centimes) / 100, 2 if centimes % 100 else 0)


def euros(centimes: int) -> str:
    """Write an amount kept in centimes: 6040000 gives "60 400 €", 6040050 gives "60 400,50 €"."""
    return f"{amount(centimes)}{NNBSP}€"


def hour(value: time | datetime) -> str:
    """Write "10 h 42", "18 h", "9 h 05"; the caller gives local time."""
    minutes = f"{NBSP}{value.minute:02d}" if value.minute else ""
    return f"{value.hour}{NBSP}h{minutes}"


def duration(minutes: int) -> str:
    """Write a length of time given in minutes: "45 min", "7 h", "17 h 30", "1 314 h"."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest}{NBSP}min"
    whole = number(hours)
    return f"{whole}{NBSP}h{NBSP}{rest:02d}" if rest else f"{whole}{NBSP}h"


def _day_number(value: date) -> str:
    return "1er" if value.day == 1 else str(value.day)


def _day_of_month(value: date) -> str:
    """« 22 novembre » never ends a line on its number."""
    return f"{_day_number(value)}{NBSP}{MONTHS[value.month - 1]}"


def long_date(value: date) -> str:
    """Write "mardi 24 novembre 2026"."""
    return f"{day_and_month(value)} {value.year}"


def plain_date(value: date) -> str:
    """Write "24 novembre 2026", "1er décembre 2026"."""
    return f"{_day_of_month(value)} {value.year}"


def short_date(value: date) -> str:
    """Write "24 nov.", "1er déc.": a narrow column of recent dates."""
    return f"{_day_number(value)}{NBSP}{MONTHS_SHORT[value.month - 1]}"


def day_and_month(value: date) -> str:
    """Write "mardi 24 novembre": the year goes without saying."""
    return f"{DAYS[value.weekday()]} {_day_of_month(value)}"


def month_and_year(value: date) -> str:
    """Write "octobre 2026"."""
    return f"{MONTHS[value.month - 1]} {value.year}"


def moment(value: datetime) -> str:
    """Write "mardi 24 novembre 2026, 10 h 42"; the caller gives local time."""
    return f"{long_date(value)}, {hour(value)}"


def period(first: date, last: date) -> str:
    """Write two days as one span, without repeating what they share."""
    if first == last:
        return f"le {plain_date(first)}"
    if (first.year, first.month) == (last.year, last.month):
        return f"du {_day_number(first)} au {plain_date(last)}"
    if first.year == last.year:
        return f"du {_day_of_month(first)} au {plain_date(last)}"
    return f"du {plain_date(first)} au {plain_date(last)}"


def join(items: Iterable[object], conjunction: str = "et") -> str:
    """Join a list as in a sentence: "formation, emploi et VAE"."""
    words = [str(item) for item in items]
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"


def agree(count: Number, singular: str, plural: str | None = None) -> str:
    """Choose the word for a count: French keeps the singular below 2 (0 page, 1,5 page, 2 pages)."""
    if -2 < count < 2:
        return singular
    return plural if plural is not None else f"{singular}s"


def counted(count: Number, singular: str, plural: str | None = None) -> str:
    """Write a count with its word: "1 284 pages"."""
    return f"{number(count)}{NBSP}{agree(count, singular, plural)}"


def of(name: str) -> str:
    """Put "de" before a proper name: "d’Arras", "de Lille", "du Mans", "des Ulis".

    A leading H keeps "de": whether it is aspirated can't be read from the spelling.
    """
    if name.startswith("Le "):
        return f"du {name[3:]}"
    if name.startswith("Les "):
        return f"des {name[4:]}"
    if name[:1].lower() in _VOWELS and name:
        return f"d’{name}"
    return f"de {name}"


def capital(text: str) -> str:
    """Raise the first letter only: a day or a month opening a line."""
    return text[:1].upper() + text[1:]


def distance(kilometres: Number) -> str:
    """Write a distance: metres (rounded to 50) under one kilometre, one decimal under 20, whole beyond."""
    if kilometres < 0.975:
        return f"{max(50, round(float(kilometres) * 20) * 50)}{NBSP}m"
    if kilometres < 20:
        return f"{number(kilometres, 1)}{NBSP}km"
    return f"{number(kilometres, 0)}{NBSP}km"


def phone(value: str) -> str:
    """Group a French telephone number by two digits; any other text comes back unchanged."""
    digits = re.sub(r"[ .\-\u00a0\u202f]", "", value)
    if digits.startswith("+33") and len(digits) == 12:
        digits = "0" + digits[3:]
    if not digits.isascii() or not digits.isdigit() or len(digits) not in (4, 10):
        return value
    return NBSP.join(digits[i : i + 2] for i in range(0, len(digits), 2))


def file_size(octets: int) -> str:
    """Write the weight of a file beside its link: "240 Ko", "1,4 Mo"."""
    if octets < 1_000:
        return counted(octets, "octet")
    if octets < 1_000_000:
        return f"{number(octets / 1_000, 0)}{NBSP}Ko"
    return f"{number(octets / 1_000_000, 1)}{NBSP}Mo"
