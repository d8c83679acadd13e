"""A table that leaves the portal: columns and their kinds, rows as they come, what must be said with it."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from django.utils import timezone

from spo_portal.kernel.errors import PortalError
from spo_portal.kernel.privacy import Cell, Share
from spo_portal.kernel.typography import moment

Kind = Literal["text", "int", "count", "share", "decimal", "amount", "date", "moment"]
# Label and text of one line of « Lisez-moi ».
Note = tuple[str, str]
MASKED = "masqué"
# Rows of a sheet, its head apart, in Excel and LibreOffice alike.
SHEET_ROWS = 1_048_575


class TooManyRows(PortalError):
    """More rows than a sheet holds: nothing is cut silently."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its French title, what its values are, its width in characters.

    ``share`` takes a Share or a fraction of one and is written in percent; ``count`` a number or a Cell;
    ``amount`` centimes, written in euros;
    ``moment`` an aware date and time, written at the time of the portal (Europe/Paris).
    """

    title: str
    kind: Kind = "text"
    width: int = 16


@dataclass(frozen=True, slots=True)
class Table:
    """``name`` for the tab or the file, ``title`` in words; ``rows`` may be an iterator, read once."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[object]]
    notes: Sequence[Note] = ()


def readme(
    *,
    source: str,
    filters: str,
    masking: str,
    licence: str,
    made_at: datetime.datetime | None = None,
    filled_at: datetime.datetime | None = None,
    more: Sequence[Note] = (),
) -> list[Note]:
    """What every export says of itself, in the same order; ``filled_at``: moment of the figures."""
    return [
        ("Source", source),
        ("Filtres", filters),
        *([("Chiffres du", moment(timezone.localtime(filled_at)))] if filled_at else []),
        ("Exporté le", moment(timezone.localtime(made_at))),
        ("Petits nombres", masking),
        ("Réutilisation", licence),
        *more,
    ]


def plain(value: object, kind: Kind) -> object:
    """A value ready to be written: None, text, an exact number, a date or a naive local moment.

    A masked cell is the word « masqué », whatever its column: an empty cell would read as zero.
    """
    if isinstance(value, Cell | Share):
        if value.masked:
            return MASKED
        value = value.value
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "oui" if value else "non"
    if kind == "text" or isinstance(value, str):
        return str(value)
    if kind == "amount" and isinstance(value, int):
        return value / 100
    if kind == "moment" and isinstance(value, datetime.datetime):
        return timezone.make_naive(value) if timezone.is_aware(value) else value
    if kind == "date" and isinstance(value, datetime.datetime):
        return (timezone.localtime(value) if timezone.is_aware(value) else value).date()
    if isinstance(value, Fraction | Decimal):
        return float(value)
    return value if isinstance(value, int | float | datetime.date) else str(value)
