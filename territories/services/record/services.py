"""The grid of services of a place: what it gives, how and by whom (GUIDE, « Niveaux de service SPO »)."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from spo_portal.kernel.errors import Conflict, Refused
from territories.access import Actor, require
from territories.enums import ServiceLevel, ServiceMode, SiteChangeKind
from territories.models import ServiceItem, Site, SiteService
from territories.permissions import Perm
from territories.services.record.edit import keeps, lock
from territories.services.record.note import checked_text, note

WHO_MAX = 120


@dataclass(frozen=True, slots=True)
class Given:
    """How one service is given, and by which function of the place."""

    mode: str
    who: str = ""

    @property
    def words(self) -> str:
        label = str(ServiceMode(self.mode).label)
        return f"{label}, {self.who}" if self.who else label


Grid = Mapping[int, Given]


@dataclass(slots=True)
class Line:
    """One item of the grid, and what the place says of it."""

    item: ServiceItem
    given: Given | None = None
    error: str = ""


@dataclass(slots=True)
class Block:
    code: str
    name: str
    note: str
    lines: list[Line] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(line.given is not None and line.given.mode != "" for line in self.lines)


@dataclass(slots=True)
class Level:
    """One of the three niveaux de service."""

    code: str
    name: str
    blocks: list[Block] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(block.count for block in self.blocks)

    @property
    def total(self) -> int:
        return sum(len(block.lines) for block in self.blocks)


class GridConflict(Conflict):
    """Somebody saved this grid in between: ``differences`` are (service, theirs, mine)."""

    def __init__(self, seen: str, differences: list[tuple[str, str, str]]) -> None:
        super().__init__("Quelqu’un d’autre a enregistré cette grille pendant que vous la remplissiez.")
        self.seen, self.differences = seen, differences


def items_of(by: Actor, site: Site) -> list[ServiceItem]:
    """Items in force in the region, in the order of the grid."""
    rows = ServiceItem.objects.visible_to(by).filter(region_id=site.region_id, active=True)
    return list(rows.order_by("order", "pk"))


def given_by(by: Actor, site: Site) -> dict[int, Given]:
    """What the place says of the items in force, by item."""
    rows = SiteService.objects.visible_to(by).filter(site=site, item__active=True)
    return {item: Given(mode, who) for item, mode, who in rows.values_list("item_id", "mode", "who")}


def levels_of(items: Iterable[ServiceItem], given: Grid) -> list[Level]:
    """The grid as the page shows it: levels, blocks, items with what the place says."""
    levels: dict[str, Level] = {}
    blocks: dict[str, Block] = {}
    for item in items:
        level = levels.setdefault(item.level, Level(item.level, str(ServiceLevel(item.level).label)))
        block = blocks.get(item.block)
        if block is None:
            block = blocks[item.block] = Block(item.block, item.block_name, item.block_note)
            level.blocks.append(block)
        block.lines.append(Line(item, given.get(item.pk)))
    return [levels[code] for code in ServiceLevel.values if code in levels]


def fingerprint(given: Grid) -> str:
    """Short mark of a grid as shown: two people who fill it at once can't overwrite each other."""
    rows = sorted((item, one.mode, one.who) for item, one in given.items())
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:16]


def save_services(*, by: Actor, site: Site, grid: Grid, seen: str) -> int:
    """Replace what the place says of the grid; return how many items changed.

    ``seen`` is the fingerprint of the grid the form was made from: raises ``GridConflict`` when it changed
    since, ``Refused`` when a text holds somebody (« who » is a function, never a name).
    """
    require(by, Perm.KEEP_RECORD)
    if not keeps(by, site):
        raise Refused("Vous tenez la grille de votre lieu, ou des lieux de votre territoire, seulement.")
    with transaction.atomic():
        locked = lock(by, site)
        items = {item.pk: item for item in items_of(by, locked)}
        wanted = {pk: _checked(pk, one) for pk, one in grid.items() if pk in items}
        current = given_by(by, locked)
        changes = _differences(items, current, wanted)
        if not changes:
            return 0
        if fingerprint(current) != seen:
            raise GridConflict(
                fingerprint(current), [(name, old, new) for name, (old, new) in changes.items()]
            )
        _write(by, locked, current, wanted)
        locked.changed_at = timezone.now()
        locked.save(update_fields=["changed_at"])
        note(by=by, site=locked, kind=SiteChangeKind.SERVICES, changes=changes)
    return len(changes)


def _checked(pk: int, one: Given) -> Given:
    if one.mode not in ServiceMode.values:
        raise Refused("Choisissez comment ce service est rendu.", f"m_{pk}")
    kept = "la grille d’un lieu"
    return Given(one.mode, checked_text(one.who, field=f"q_{pk}", limit=WHO_MAX, kept=kept))


def _differences(items: Mapping[int, ServiceItem], before: Grid, after: Grid) -> dict[str, tuple[str, str]]:
    """By « block: service », what is said before and after; two blocks may hold the same service."""
    found = {}
    for pk, item in items.items():
        old, new = before.get(pk), after.get(pk)
        if old != new:
            name = f"{item.block_name} : {item.name}"
            found[name] = (old.words if old else "", new.words if new else "")
    return found


def _write(by: Actor, site: Site, before: Grid, after: Grid) -> None:
    rows = SiteService.objects.visible_to(by).filter(site=site)
    rows.filter(item_id__in=[pk for pk in before if after.get(pk) != before[pk]]).delete()
    SiteService.objects.bulk_create(
        SiteService(region_id=site.region_id, site=site, item_id=pk, mode=one.mode, who=one.who)
        for pk, one in after.items()
        if before.get(pk) != one
    )
