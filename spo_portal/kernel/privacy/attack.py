"""What a careful reader of a masked table can work out, exactly.

A table with its totals is a circulation: each cell is an arc from its row to its column, each total the arc
back. Raising or lowering one hidden cell pushes the difference round a cycle of other hidden cells, so the
reader's best bounds come from a maximum flow; all numbers being whole, they are exact, no approximation.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

ENDLESS = 10**15


@dataclass(frozen=True)
class Arc:
    """A hidden cell: where it runs, its true value, and the bounds its published reason gives away."""

    tail: Hashable
    head: Hashable
    value: int
    low: int
    high: int = ENDLESS


class Reader:
    """Someone who knows every shown cell, every reason, and the rule itself."""

    def __init__(self, arcs: Mapping[Hashable, Arc]) -> None:
        self.arcs = arcs
        self.place: dict[Hashable, int] = {}
        self.target: list[Hashable] = []
        self.room: list[int] = []
        self.out: dict[Hashable, list[int]] = {}
        for key, arc in arcs.items():
            self.place[key] = len(self.target)
            self._add(arc.tail, arc.head, arc.high - arc.value)
            self._add(arc.head, arc.tail, arc.value - arc.low)

    def _add(self, tail: Hashable, head: Hashable, room: int) -> None:
        self.out.setdefault(tail, []).append(len(self.target))
        self.target.append(head)
        self.room.append(room)

    def bounds(self, key: Hashable, low: int, high: int) -> tuple[int, int]:
        """The least and greatest value the reader can't rule out, searched no further than low..high."""
        arc = self.arcs[key]
        up = self._push(arc.head, arc.tail, max(0, min(high, arc.high) - arc.value), key)
        down = self._push(arc.tail, arc.head, max(0, arc.value - max(low, arc.low)), key)
        return arc.value - down, arc.value + up

    def _push(self, source: Hashable, sink: Hashable, wanted: int, banned: Hashable) -> int:
        room = list(self.room)
        own = self.place[banned]
        room[own] = room[own + 1] = 0
        done = 0
        while done < wanted:
            path = self._path(source, sink, room)
            if not path:
                break
            amount = min(wanted - done, min(room[step] for step in path))
            for step in path:
                room[step] -= amount
                room[step ^ 1] += amount
            done += amount
        return done

    def _path(self, source: Hashable, sink: Hashable, room: list[int]) -> list[int]:
        came: dict[Hashable, int] = {source: -1}
        queue = deque([source])
        while queue:
            node = queue.popleft()
            for step in self.out.get(node, ()):
                head = self.target[step]
                if room[step] > 0 and head not in came:
                    came[head] = step
                    if head == sink:
                        return self._back(came, source, sink)
                    queue.append(head)
        return []

    def _back(self, came: dict[Hashable, int], source: Hashable, sink: Hashable) -> list[int]:
        steps = []
        node = sink
        while node != source:
            steps.append(came[node])
            node = self.target[came[node] ^ 1]
        return steps
