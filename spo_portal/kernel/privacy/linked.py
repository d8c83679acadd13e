"""A publication of linked counts, compiled for the search of consistent alternatives.

Counts that are always equal (a total with one part that is not zero) become one entry. Zeros are shown, so
they are constants and leave the equalities.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

Name = Hashable


@dataclass(frozen=True)
class Sum:
    """An equality every reader knows: the total is exactly the sum of the parts."""

    total: Name
    parts: tuple[Name, ...]


@dataclass(frozen=True)
class Cover:
    """No part exceeds the whole; with `full`, the parts together reach it (several answers per thing)."""

    whole: Name
    parts: tuple[Name, ...]
    full: bool = False


class Linked:
    """Entries (groups of names that are always equal), the equalities and the covers between them."""

    def __init__(
        self, counts: Mapping[Name, int], sums: Sequence[Sum], covers: Sequence[Cover], threshold: int = 0
    ) -> None:
        self.entry_of: dict[Name, int] = {}
        self.count: list[int] = []
        for name, count in counts.items():
            if isinstance(count, bool) or not isinstance(count, int) or count < 0:
                raise ValueError(f"not a count: {count!r}")
            self._add(name, count)
        for line in sums:
            self._declare(line.total, line.parts)
        for cover in covers:
            self._declare(cover.whole, cover.parts)
        self._twins = list(range(len(self.count)))
        self.blank: set[int] = set()
        self.capped: dict[int, tuple[int, int]] = {}
        self._empty_thin(sums, threshold)
        lines = [line for line in map(self._sum, sums) if line]
        bounds = [self._cover(cover) for cover in covers]
        self._merge(lines, bounds)

    def _add(self, name: Name, count: int) -> None:
        self.entry_of[name] = len(self.count)
        self.count.append(count)

    def _declare(self, whole: Name, parts: Iterable[Name]) -> None:
        if whole not in self.entry_of:
            self._add(whole, 0)
        for part in parts:
            if part not in self.entry_of:
                self._add(part, 0)

    def _empty_thin(self, sums: Sequence[Sum], threshold: int) -> None:
        """Lines with fewer counted things than boxes, or a small total, show nothing, zeros included."""
        entry_of, count = self.entry_of, self.count
        lines = [(entry_of[line.total], [entry_of[part] for part in line.parts]) for line in sums]
        self.thin = []
        blank: set[int] = set()
        for number, (total, parts) in enumerate(lines):
            if (
                count[total] > 0
                and len(parts) > 1
                and (count[total] <= threshold or count[total] < len(parts))
            ):
                self.thin.append(number)
                blank.update(parts)
        # A zero can't hide where a shown zero stands above it, and what is under a hidden zero hides with it.
        above: dict[int, list[int]] = {}
        under: dict[int, list[list[int]]] = {}
        for total, parts in lines:
            if not count[total]:
                under.setdefault(total, []).append(parts)
                for part in parts:
                    above.setdefault(part, []).append(total)
        hidden = [entry for entry in blank if not count[entry]]
        zeros = set(hidden)
        while hidden:
            for parts in under.get(hidden.pop(), ()):
                new = [part for part in parts if part not in zeros]
                zeros.update(new)
                hidden += new
        again = True
        while again:
            gone = {entry for entry in zeros if any(total not in zeros for total in above.get(entry, ()))}
            zeros -= gone
            again = bool(gone)
        self.blank = zeros | {entry for entry in blank if count[entry]}

    def _sum(self, line: Sum) -> tuple[int, list[int]] | None:
        total, count, blank = self.entry_of[line.total], self.count, self.blank
        parts = [
            entry for entry in map(self.entry_of.__getitem__, line.parts) if count[entry] or entry in blank
        ]
        if sum(count[entry] for entry in parts) != count[total]:
            raise ValueError(f"{line.total!r} is not the sum of its parts")
        if not parts:
            return None
        if len(parts) == 1:
            first, second = self._twin(total), self._twin(parts[0])
            self._twins[max(first, second)] = min(first, second)
            return None
        return total, parts

    def _cover(self, cover: Cover) -> tuple[int, list[int], bool]:
        whole, count, blank = self.entry_of[cover.whole], self.count, self.blank
        parts = [
            entry for entry in map(self.entry_of.__getitem__, cover.parts) if count[entry] or entry in blank
        ]
        if any(count[entry] > count[whole] for entry in parts):
            raise ValueError(f"a part exceeds its whole {cover.whole!r}")
        if cover.full and sum(count[entry] for entry in parts) < count[whole]:
            raise ValueError(f"the parts of {cover.whole!r} do not reach it")
        return whole, parts, cover.full

    def _twin(self, entry: int) -> int:
        twins = self._twins
        while twins[entry] != entry:
            twins[entry] = twins[twins[entry]]
            entry = twins[entry]
        return entry

    def _merge(self, lines: list[tuple[int, list[int]]], bounds: list[tuple[int, list[int], bool]]) -> None:
        """Number the entries again, one per group of twins, and write equalities and covers with them."""
        number: dict[int, int] = {}
        roots = [self._twin(entry) for entry in range(len(self.count))]
        for root in roots:
            number.setdefault(root, len(number))
        places = [number[root] for root in roots]
        counts = [0] * len(number)
        for entry, place in enumerate(places):
            counts[place] = self.count[entry]
        self.count = counts
        self.blank = {places[entry] for entry in self.blank}
        self.entry_of = {name: places[entry] for name, entry in self.entry_of.items()}
        # Equalities: members with their sign, the total negative.
        self.lines: list[list[tuple[int, int]]] = []
        self.through: list[list[tuple[int, int]]] = [[] for _ in counts]
        seen: set[tuple[int, ...]] = set()
        self.height = [0] * len(counts)
        for total, parts in lines:
            members = (places[total], *(places[part] for part in parts))
            if members in seen:
                continue
            seen.add(members)
            line = [(entry, 1 if place else -1) for place, entry in enumerate(members)]
            for entry, sign in line:
                self.through[entry].append((len(self.lines), sign))
            self.lines.append(line)
        self._rank(lines, places)
        # The entry two equalities share, with its sign in each.
        self.joint: dict[tuple[int, int], tuple[int, int, int]] = {}
        for entry, passes in enumerate(self.through):
            for line, sign in passes:
                for other, side in passes:
                    if line != other:
                        self.joint[line, other] = (entry, sign, side)
        self.covers: list[tuple[int, tuple[int, ...], bool]] = []
        self.covered: list[list[int]] = [[] for _ in counts]
        self.wholes: list[list[int]] = [[] for _ in counts]
        for whole, parts, full in bounds:
            top = places[whole]
            inner = tuple(places[part] for part in parts)
            if not inner or (not full and all(part == top for part in inner)):
                continue
            for entry in {top, *inner}:
                self.covered[entry].append(len(self.covers))
            self.covers.append((top, inner, full and top not in inner))
            for entry in inner:
                if entry != top:
                    self.wholes[entry].append(top)

    def _rank(self, lines: list[tuple[int, list[int]]], places: list[int]) -> None:
        """How high each entry stands: a total above its parts (bounded, as equalities may run in rings)."""
        for _ in range(8):
            changed = False
            for total, parts in lines:
                level = 1 + max(self.height[places[part]] for part in parts)
                if level > self.height[places[total]] and level < 8:
                    self.height[places[total]] = level
                    changed = True
            if not changed:
                return
