"""One line of a file of places, what it would do, and all of them together."""

import hashlib
import json
from dataclasses import dataclass, field

from spo_portal.kernel.transfer import CellError
from territories import hours
from territories.models import Reseau, Site, Territory
from territories.services.record.edit import WORDS, Record
from territories.services.record.services import Given

CREATED, CHANGED, SAME, REFUSED = "creation", "modification", "identique", "refus"
Grid = dict[int, Given]


@dataclass(slots=True)
class Line:
    """One line of the file: what it does to the directory, or why it does nothing."""

    number: int
    name: str
    status: str = SAME
    site: Site | None = None
    territory: Territory | None = None
    # Name of the field (as the history keeps it), before, after.
    changes: dict[str, tuple[str, str]] = field(default_factory=dict)
    errors: list[CellError] = field(default_factory=list)
    record: Record | None = None
    extra: dict[str, str] = field(default_factory=dict)
    week: hours.Week | None = None
    grid: Grid | None = None
    reseau: Reseau | None = None
    direction: str = ""
    code: str = ""
    # The hours go (further) under 50 % without an appointment: somebody must say why.
    asks_why: bool = False

    @property
    def shown(self) -> list[tuple[str, str, str]]:
        return [(WORDS.get(name, name), *values) for name, values in self.changes.items()]


@dataclass(slots=True)
class Plan:
    """All the lines, in the order of the file."""

    lines: list[Line]

    def of(self, status: str) -> list[Line]:
        return [line for line in self.lines if line.status == status]

    @property
    def created(self) -> int:
        return len(self.of(CREATED))

    @property
    def changed(self) -> int:
        return len(self.of(CHANGED))

    @property
    def same(self) -> int:
        return len(self.of(SAME))

    @property
    def refused(self) -> int:
        return len(self.of(REFUSED))

    @property
    def asks_why(self) -> bool:
        return any(line.asks_why for line in self.lines)

    @property
    def mark(self) -> str:
        """Short mark of what would be written: a directory that changed since the reading is seen."""
        told = [
            (line.number, line.status, line.site.pk if line.site else 0, sorted(line.changes.items()))
            for line in self.lines
        ]
        return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()[:16]
