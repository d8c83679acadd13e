"""Search of the changes that turn a consistent publication into another one.

A change breaks the equalities it is part of; each is mended by another change, chosen for what it costs the
reader (a figure hidden, a bound withdrawn) and for the equalities it mends or breaks in turn.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Final

from .linked import Linked

Finder = Callable[[dict[int, int], dict[int, int], int, set[int]], "list[tuple[int, int, float]] | None"]
ENDLESS: Final = 10**15
SHOWN, SMALL, NEUTRAL = 0, 1, 2
# Bounds of the work: changes in one move, equalities looked at on one way, cells looked at in all.
STEPS: Final = 28
VISITS: Final = 150
BUDGET: Final = 3_000_000


class Moves:
    """One world of a publication, and the moves possible from it."""

    def __init__(self, linked: Linked) -> None:
        self.linked = linked
        self.true = linked.count
        self.now, self.low, self.high = list(linked.count), list(linked.count), list(linked.count)
        size = len(linked.count)
        self.state = [SHOWN] * size
        self.price = [0.0] * size
        self.tops = [linked.height[line[0][0]] for line in linked.lines]
        self.left, self.steps, self.visits, self.tries = BUDGET, STEPS, VISITS, 1
        self.second, self.deep = -1, False

    def _cost(self, entry: int, change: int) -> float:
        """What moving an entry costs the reader: nothing when already free, ENDLESS when impossible."""
        value = self.now[entry] + change
        if self.low[entry] <= value <= self.high[entry]:
            return 0.0
        state = self.state[entry]
        if state == SHOWN:
            return self.price[entry] if value >= 0 and self.true[entry] else ENDLESS
        if state == SMALL and value >= 0:
            return 6.0
        return ENDLESS

    def _search(self, entry: int, sign: int, amount: int) -> tuple[dict[int, int], float] | None:
        for finder, tries in ((self._next, 4), (self._path, self.tries)) if self.deep else ((self._next, 4),):
            banned: set[int] = set()
            for turn in range(tries):
                self.second = -1
                found = self._attempt(entry, sign, amount, banned, finder)
                if found is None or isinstance(found, tuple):
                    break
                if found == entry:
                    break
                banned.add(self.second if turn % 2 and self.second >= 0 else found)
            if isinstance(found, tuple):
                return found
        return None

    def _attempt(
        self, entry: int, sign: int, amount: int, banned: set[int], finder: Finder
    ) -> tuple[dict[int, int], float] | int | None:
        """A move of this amount, or the entry that made it fail, or None."""
        cost = self._cost(entry, sign * amount)
        if cost >= ENDLESS:
            return None
        move: dict[int, int] = {}
        broken: dict[int, int] = {}
        self._put(entry, sign, move, broken)
        last = entry
        for _ in range(self.steps):
            while broken:
                path = finder(broken, move, amount, banned)
                if path is None:
                    return last if last != entry else None
                for step, change, price in path:
                    if step in move:
                        return step
                    self._put(step, change, move, broken)
                    cost += price
                    last = step
                    if self.second < 0:
                        self.second = step
                if len(move) > self.steps:
                    return last
            repair = self._uncovered(move, amount, banned)
            if repair is None:
                return move, cost
            step, change = repair
            if change == 0 or step in move:
                return step
            price = self._cost(step, change * amount)
            if price >= ENDLESS:
                return last if last != entry else None
            cost += price
            self._put(step, change, move, broken)
        return None

    def _next(
        self, broken: dict[int, int], move: dict[int, int], amount: int, banned: set[int]
    ) -> list[tuple[int, int, float]] | None:
        """The best single change for the last broken equality, looking one change further."""
        through, joint, wholes = self.linked.through, self.linked.joint, self.linked.wholes
        now, low, high = self.now, self.low, self.high
        tops, line = self.tops, -1
        for target in broken:
            if line < 0 or tops[target] >= tops[line]:
                line = target
        need = 1 if broken[line] > 0 else -1
        others = [(target, left) for target, left in broken.items() if target != line]
        best, least = None, 1e9
        members = self.linked.lines[line]
        self.left -= len(members)
        if self.left < 0:
            return None
        for entry, side in members:
            if entry in move or entry in banned:
                continue
            change = -need * side
            value = now[entry] + change * amount
            price = 0.0 if low[entry] <= value <= high[entry] else self._cost(entry, change * amount)
            if price >= ENDLESS:
                continue
            room = high[entry] - value if change > 0 else value - low[entry]
            score = price if room > 15 else price + 0.8 - 0.05 * room
            if score >= least + 7.0:
                continue
            for whole in wholes[entry]:
                if whole in move:
                    # A whole that moves wants its parts to follow.
                    score += -2.5 if move[whole] == change else 2.5
            opened = 0
            for other, sign in through[entry]:
                if other == line:
                    continue
                effect = sign * change
                if broken.get(other, 0) * effect < 0:
                    score -= 3.0
                    continue
                opened += 1
                score += 4.0 if opened < 3 else 9.0
                ease = 0.0
                for target, left in others:
                    found = joint.get((other, target))
                    if found is not None and found[0] not in move and found[0] not in banned:
                        third, mine, his = found
                        turn = -effect * mine
                        if his * turn * left < 0:
                            value = now[third] + turn * amount
                            if low[third] <= value <= high[third]:
                                ease = 3.0
                                break
                            ease = max(ease, 2.9 - self._cost(third, turn * amount))
                score -= ease
            if score < least:
                least, best = score, (entry, change, price)
        return [best] if best else None

    def _put(self, entry: int, sign: int, move: dict[int, int], broken: dict[int, int]) -> None:
        move[entry] = sign
        for line, side in self.linked.through[entry]:
            left = broken.get(line, 0) + side * sign
            if left:
                broken[line] = left
            else:
                del broken[line]

    def _path(
        self, broken: dict[int, int], move: dict[int, int], amount: int, banned: set[int]
    ) -> list[tuple[int, int, float]] | None:
        """The cheapest chain of changes from one broken equality to another one it repairs too."""
        lines, through = self.linked.lines, self.linked.through
        start = min(broken, key=lambda line: len(lines[line]))
        first = 1 if broken[start] > 0 else -1
        heap: list[tuple[float, int, int, int, tuple | None]] = [(0.0, 0, start, first, None)]
        done: set[tuple[int, int]] = set()
        ticket = 0
        while heap:
            so_far, _, line, need, trail = heappop(heap)
            if line < 0:
                return self._unroll(trail)
            if (line, need) in done:
                continue
            done.add((line, need))
            self.left -= 3 * len(lines[line])
            if len(done) > self.visits or self.left < 0:
                return None
            came = trail[0] if trail else -1
            for entry, side in lines[line]:
                if entry == came or entry in move or entry in banned:
                    continue
                change = -need * side
                price = self._cost(entry, change * amount)
                if price >= ENDLESS:
                    continue
                fixed, opened = 0, []
                for other, sign in through[entry]:
                    if other == line:
                        continue
                    effect = sign * change
                    if broken.get(other, 0) * effect < 0:
                        fixed += 1
                    else:
                        opened.append((other, effect))
                total = so_far + price + 1.0
                step = (entry, change, price, trail)
                ticket += 1
                if not opened:
                    heappush(heap, (total - 0.4 * min(fixed, 2), ticket, -1, 0, step))
                    continue
                total += 2.5 * (len(opened) - 1) - 0.3 * min(fixed, 2)
                if fixed:
                    heappush(heap, (total + 2.5, ticket, -1, 0, step))
                for other, effect in opened:
                    if (other, effect) not in done:
                        ticket += 1
                        heappush(heap, (total, ticket, other, effect, step))
        return None

    def _unroll(self, trail: tuple | None) -> list[tuple[int, int, float]]:
        path = []
        while trail is not None:
            entry, change, price, trail = trail
            path.append((entry, change, price))
        return path[::-1]

    def _uncovered(self, move: dict[int, int], amount: int, banned: set[int]) -> tuple[int, int] | None:
        """A change that mends the first cover this move breaks; (entry, 0) when none can."""
        now = self.now
        for entry in list(move):
            for number in self.linked.covered[entry]:
                whole, parts, full = self.linked.covers[number]
                top = now[whole] + amount * move.get(whole, 0)
                for part in parts:
                    if now[part] + amount * move.get(part, 0) > top:
                        if whole not in move:
                            return whole, 1
                        if part not in move:
                            return part, -1
                        return (part if part != entry else whole), 0
                if full and sum(now[part] + amount * move.get(part, 0) for part in parts) < top:
                    free = [part for part in parts if part not in move and part not in banned]
                    if not free:
                        return entry, 0
                    return min(free, key=lambda part: (self._cost(part, amount), part)), 1
        return None
