"""The history of a record: each act with its date, its role, each field before and after."""

from dataclasses import dataclass

from territories.access import Actor
from territories.enums import SiteChangeKind
from territories.models import Site, SiteChange
from territories.querysets import TenantQuerySet
from territories.services.record.edit import WORDS


@dataclass(frozen=True, slots=True)
class Entry:
    """One act as the page shows it."""

    row: SiteChange
    # (field in words, before, after), as they were shown then.
    lines: tuple[tuple[str, str, str], ...]

    @property
    def kind(self) -> str:
        """Kind of badge."""
        return {
            SiteChangeKind.CONFIRMED: "ok",
            SiteChangeKind.CHECKED: "ok",
            SiteChangeKind.CLOSED: "error",
            SiteChangeKind.REOPENED: "info",
            SiteChangeKind.CREATED: "info",
        }.get(SiteChangeKind(self.row.kind), "plain")


def history_of(by: Actor, site: Site) -> TenantQuerySet:
    """Acts on one record, the last first; row security tells who may read them."""
    return SiteChange.objects.visible_to(by).filter(site=site).order_by("-at", "-pk")


def entry_of(row: SiteChange) -> Entry:
    lines = []
    for name, values in row.changes.items():
        if isinstance(values, list) and len(values) == 2:
            before, after = ("" if value is None else str(value) for value in values)
            lines.append((WORDS.get(name, name), before, after))
    order = {words: rank for rank, words in enumerate(WORDS.values())}
    return Entry(row, tuple(sorted(lines, key=lambda line: order.get(line[0], len(order)))))
