"""One function per kind of cell: a clean value, or ``BadField`` with the reason a person can act on."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date

POSTCODE = re.compile(r"[0-9]{5}\Z")
INSEE = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}\Z")
DEPARTMENT = re.compile(r"(?:[0-9]{2}|2[AB]|97[0-9])\Z")
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9:_.-]*\Z")
CODE = re.compile(r"[A-Z][A-Z0-9_]*\Z")
PHONE = re.compile(r"(?:0[1-9](?: [0-9]{2}){4}|[0-9]{4})\Z")
EMAIL = re.compile(r"[A-Za-z0-9._+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,4}\Z")
WEB = re.compile(r"https?://[^\s<>\"'@]+\Z")
APOSTROPHE = re.compile(r"(?<=[^\W\d_])'(?=\w)")

# Latitude and longitude of mainland France, the West Indies and Guiana, and the Indian Ocean.
FRANCE = ((41.0, 51.6, -5.5, 9.8), (2.0, 18.3, -63.3, -51.5), (-21.6, -12.4, 44.9, 56.0))


class BadField(ValueError):
    """A cell is refused; the message is the reason, in French."""


def text(row: Mapping[str, str], column: str, limit: int, *, required: bool = False) -> str:
    """A cell of at most ``limit`` characters; an absent optional column is empty."""
    value = row.get(column, "")
    if required and not value:
        raise BadField(f"{column} est vide")
    if len(value) > limit:
        raise BadField(f"{column} dépasse {limit} caractères")
    return value


def label(row: Mapping[str, str], column: str, limit: int, *, required: bool = False) -> str:
    """A text shown on screen: straight apostrophes between letters become typographic ones."""
    return APOSTROPHE.sub("’", text(row, column, limit, required=required))


def matching(
    row: Mapping[str, str], column: str, pattern: re.Pattern[str], limit: int, *, required: bool = True
) -> str:
    value = text(row, column, limit, required=required)
    if value and not pattern.match(value):
        raise BadField(f"{column} n’a pas la forme attendue : {shown(value)}")
    return value


def many(
    row: Mapping[str, str], column: str, pattern: re.Pattern[str], *, required: bool = True
) -> tuple[str, ...]:
    """Values separated by « | », each of the given form, without repetition."""
    values = tuple(v.strip() for v in text(row, column, 400, required=required).split("|") if v.strip())
    for value in values:
        if not pattern.match(value):
            raise BadField(f"{column} n’a pas la forme attendue : {shown(value)}")
    if len(set(values)) != len(values):
        raise BadField(f"{column} répète une valeur")
    return values


def integer(row: Mapping[str, str], column: str, highest: int, *, required: bool = False) -> int | None:
    """A whole number from 0 to ``highest``, or None when the cell is empty."""
    value = text(row, column, 12, required=required)
    if not value:
        return None
    if not re.fullmatch(r"[0-9]+", value) or int(value) > highest:
        raise BadField(f"{column} doit être un nombre entier de 0 à {highest} : {shown(value)}")
    return int(value)


def ordinal(row: Mapping[str, str], column: str) -> int:
    return integer(row, column, 999, required=True) or 0


def point(row: Mapping[str, str]) -> tuple[float | None, float | None]:
    """Latitude and longitude in degrees (WGS 84), in France, or two None."""
    raw = text(row, "lat", 24), text(row, "lon", 24)
    if raw == ("", ""):
        return None, None
    try:
        latitude, longitude = (float(value) for value in raw)
    except ValueError:
        raise BadField("lat et lon doivent être deux nombres") from None
    inside = any(s <= latitude <= n and w <= longitude <= e for s, n, w, e in FRANCE)
    if not (math.isfinite(latitude) and math.isfinite(longitude) and inside):
        raise BadField(
            f"le point {shown(', '.join(raw))} est hors de France (latitude et longitude inversées ?)"
        )
    return round(latitude, 5), round(longitude, 5)


def choice(row: Mapping[str, str], column: str, allowed: Mapping[str, str]) -> str:
    value = text(row, column, 40)
    if value not in allowed:
        raise BadField(f"{column} inconnu : {shown(value)}")
    return allowed[value]


def day(value: object, column: str) -> date:
    """A date written AAAA-MM-JJ."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise BadField(f"{column} doit être une date AAAA-MM-JJ")


def shown(value: str) -> str:
    """A refused value, short enough for a report."""
    return value if len(value) <= 40 else value[:39] + "…"
