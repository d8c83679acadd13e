"""What the rollups say of one place for a month and its year, and the masking its tables share (domain § 8).

Every exclusive table of a page ends in the same total. When one of them must hide it (two ages of four each:
« eight » would say four and four), no other may show it: the whole column is hidden then.
"""

import datetime
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from dashboards.enums import Dimension
from spo_portal.kernel.privacy import INSIDE, TOTAL, MaskedList, mask_list

UNIT = "fiches"
EXCLUSIVE = (Dimension.ISSUE, Dimension.STATUT, Dimension.AGE)
MONTH, YEAR = COLUMNS = (0, 1)
K = TypeVar("K", bound=Hashable)


@dataclass
class Reading:
    """Sums by (dimension, value) and by network, each for the month and its year; contacts by month."""

    sums: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    by_reseau: dict[int | None, tuple[int, int]] = field(default_factory=dict)
    series: dict[datetime.date, int] = field(default_factory=dict)
    shut: tuple[bool, bool] = (False, False)

    def note(self, dimension: str, value: str, reseau_id: int | None, counts: tuple[int, int]) -> None:
        before = self.sums.get((dimension, value), (0, 0))
        self.sums[(dimension, value)] = (before[MONTH] + counts[MONTH], before[YEAR] + counts[YEAR])
        if dimension == Dimension.CONTACTS:
            self.by_reseau[reseau_id] = counts

    def months(self, year: int) -> dict[datetime.date, int]:
        return {day: self.series.get(day, 0) for day in (datetime.date(year, m, 1) for m in range(1, 13))}

    def shut_for(self, year: int) -> "Reading":
        """Decide which columns are hidden whole, once all is noted."""
        self.shut = (self._shuts(MONTH), self._shuts(YEAR) or _hides_total(self.months(year)))
        return self

    def _shuts(self, column: int) -> bool:
        tables = [
            {value: counts[column] for (name, value), counts in self.sums.items() if name == dimension}
            for dimension in EXCLUSIVE
        ]
        by_reseau = {pk: counts[column] for pk, counts in self.by_reseau.items()}
        return any(map(_hides_total, [*tables, by_reseau]))

    def count(self, dimension: str, value: str, column: int) -> int:
        return self.sums.get((dimension, value), (0, 0))[column]

    def mask(self, counts: dict[K, int], column: int, *, shut: bool = False) -> MaskedList[K]:
        """One exclusive list of the column and its total."""
        hidden = all_of(counts) if shut or self.shut[column] else ()
        return mask_list(counts, threshold=INSIDE, unit=UNIT, hidden=hidden)

    def mask_several(self, counts: dict[K, int], column: int) -> MaskedList[K]:
        """One list of the column where a fiche may stand several times."""
        hidden = all_of(counts) if self.shut[column] else ()
        total = self.count(Dimension.CONTACTS, "", column)
        return mask_list(counts, total, threshold=INSIDE, unit=UNIT, exclusive=False, hidden=hidden)

    def mask_months(self, year: int, shown: datetime.date) -> MaskedList[datetime.date]:
        """The months of a year; with the year ``shown``, what its own page hides is hidden here too."""
        months, hidden = self.months(year), []
        if year == shown.year:
            hidden = all_of(months) if self.shut[YEAR] else [shown] if self.shut[MONTH] else []
        return mask_list(months, threshold=INSIDE, unit=UNIT, hidden=hidden)


def _hides_total(counts: dict[K, int]) -> bool:
    return mask_list(counts, threshold=INSIDE).total.masked


def all_of(counts: dict[K, int]) -> list[Any]:
    """The total and every count that is not zero."""
    return [TOTAL, *(key for key, count in counts.items() if count)]
