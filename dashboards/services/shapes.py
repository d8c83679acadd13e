"""What a page of figures shows: every count is a masked cell, never a bare number (domain § 8)."""

import datetime
from dataclasses import dataclass, field

from spo_portal.kernel.privacy import Cell, Share
from territories.models import Territory


@dataclass(frozen=True)
class Pair:
    """The same figure for the month and for its calendar year."""

    month: Cell
    year: Cell


@dataclass(frozen=True)
class Line:
    """One line of a table: label, month, year, share of the month's fiches, width of its bar (0 to 100)."""

    label: str
    month: Cell
    year: Cell
    share: Share
    bar: int = 0


@dataclass(frozen=True)
class Point:
    """One month of the series beside the same month a year before."""

    month: datetime.date
    now: Cell
    before: Cell


@dataclass
class Figures:
    """Everything a figures page shows; every count is a masked ``Cell``."""

    month: datetime.date
    contacts: Pair
    reoriented: Pair
    reoriented_share: Share
    reoriented_share_year: Share
    answered: Pair
    answered_share_year: Share
    demandes: list[Line] = field(default_factory=list)
    reseaux: list[Line] = field(default_factory=list)
    statuts: list[Line] = field(default_factory=list)
    ages: list[Line] = field(default_factory=list)
    series: list[Point] = field(default_factory=list)
    masked: bool = False
    filled_at: datetime.datetime | None = None
    pending: bool = False

    @property
    def empty(self) -> bool:
        return self.contacts.year.value == 0


@dataclass(frozen=True)
class TerritoryLine:
    """One territory in the region's table."""

    territory: Territory
    month: Cell
    year: Cell
    share: Share
    filled_at: datetime.datetime | None
