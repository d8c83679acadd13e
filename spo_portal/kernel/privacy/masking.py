"""Masking of small counts: ONE rule for the screen, the PDF, the export and the API.

Rule: a count from 1 to the threshold is masked (4 for those in charge of the place, 10 for anyone else).
Other cells are then hidden until a reader who knows this rule, all shown figures and all reasons can't narrow
a small count: each still reads as anything from 1 to the threshold. Zeros stay shown, totals are the last to
go. Source: règle du portail, « les petits nombres ».

Tables published side by side are masked one by one: give the cells another one hides as `hidden`.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Final, Generic, TypeVar

from ..typography import NBSP, NNBSP
from .attack import ENDLESS, Arc, Reader

INSIDE: Final = 4
OUTSIDE: Final = 10
NEIGHBOUR: Final = "Masqué pour protéger la case voisine"
DERIVED: Final = f"Masqué{NBSP}: calculé à partir d’un nombre masqué"


class Edge(Enum):
    """The coordinate of a total in the keys of a masked table."""

    TOTAL = "total"


TOTAL: Final = Edge.TOTAL
Key = tuple[Hashable, ...]
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Cell:
    """A count fit to publish: its value, or None when masked, with the reason in French."""

    value: int | None
    masked: bool = False
    reason: str = ""


@dataclass(frozen=True)
class MaskedList(Generic[K]):
    """One line of counts and its total, fit to publish."""

    cells: dict[K, Cell]
    total: Cell


@dataclass(frozen=True)
class Share:
    """A share of masked counts: exact value, or None when masked or when there is nothing to divide by."""

    value: Fraction | None
    masked: bool = False
    reason: str = ""


def mask_table(
    cells: Mapping[Key, int],
    *,
    threshold: int,
    margins: Collection[int] | None = None,
    unit: str = "",
    hidden: Collection[Key] = (),
) -> dict[Key, Cell]:
    """Mask counts keyed by coordinates, and return them with their totals (coordinate TOTAL).

    `margins` are the positions whose totals are published with the table (at most two; all by default): a
    position where one counted thing may stand several times is not one, as its sum is no total. `unit` is the
    plural word of what is counted. `hidden` are keys (TOTAL allowed) masked elsewhere, to mask here too.
    """
    width = _width(cells)
    over = tuple(range(width)) if margins is None else tuple(sorted(set(margins)))
    if len(over) > 2 or any(not 0 <= position < width for position in over):
        raise ValueError("totals may be published over two positions of the key at most")
    if threshold < 0:
        raise ValueError("the threshold can't be negative")
    return _Masking(cells, threshold, over, set(hidden)).result(unit)


def mask_list(
    counts: Mapping[K, int],
    total: int | None = None,
    *,
    threshold: int,
    unit: str = "",
    exclusive: bool = True,
    hidden: Collection[K] = (),
) -> MaskedList[K]:
    """Mask one line of counts with its total.

    With `exclusive`, each counted thing is in one place only and the total is the sum (ValueError otherwise).
    Without, a thing may be in several: the total (of things) is given, and says that each is in one or more.
    """
    if exclusive:
        if total is not None and total != sum(counts.values()):
            raise ValueError("an exclusive line must add up to its total")
        table = mask_table(
            {(key,): count for key, count in counts.items()},
            threshold=threshold,
            unit=unit,
            hidden=[(key,) for key in hidden],
        )
        whole = table.get((TOTAL,), Cell(0))
        return MaskedList({key: table[(key,)] for key in counts}, whole)
    if total is None:
        raise ValueError("a line with several answers needs its total")
    table = mask_table(
        {(key,): count for key, count in counts.items()},
        threshold=threshold,
        margins=(),
        unit=unit,
        hidden=[(key,) for key in hidden],
    )
    done = {key: table[(key,)] for key in counts}
    small_total = 1 <= total <= threshold
    while not small_total and (leak := _least(counts, done, total, threshold)) > 1:
        shown = [key for key in counts if not done[key].masked and counts[key]]
        if not shown:
            raise AssertionError(f"a lower bound of {leak} with every count masked")
        done[min(shown, key=lambda key: counts[key])] = Cell(None, True, NEIGHBOUR)
    return MaskedList(done, Cell(None, True, small_reason(threshold, unit)) if small_total else Cell(total))


def mask_part(part: int, whole: int, *, threshold: int, unit: str = "") -> tuple[Cell, Cell]:
    """Mask a part and its whole; a small remainder hides the part too: one subtraction would give it."""
    if not 0 <= part <= whole:
        raise ValueError("a part lies between 0 and its whole")
    line = mask_list({True: part, False: whole - part}, threshold=threshold, unit=unit)
    return line.cells[True], line.total


def mask_share(part: Cell, whole: Cell) -> Share:
    """The share of two published counts; masked as soon as one of them is, as it would give it back."""
    if part.masked or whole.masked:
        return Share(None, True, DERIVED)
    if part.value is None or not whole.value:
        return Share(None)
    return Share(Fraction(part.value, whole.value))


def explain(threshold: int, unit: str = "") -> str:
    """Why a table says « masqué », for the note under it."""
    counted = f" {unit}" if unit else ""
    return (
        f"Une case de 1 à {threshold}{counted} pourrait faire reconnaître quelqu’un. "
        "Une seconde case est cachée pour que le total ne la trahisse pas."
    )


def small_reason(threshold: int, unit: str = "") -> str:
    """What is said of a count hidden for being small itself."""
    return f"Masqué{NBSP}: entre 1 et {threshold}{NBSP}{unit}".rstrip(NBSP + NNBSP)


def _least(counts: Mapping[K, int], done: Mapping[K, Cell], total: int, threshold: int) -> int:
    """The least value a reader can give to a masked count when answers are several (1 when none leaks)."""
    masked = [key for key in counts if done[key].masked]
    if not masked or sum(counts.values()) < total or any(done[key].reason == NEIGHBOUR for key in masked):
        return 1
    shown = sum(count for key, count in counts.items() if not done[key].masked)
    return total - shown - threshold * (len(masked) - 1)


def _width(cells: Mapping[Key, int]) -> int:
    widths = {len(key) for key in cells}
    if len(widths) > 1:
        raise ValueError("every key must have the same number of positions")
    if any(TOTAL in key for key in cells):
        raise ValueError("totals are computed here, not given")
    for count in cells.values():
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise ValueError(f"not a count: {count!r}")
    return widths.pop() if widths else 0


class _Masking:
    """One table being masked."""

    def __init__(
        self, cells: Mapping[Key, int], threshold: int, over: tuple[int, ...], hidden: Iterable[Key]
    ) -> None:
        self.threshold, self.over = threshold, over
        self.values = dict(cells)
        self.lines: dict[tuple[int, Key], list[Key]] = {}
        for position in over:
            for key in list(self.values):
                total = (*key[:position], TOTAL, *key[position + 1 :])
                self.values[total] = self.values.get(total, 0) + self.values[key]
                self.lines.setdefault((position, total), [total]).append(key)
        if len(over) == 2:
            # The second pass summed the totals of the first; the grand total's other line is still missing.
            for key in [key for key in self.values if key[over[1]] is TOTAL and key[over[0]] is not TOTAL]:
                total = (*key[: over[0]], TOTAL, *key[over[0] + 1 :])
                self.lines.setdefault((over[0], total), [total]).append(key)
        self.through: dict[Key, list[list[Key]]] = {key: [] for key in self.values}
        for line in self.lines.values():
            for key in line:
                self.through[key].append(line)
        self.small = {key for key, count in self.values.items() if 1 <= count <= threshold}
        self.forced = {key for key in hidden if key in self.values} - self.small
        self.masked = self.small | self.forced

    def result(self, unit: str) -> dict[Key, Cell]:
        self._pair_up()
        while self._unsafe():
            self._pair_up()
        said = {
            True: Cell(None, True, small_reason(self.threshold, unit)),
            False: Cell(None, True, NEIGHBOUR),
        }
        return {
            key: said[key in self.small] if key in self.masked else Cell(count)
            for key, count in self.values.items()
        }

    def _pair_up(self) -> None:
        """A line never hides one cell alone: the smallest other one goes with it, totals last."""
        again = True
        while again:
            again = False
            for line in self.lines.values():
                if sum(key in self.masked for key in line) == 1 and (found := self._pick([line])):
                    self.masked.add(found)
                    again = True

    def _pick(self, lines: Iterable[list[Key]]) -> Key | None:
        free = {key for line in lines for key in line if key not in self.masked and self.values[key]}
        return min(free, key=self._cost, default=None)

    def _cost(self, key: Key) -> tuple[int, int, str]:
        return sum(part is TOTAL for part in key), self.values[key], repr(key)

    def _unsafe(self) -> bool:
        """Hide one more cell for each small count a reader could narrow; False when all is safe."""
        reader = Reader({key: self._arc(key) for key in self.masked}) if self.over else None
        changed = False
        for key in sorted(self.small, key=self._cost) if reader else ():
            if key not in self.small:
                continue  # Given a neutral reason a moment ago, for another cell.
            if reader and reader.bounds(key, 1, self.threshold) != (1, self.threshold):
                changed |= self._protect(key)
        return changed

    def _protect(self, key: Key) -> bool:
        """Hide one more cell as near as possible; when all are hidden, stop saying that a total is small."""
        seen: list[list[Key]] = []
        edge = self.through[key]
        while edge:
            found = self._pick(edge)
            if found is not None:
                self.masked.add(found)
                return True
            totals = {near for line in edge for near in line if near in self.small and TOTAL in near}
            if totals:
                self.small.discard(min(totals, key=self._cost))
                return True
            seen += edge
            near_keys = {near for line in edge for near in line if near in self.masked}
            edge = [
                line
                for near in sorted(near_keys, key=repr)
                for line in self.through[near]
                if line not in seen
            ]
        return False

    def _arc(self, key: Key) -> Arc:
        value, (tail, head) = self.values[key], self._ends(key)
        if key in self.small:
            return Arc(tail, head, value, 1, self.threshold)
        if key in self.forced:
            return Arc(tail, head, value, 0, ENDLESS)
        low = 1 if TOTAL in key else self.threshold + 1
        return Arc(tail, head, value, min(low, value), max(value, self._ceiling(key)))

    def _ceiling(self, key: Key) -> int:
        """The greatest value of a hidden neighbour: the smallest of a line is chosen, so the rest tells."""
        rank = self._cost(key)[0]
        ceilings = []
        for line in self.through[key]:
            peers = [near for near in line if near not in self.masked and self._cost(near)[0] == rank]
            ceilings.append(min((self.values[near] for near in peers if self.values[near]), default=ENDLESS))
        return max(ceilings, default=ENDLESS)

    def _ends(self, key: Key) -> tuple[Hashable, Hashable]:
        """Row and column of a cell, turned round for a total so that what enters a line leaves it."""
        group = tuple(part for position, part in enumerate(key) if position not in self.over)
        row = ("row", group, key[self.over[0]] if len(self.over) == 2 else None)
        column = ("column", group, key[self.over[-1]] if len(self.over) == 2 else None)
        turned = sum(key[position] is TOTAL for position in self.over) == 1
        return (column, row) if turned else (row, column)
