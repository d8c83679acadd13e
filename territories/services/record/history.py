"""The history of a record: each act with its date, its role, each field before and after."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from territories.access import Actor
from territories.enums import SiteChangeKind
from territories.models import Site, SiteChange
from territories.querysets import TenantQuerySet
from territories.services.record.edit import WORDS

# More than that is folded: a page of the history shows acts, not the year of a place.
SHOWN = 5
# Kept as one text, read sentence by sentence: « Horaires » is a week, its seasons, its closures.
_TOLD = frozenset({"Horaires", "Saisons passées"})
_SENTENCES = re.compile(r"(?<=\.) (?=[A-ZÀ-Ý])")
KINDS = {
    SiteChangeKind.CONFIRMED: "ok",
    SiteChangeKind.CHECKED: "ok",
    SiteChangeKind.CLOSED: "error",
    SiteChangeKind.REOPENED: "info",
    SiteChangeKind.CREATED: "info",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One field: its words, before and after, as they were shown then.

    A text of several sentences gives those that left and those that came; ``same``: others did not change.
    """

    words: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    told: bool = False
    same: bool = False

    @property
    def count(self) -> int:
        return max(1, len(self.before) + len(self.after)) if self.told else 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One save as the page shows it: what the same writer did at the same moment."""

    rows: tuple[SiteChange, ...]
    lines: tuple[Line, ...]

    @property
    def row(self) -> SiteChange:
        """Any of them tells when and by whom."""
        return self.rows[0]

    @property
    def badges(self) -> list[tuple[str, str]]:
        """(words, kind of badge) of each nature of change, once."""
        found = {row.kind: row.get_kind_display() for row in self.rows}
        return [(words, KINDS.get(SiteChangeKind(kind), "plain")) for kind, words in found.items()]

    @property
    def reasons(self) -> list[str]:
        return list(dict.fromkeys(row.reason for row in self.rows if row.reason))

    @property
    def folded(self) -> bool:
        return self.count > SHOWN

    @property
    def count(self) -> int:
        return sum(line.count for line in self.lines)

    @property
    def fields(self) -> list[str]:
        return list(dict.fromkeys(line.words for line in self.lines))


def history_of(by: Actor, site: Site) -> TenantQuerySet:
    """Acts on one record, the last first; row security tells who may read them."""
    return SiteChange.objects.visible_to(by).filter(site=site).order_by("-at", "-pk")


def entries_of(rows: Iterable[SiteChange]) -> list[Entry]:
    """Rows in order, those of one save together: they bear the moment of its transaction."""
    saves = groupby(rows, key=lambda row: (row.at, row.by_id, row.by_label))
    return [_entry(tuple(group)) for _, group in saves]


def _entry(rows: tuple[SiteChange, ...]) -> Entry:
    lines = [
        _line(WORDS.get(name, name), *("" if value is None else str(value) for value in values))
        for row in rows
        for name, values in row.changes.items()
        if isinstance(values, list) and len(values) == 2
    ]
    order = {words: rank for rank, words in enumerate(WORDS.values())}
    return Entry(rows, tuple(sorted(lines, key=lambda line: order.get(line.words, len(order)))))


def _line(words: str, before: str, after: str) -> Line:
    if words not in _TOLD:
        return Line(words, (before,) if before else (), (after,) if after else ())
    old, new = (tuple(part for part in _SENTENCES.split(text) if part) for text in (before, after))
    left = tuple(part for part in old if part not in new)
    came = tuple(part for part in new if part not in old)
    return Line(words, left, came, told=True, same=len(left) < len(old) or len(came) < len(new))
