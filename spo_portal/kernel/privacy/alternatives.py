"""Search of another consistent publication: the proof that a reader can't narrow a masked count.

A world is one value for each entry that respects every equality, every cover and every published reason. It
starts as the truth and is pushed from one world to the next; the least and greatest value each entry takes
on the way are values the reader can't rule out. Pushing may hide one more entry: the cheapest is chosen.
"""

from __future__ import annotations

from math import log2

from .linked import Linked
from .moves import BUDGET, ENDLESS, NEUTRAL, SMALL, Moves


class Worlds(Moves):
    """The published state of each entry, and the world being pushed."""

    def __init__(self, linked: Linked, threshold: int) -> None:
        super().__init__(linked)
        self.threshold = threshold
        self.least, self.most = list(linked.count), list(linked.count)
        self.moved: set[int] = set()
        for entry, count in enumerate(self.true):
            if 1 <= count <= threshold:
                self.state[entry], self.low[entry], self.high[entry] = SMALL, 1, threshold
            # Totals are the last to go, then the largest.
            self.price[entry] = 12.0 + 25.0 * linked.height[entry] + 3.0 * log2(1 + count)
        for entry in linked.blank:
            self._loosen(entry)
        for line in linked.lines:
            self._unbind(line)

    def _unbind(self, line: list[tuple[int, int]]) -> None:
        """Parts whose reasons alone would narrow one another: they are masked without a bound."""
        total, parts = line[0][0], [entry for entry, _ in line[1:]]
        if self.state[total] != SMALL:
            few = sum(1 <= self.true[entry] <= self.threshold for entry in parts)
            many = sum(self.true[entry] > self.threshold for entry in parts)
            count, others, most = self.true[total], few - 1, self.threshold
            if few <= many or (not many and most + others <= count <= 1 + most * others):
                return
        for entry in parts:
            if self.state[entry] == SMALL:
                self._loosen(entry)

    def protect_all(self, small: list[int]) -> bool:
        """Protect each of these entries; False when one stays unproved, whatever is hidden round it."""
        left = [entry for entry in small if not self.protect(entry)]
        for distance in range(5):
            if not left:
                return True
            # Few are left: look longer, then hide more and more round them.
            self.steps, self.visits, self.tries, self.left = 90, 3000, 6, BUDGET // 3
            for entry in left if distance else ():
                self._clear(entry, distance)
            left = [entry for entry in left if not self.protect(entry)]
        return not left

    def _clear(self, entry: int, distance: int) -> None:
        """Hide all that stands at this many equalities of an entry, grand totals excepted."""
        lines, through, height = self.linked.lines, self.linked.through, self.linked.height
        edge, seen = {entry}, set()
        for _ in range(distance):
            near = {line for one in edge for line, _ in through[one]} - seen
            seen |= near
            edge = {
                one
                for line in near
                for one, _ in lines[line]
                if height[one] <= height[entry] + max(0, distance - 2)
            }
        for one in edge:
            if self.state[one] != NEUTRAL:
                self._loosen(one)

    def protect(self, entry: int) -> bool:
        """Push until this small entry has read 1 and the threshold; False when no way was found.

        Each failure gives the search more room, what costs a reader least first.
        """
        for widen in (None, self._unbind_near, self._unbind_far, self._dig, self._hide_near):
            if self.left < 0:
                break
            if widen:
                widen(entry)
            if self._reach(entry, 1, self.threshold) and self._reach(entry, -1, 1):
                self._home()
                self.deep = False
                return True
            self._home()
        self.deep = False
        return False

    def _dig(self, entry: int) -> None:
        self.deep = True

    def _unbind_near(self, entry: int) -> None:
        """Stop saying that the counts added with this one are small."""
        for line, _ in self.linked.through[entry]:
            for near, _ in self.linked.lines[line]:
                if self.state[near] == SMALL:
                    self._loosen(near)

    def _unbind_far(self, entry: int) -> None:
        for line, _ in self.linked.through[entry]:
            for near, _ in self.linked.lines[line]:
                if self.state[near] == NEUTRAL:
                    self._unbind_near(near)

    def _hide_near(self, entry: int) -> None:
        """Hide all that is added with this one, totals excepted."""
        for line, _ in self.linked.through[entry]:
            for near, _ in self.linked.lines[line]:
                if self.state[near] != NEUTRAL and self.linked.height[near] <= self.linked.height[entry]:
                    self._loosen(near)

    def _home(self) -> None:
        for entry in self.moved:
            self.now[entry] = self.true[entry]
        self.moved.clear()

    def _reach(self, entry: int, sign: int, goal: int) -> bool:
        while (self.most[entry] < goal) if sign > 0 else (self.least[entry] > goal):
            wanted = (goal - self.now[entry]) * sign
            found = self._search(entry, sign, wanted)
            if wanted > 1 and (found is None or found[1] >= 10):
                step = self._search(entry, sign, 1)
                if step is not None and (found is None or step[1] < found[1] / 2):
                    found, wanted = step, 1
            if found is None:
                return False
            self._apply(found[0], wanted)
        return True

    def _apply(self, move: dict[int, int], amount: int) -> None:
        now, least, most = self.now, self.least, self.most
        for entry, sign in move.items():
            value = now[entry] + sign * amount
            if not self.low[entry] <= value <= self.high[entry]:
                self._loosen(entry)
            now[entry] = value
            self.moved.add(entry)
            if value < least[entry]:
                least[entry] = value
            elif value > most[entry]:
                most[entry] = value

    def _loosen(self, entry: int) -> None:
        """Hide a shown count, or stop saying that a hidden one is small."""
        self.low[entry] = 0
        self.high[entry] = ENDLESS
        self.state[entry] = NEUTRAL
