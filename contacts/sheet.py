"""What one printed fiche holds: plain frozen data, apart from the database and from the form of the paper.

What is typed for the part handed over (counsellor, sentence, postal address) lives in these objects and
in the document made from them, nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from contacts import codes

SENTENCE_MAX = 300
# Six lines: what a sorting machine reads of a French address.
POSTAL_LINES = 6

_HEX = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Item:
    """One tick box of a region's list: its number in the list and the words of the paper form."""

    n: int
    label: str


def items(rows: Iterable[Mapping[str, Any]]) -> tuple[Item, ...]:
    """Read one list of a ListVersion ({"n", "label", "paper"…} rows), with the words of the paper form."""
    return tuple(Item(int(row["n"]), str(row.get("paper") or row["label"])) for row in rows)


@dataclass(frozen=True)
class Brand:
    """A region as the paper shows it: `#rrggbb` colours, names, logo (SVG text), resources and networks."""

    primary: str
    soft: str
    accent: str
    service: str
    short: str
    region: str
    logo_svg: str = ""
    site: str = ""
    leaflet_word: str = ""
    resources: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    networks: tuple[tuple[str, str, str], ...] = ()

    def __post_init__(self) -> None:
        """Refuse anything but a plain hexadecimal colour: these three go into a style sheet."""
        for colour in (self.primary, self.soft, self.accent):
            if not _HEX.fullmatch(colour):
                raise ValueError("a colour is written #rrggbb")


@dataclass(frozen=True)
class Rdv:
    """An appointment, in words ready to print."""

    when: str
    place: str = ""
    with_whom: str = ""


@dataclass(frozen=True)
class Place:
    """A structure to contact."""

    name: str
    address: str = ""
    postcode: str = ""
    city: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class Destination:
    """A structure the person is sent to, with the appointment made there, if any."""

    place: Place
    rdv: Rdv | None = None


@dataclass(frozen=True)
class Sheet:
    """Everything one fiche prints; `code` None leaves the return box out, `postal` makes it a letter."""

    brand: Brand
    jour: date
    structure: str
    city: str
    statuts: tuple[Item, ...]
    demandes: tuple[Item, ...]
    reponses: tuple[Item, ...]
    statut: int | None = None
    demandes_ticked: frozenset[int] = frozenset()
    reponses_ticked: frozenset[int] = frozenset()
    network_code: str = ""
    sexe: str = ""
    age: str = ""
    precisions: str = ""
    destinations: tuple[Destination, ...] = ()
    counsellor: str = ""
    objet: str = ""
    code: str | None = None
    base_url: str = ""
    kept: bool = True
    handed: bool = True
    sentence: str = ""
    postal: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what the sheet can't hold; screens check the same limits first."""
        if len(self.sentence) > SENTENCE_MAX:
            raise ValueError(f"a free sentence has {SENTENCE_MAX} characters at most")
        if len(self.postal) > POSTAL_LINES:
            raise ValueError(f"a postal address has {POSTAL_LINES} lines at most")
        if self.code is not None and not codes.is_valid(self.code):
            raise ValueError("malformed return code")
