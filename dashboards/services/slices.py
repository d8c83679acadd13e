"""What a question reads of a release, and nothing that is not published.

With a network or a place, everything is the year's and contacts also come by month. With a demande, what is
crossed with it is published: statuts, réponses, issue. See ``dashboards.services.release``.
"""

from dataclasses import dataclass, replace

from dashboards.enums import REORIENTED, Dimension
from dashboards.services.published import is_published
from dashboards.services.release import Release
from spo_portal.kernel.privacy import Cell

# What is published together with a demande.
CROSSED = {
    Dimension.STATUT: Dimension.DEMANDE_STATUT,
    Dimension.REPONSE: Dimension.DEMANDE_REPONSE,
    Dimension.ISSUE: Dimension.DEMANDE_ISSUE,
}


@dataclass(frozen=True)
class Slice:
    """A release seen through a month, a network, a place or a demande (keys as in the release)."""

    release: Release
    month: int | None = None
    reseau: str = ""
    site: str = ""
    demande: str = ""

    @property
    def sliced(self) -> bool:
        return bool(self.reseau or self.site)

    @property
    def axis(self) -> dict[str, int | str]:
        """The one axis that the figures are read along; a month gives way to a place or a network."""
        if self.site:
            return {"site": self.site}
        if self.reseau:
            return {"reseau": self.reseau}
        return {"month": self.month} if self.month else {}

    @property
    def shown_month(self) -> int | None:
        """The month of the figures; None when they are the year's."""
        return None if self.sliced else self.month

    def of(self, release: Release) -> "Slice":
        """The same question put to another release (last year, the region)."""
        return replace(self, release=release)

    def whole(self) -> Cell:
        """What every share is a part of: contacts, or those that asked for the chosen demande."""
        return self._read(*self._whole)

    def reoriented(self) -> Cell:
        if self.demande:
            return self._read(Dimension.DEMANDE_ISSUE, f"{self.demande}:{REORIENTED}")
        return self._read(Dimension.ISSUE, REORIENTED)

    def values(self, dimension: Dimension) -> dict[str, Cell]:
        """Every value of a dimension that is not a shown zero. LookupError when it is not published."""
        if not self.demande:
            return self.release.values(dimension, **self.axis)  # type: ignore[arg-type]
        if dimension not in CROSSED:
            raise LookupError(f"{dimension} is not published with a demande")
        start = f"{self.demande}:"
        crossed = self.release.values(CROSSED[dimension], **self.axis)  # type: ignore[arg-type]
        return {key.removeprefix(start): cell for key, cell in crossed.items() if key.startswith(start)}

    def published(self, dimension: Dimension) -> bool:
        """True when a dimension is published for this question: for its axis, with its demande."""
        if self.demande and dimension not in CROSSED:
            return False
        axis = "s" if self.site else "r" if self.reseau else "m" if self.month else "y"
        return is_published(CROSSED[dimension] if self.demande else dimension, axis)

    def months(self, until: int = 12) -> list[Cell] | None:
        """The twelve months of what is counted, none after ``until``; None when they are not published."""
        if self.sliced and self.demande:
            return None
        cells = self.release.months(*self._whole) if not self.sliced else self._contacts_by_month()
        return [cell if month <= until else Cell(None) for month, cell in enumerate(cells, 1)]

    def _contacts_by_month(self) -> list[Cell]:
        first, axis = self.release.first_month, self.axis
        return [
            Cell(None) if month < first else self.release.cell(Dimension.CONTACTS, month=month, **axis)  # type: ignore[arg-type]
            for month in range(1, 13)
        ]

    @property
    def _whole(self) -> tuple[Dimension, str]:
        return (Dimension.DEMANDE, self.demande) if self.demande else (Dimension.CONTACTS, "")

    def _read(self, dimension: Dimension, value: str) -> Cell:
        return self.release.cell(dimension, value, **self.axis)  # type: ignore[arg-type]
