"""Below which size a month, a network or a site is published without its detail.

Under 10 times the threshold (40 fiches inside, 100 outside) nearly every value of a slice would be masked,
and protecting them would hide much of the others. Such a slice shows its contacts for the year only; its
values are counted with those of the other small slices, in a group that no reader sees but can work out by
subtraction, and that is therefore masked like the rest. A group never stands for one slice alone, and is
large enough that its figures and the contacts of its members tell nothing of a small value of one of them.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dashboards.enums import Dimension
from dashboards.services.build_counts import CONTACTS, MERGED, YEAR, Counts, Name, Slice
from dashboards.services.published import FLOOR_TIMES, LEFT_OUT, UNDER, is_published
from spo_portal.kernel.privacy import INSIDE

Details = Mapping[str, Counter[tuple[str, str]]]
_ALL = (CONTACTS, "")
COARSE = frozenset({Dimension.ISSUE, Dimension.SUITE, Dimension.DEMANDE})
ENDLESS = 10**15
NO_GROUP = ""
CROSSED = {
    Dimension.STATUT_AGE,
    Dimension.DEMANDE_REPONSE,
    Dimension.DEMANDE_STATUT,
    Dimension.DEMANDE_ISSUE,
    Dimension.DESTINATION_SITE,
}


@dataclass
class Under:
    """Keys published without detail, by axis: ``m`` months, ``r`` networks, ``s`` sites."""

    keys: dict[str, list[str]] = field(default_factory=lambda: {"m": [], "r": [], "s": []})
    group: dict[Slice, str] = field(default_factory=dict)

    def put(self, axis: str, members: Collection[str], group: str, size: int) -> None:
        """Group members of a whole of ``size`` slices. All of them together are that whole: no group then."""
        for key in members:
            self.keys[axis].append(key)
            self.group[axis, key] = group if len(members) < size else NO_GROUP


def floor_of(threshold: int) -> int:
    """Contacts a slice needs in the year to show its detail."""
    return FLOOR_TIMES * threshold


@dataclass(frozen=True, slots=True)
class Level:
    """How much a publication details: ``axes`` with contacts (``x``: the months of each site), those along
    which fiches are detailed, by which dimensions (all by default), and what crosses two of them."""

    axes: str
    detailed: str = ""
    dimensions: frozenset[str] | None = None
    crossings: bool = False

    def keeps(self, name: Name) -> bool:
        part, dimension, _ = name
        axis = part[0]
        if axis == "y":
            return self.crossings or dimension not in CROSSED
        if len(axis) == 2:
            return set("mx" + axis if axis == "ms" else axis) <= set(self.axes)
        if axis not in self.axes or dimension == CONTACTS:
            return axis in self.axes
        return axis in self.detailed and (self.dimensions is None or dimension in self.dimensions)


def levels(found: Counts, threshold: int) -> list[Level]:
    """From the fullest publication to the barest. What everybody reads says less of each site."""
    bare = [Level("mrs"), Level("")]
    if found.counts[YEAR, CONTACTS, ""] < floor_of(threshold):
        wanted = bare
    elif threshold <= INSIDE:
        fine = [Level("mrsx", "mrs", crossings=True), Level("mrsx", "mrs")]
        wanted = [*fine, Level("mrs", "mr", COARSE), *bare]
    else:
        fine = [Level("mrs", "mr", crossings=True), Level("mrs", "mr", COARSE)]
        wanted = [*fine, Level("mr", "mr", COARSE), *bare]
    return [_without_silent(found, level, threshold) for level in wanted]


def _without_silent(found: Counts, level: Level, threshold: int) -> Level:
    """The level without the axes whose contacts, beside the figures of the year, bound a value left out."""
    left = Counter(
        {
            name: n
            for name, n in found.counts.items()
            if not level.keeps(name) or (name[1] == CONTACTS and len(name[0]) == 2)
        }
    )
    silent = silent_axes(replace(found, counts=left), threshold)
    if "r" in silent:
        # The sites of a network tell of it.
        silent += "s"
    kept = "".join(axis for axis in level.axes if axis not in silent)
    return replace(level, axes=kept, detailed="".join(axis for axis in level.detailed if axis in kept))


def narrowed(found: Counts, level: Level) -> Counts:
    """What is kept of the counts at this level."""
    return replace(found, counts=Counter({name: n for name, n in found.counts.items() if level.keeps(name)}))


def merge(found: Counts, threshold: int) -> tuple[Counts, dict[str, list[str]]]:
    """Counts with the small slices grouped, and their keys by axis."""
    under = _small(found, threshold)
    merged = replace(found, counts=Counter(), groups={}, grouped=_homes(found, under))
    for (axis, key), group in under.group.items():
        if group:
            merged.groups.setdefault((axis, group), []).append((axis, key))
    counts = merged.counts
    for (part, dimension, value), n in found.counts.items():
        axis, key = part[0], part[-1]
        group = under.group.get((axis[-1], key)) if axis != "y" else None
        if group is None or (dimension == CONTACTS and len(part) == 2):
            counts[part, dimension, value] += n
        if group:
            counts[(*part[:-1], group), dimension, value] += n
    return merged, under.keys


def silent_axes(found: Counts, threshold: int) -> str:
    """Axes along which contacts alone, beside the figures of the year, would bound a small value."""
    details = _details(found)
    return "".join(axis for axis in "mrs" if _tells(details[axis], details[axis], threshold))


def _small(found: Counts, threshold: int) -> Under:
    under = Under()
    details = _details(found)
    for axis in "mr":
        under.put(axis, _members(details[axis], threshold), MERGED, len(details[axis]))
    homes: dict[str, dict[str, Counter[tuple[str, str]]]] = defaultdict(dict)
    for site, values in details["s"].items():
        homes[found.networks[site]][site] = values
    for home, mine in homes.items():
        if ("r", home) in under.group:
            # The network shows no detail: neither does any of its sites, which make up its group.
            under.put("s", sorted(mine), under.group["r", home], ENDLESS)
        else:
            under.put("s", _members(mine, threshold), MERGED + home, len(mine))
    return under


def _details(found: Counts) -> dict[str, dict[str, Counter[tuple[str, str]]]]:
    """What is counted of each slice, by axis and key."""
    details: dict[str, dict[str, Counter[tuple[str, str]]]] = {axis: defaultdict(Counter) for axis in "ymrs"}
    for (part, dimension, value), n in found.counts.items():
        # A month of a place is one of its values too.
        what = (dimension, value) if len(part) < 3 else (part[0], part[1])
        details[part[0][-1]][part[-1]][what] += n
    return details


def _members(details: Details, threshold: int) -> list[str]:
    """The slices under the floor, and as many of the next as it takes to tell nothing of them.

    None when even all together they would tell: their details are then masked one by one.
    """
    ranked = sorted(details, key=lambda key: (details[key][_ALL], key))
    few = sum(details[key][_ALL] < floor_of(threshold) for key in ranked)
    if not few:
        return []
    for size in range(max(few, 2), len(ranked) + 1):
        if not _tells(details, ranked[:size], threshold):
            return ranked[:size]
    return []


def _tells(details: Details, members: Iterable[str], threshold: int) -> bool:
    """True when a value of the group, less the contacts of the others, bounds a small one of a member.

    ``value of a member >= value of the group - (contacts of the group - contacts of the member)``, where
    these three are large enough to be shown.
    """
    group: Counter[tuple[str, str]] = Counter()
    for key in members:
        group.update(details[key])
    for key in members:
        if details[key][_ALL] <= threshold:
            continue
        others = group[_ALL] - details[key][_ALL]
        for what, n in details[key].items():
            if 1 <= n <= threshold < group[what] and group[what] - others > 1:
                return True
    return False


def _homes(found: Counts, under: Under) -> dict[str, str]:
    """Home of each site that shows a detail, and of each group of sites."""
    homes: dict[str, str] = {}
    for site, reseau in found.networks.items():
        group = under.group.get(("s", site))
        home = under.group.get(("r", reseau), reseau)
        if group != NO_GROUP and home != NO_GROUP:
            homes[site if group is None else group] = home
    return homes


def withhold(
    cells: dict[str, Any], found: Counts, published: Counts, under: Mapping[str, Iterable[str]]
) -> dict[str, Any]:
    """Say of each small slice, and of what is not published, that it is no zero.

    Its zeros say the same as its counts: were they shown, the others would be known by subtraction.
    """
    kept = {(part[0], dimension) for part, dimension, _ in published.counts}
    values: dict[str, list[str]] = defaultdict(list)
    for part, dimension, value in found.counts:
        if part == YEAR:
            values[dimension].append(value)
    for dimension in values:
        if ("y", dimension) not in kept:
            cells["y"][dimension] = dict.fromkeys(_possible(dimension, values), LEFT_OUT)
    slices = found.slices()
    keys = {axis: [part[1] for part in slices if part[0] == axis] for axis in "mrs"}
    for axis in ("mr", "ms"):
        for key in keys[axis[1]]:
            left_out = (axis, CONTACTS) not in kept
            if left_out or key in under[axis[1]]:
                for month in keys["m"]:
                    cells[axis].setdefault(month, {}).setdefault(key, LEFT_OUT if left_out else UNDER)
    for axis, mine in keys.items():
        for dimension, told in cells["y"].items():
            if is_published(dimension, axis):
                line = cells[axis].setdefault(dimension, {})
                left_out = (axis, dimension) not in kept
                for key in mine:
                    if left_out or (dimension != CONTACTS and key in under[axis]):
                        line[key] = dict.fromkeys(told, LEFT_OUT if left_out else UNDER)
    return cells


def _possible(dimension: str, values: Mapping[str, list[str]]) -> list[str]:
    """Every value a reader can think of: all pairs, for a crossing of two lists."""
    first, _, second = dimension.partition("_")
    if second in values:
        return [f"{one}:{other}" for one in values[first] for other in values[second]]
    return values[dimension]
