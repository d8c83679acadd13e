"""What the notes of a file say together, for who may know it: weighted mean, spread, rank in its commission.

Everything starts from ``AmiScoreSheet.objects.visible_to``: before one's own note is given, and before the
instruction is closed, there is nothing to add up, sort or rank (domain § 7).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from labelling.models import AmiApplication, AmiScoreSheet
from spo_portal.kernel.typography import number
from territories.access import Actor

# From a point and a half between two notes on 5, the notes are worth a discussion before the commission.
WIDE_SPREAD = 150


@dataclass(frozen=True)
class Mark:
    """Notes of one file that the reader may know. ``mean``, ``low``, ``high`` in hundredths of a note.

    ``released``: the instruction is closed, so these are all of them.
    """

    count: int
    mean: int
    low: int
    high: int
    released: bool

    @property
    def spread(self) -> int:
        return self.high - self.low

    @property
    def mean_words(self) -> str:
        return words(self.mean)

    @property
    def spread_words(self) -> str:
        return words(self.spread)

    @property
    def wide(self) -> bool:
        return self.count > 1 and self.spread >= WIDE_SPREAD


def half_up(value: Fraction) -> int:
    return int((2 * value + 1) // 2)


def words(hundredths: int) -> str:
    """« 4,10 »."""
    return number(Decimal(hundredths) / 100, 2)


def marks_of(by: Actor, applications: QuerySet[AmiApplication]) -> dict[int, Mark]:
    """The mark of each file of ``applications`` whose notes the reader may know; one query."""
    return _marks(by, Q(application__in=applications.order_by().values("pk")))


def marks_of_call(by: Actor, call_id: int) -> dict[int, Mark]:
    """The same for every file of a call."""
    return _marks(by, Q(application__call_id=call_id))


def _marks(by: Actor, which: Q) -> dict[int, Mark]:
    rows = (
        AmiScoreSheet.objects.visible_to(by)
        .filter(which, given_at__isnull=False)
        .order_by()
        .values("application_id")
        .annotate(
            sheets=Count("pk"),
            total=Sum("weighted"),
            low=Min("weighted"),
            high=Max("weighted"),
            opened=Count("released_at"),
        )
    )
    return {
        row["application_id"]: Mark(
            row["sheets"],
            half_up(Fraction(row["total"], row["sheets"])),
            row["low"],
            row["high"],
            row["opened"] == row["sheets"],
        )
        for row in rows
    }


@dataclass(frozen=True)
class Place:
    """Rank of a file among the closed ones of its commission; equal means share a rank."""

    rank: int
    out_of: int


def ranks_of(marks: Mapping[int, Mark], commissions: Iterable[tuple[int, int]]) -> dict[int, Place]:
    """Rank of each file in its commission, from the means of closed instructions alone.

    ``commissions``: (application, commission) pairs. A file whose notes are not all open has no rank and
    moves nobody else's.
    """
    closed: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for application_id, commission_id in commissions:
        mark = marks.get(application_id)
        if mark is not None and mark.released:
            closed[commission_id].append((mark.mean, application_id))
    places: dict[int, Place] = {}
    for found in closed.values():
        for mean, application_id in found:
            better = sum(1 for other, _ in found if other > mean)
            places[application_id] = Place(better + 1, len(found))
    return places
