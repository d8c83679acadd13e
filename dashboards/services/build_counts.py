"""Counts of one publication and every equality its readers know, ready for the joint masking.

A name is ``(slice, dimension, value)``; a slice is the year ``("y",)``, a month ``("m", "3")``, a network
``("r", "5")``, a site ``("s", "12")``, or, for contacts, ``("mr", "3", "5")`` and ``("ms", "3", "12")``.
"""

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import connection

from dashboards.enums import REORIENTED, Dimension
from dashboards.services.published import NO_RESEAU, is_published
from spo_portal.kernel.privacy import Cover, Sum

Slice = tuple[str, ...]
Name = tuple[Slice, str, str]

YEAR: Slice = ("y",)
CONTACTS = str(Dimension.CONTACTS)
# Key of a group of small slices, never published as such: see ``build_floor``.
MERGED = "+"
# Each fiche falls in one value of these: their values add up to the contacts.
EXCLUSIVE = ("issue", "canal", "sexe", "age", "statut", "saisie")
FLOW = str(Dimension.DESTINATION_SITE)
# Days of a delay are counted to find its median, never published one by one.
UNPUBLISHED = str(Dimension.DELAI)

_FIGURES = """
SELECT site_id, coalesce(reseau_id, 0), extract(month FROM month)::int, dimension, value, count
FROM dashboards_rollup
WHERE territory_id = %(territory)s AND (%(site)s::bigint IS NULL OR site_id = %(site)s)
  AND month BETWEEN make_date(%(year)s, 1, 1) AND make_date(%(year)s, 12, 1)
ORDER BY month, site_id, dimension, value
"""
# The code each destination counts under in « destination »: the same words as in ``fill``.
_CODES = """
SELECT s.id::text, coalesce(r.code, nullif(s.partner_kind, ''), 'autre')
FROM territories_site s LEFT JOIN territories_reseau r ON r.id = s.reseau_id WHERE s.id = ANY(%s)
"""


@dataclass
class Counts:
    """What was counted for an area and year. Built by ``read``; nothing in here is fit to publish."""

    counts: Counter[Name] = field(default_factory=Counter)
    delays: dict[Slice, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    # Network of each site: the last one it counted under in the year (see ``read``).
    networks: dict[str, str] = field(default_factory=dict)
    # From site to site: see ``build_flows``.
    flows: Counter[tuple[str, str]] = field(default_factory=Counter)
    codes: dict[str, str] = field(default_factory=dict)
    # Groups of small slices with their members, and the networks or groups of what shows a detail: see
    # ``build_floor``.
    groups: dict[Slice, list[Slice]] = field(default_factory=dict)
    grouped: dict[str, str] | None = None

    @property
    def homes(self) -> dict[str, str]:
        """Network (or group of networks) of each site and group of sites."""
        return self.networks if self.grouped is None else self.grouped

    @property
    def months(self) -> list[int]:
        return sorted({int(name[0][1]) for name in self.counts if name[0][0] == "m" and name[0][1] != MERGED})

    def slices(self) -> list[Slice]:
        return list(dict.fromkeys(part for part, dimension, _ in self.counts if dimension == CONTACTS))

    def by_slice(self) -> dict[Slice, dict[str, list[str]]]:
        """Values counted, by slice and dimension, in a steady order."""
        found: dict[Slice, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for part, dimension, value in self.counts:
            found[part][dimension].append(value)
        return found

    def medians(self, threshold: int) -> dict[str, object]:
        """Median delay in days, where enough outcomes are known to tell nothing of one person."""
        found: dict[str, object] = {"r": {}, "s": {}}
        for part, days in self.delays.items():
            if days.total() > threshold:
                median = statistics.median(days.elements())
                if part == YEAR:
                    found["y"] = median
                elif part[0] in "rs":
                    found[part[0]][part[1]] = median  # type: ignore[index]
        return found


def read(territory_id: int, year: int, site_id: int | None = None) -> Counts:
    """Figures of a territory (or one of its sites) and year, from the rollups, in one query.

    A site that changed network counts under the new one for the whole year: were its year cut in two, the
    network less its other sites would tell what it did in each, however little.
    """
    found = Counts()
    counts = found.counts
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, {"territory": territory_id, "site": site_id, "year": year})
        rows = cursor.fetchall()
        # By month: the last one stays.
        found.networks = {str(site): str(reseau) if reseau else NO_RESEAU for site, reseau, *_ in rows}
        for site, _, month, dimension, value, n in rows:
            m, s = str(month), str(site)
            r = found.networks[s]
            parts: tuple[Slice, ...] = (YEAR, ("m", m))
            if site_id is None:
                parts += (("r", r), ("s", s))
            if dimension == UNPUBLISHED:
                for part in parts:
                    found.delays[part][int(value)] += n
                continue
            if dimension == FLOW and site_id is None:
                found.flows[s, value] += n
            for part in parts:
                if is_published(dimension, part[0]):
                    counts[part, dimension, value] += n
            if dimension == CONTACTS and site_id is None:
                counts[("mr", m, r), CONTACTS, ""] += n
                counts[("ms", m, s), CONTACTS, ""] += n
        destinations = [int(value) for part, name, value in counts if part == YEAR and name == FLOW]
        cursor.execute(_CODES, [destinations])
        found.codes = dict(cursor.fetchall())
    return found


def relations(found: Counts) -> tuple[list[Sum], list[Cover]]:
    """Every equality and inclusion a reader can use, given that all these counts are published together."""
    sums, covers = _of_slices(found)
    covers += _of_destinations(found)
    sums += _of_months(found) + _of_places(found)
    return sums, covers


def _of_slices(found: Counts) -> tuple[list[Sum], list[Cover]]:
    sums: list[Sum] = []
    covers: list[Cover] = []
    for part, values in found.by_slice().items():
        if part[0] not in ("y", "m", "r", "s"):
            continue
        whole = (part, CONTACTS, "")
        reoriented = (part, "issue", REORIENTED)

        def names(dimension: str, part: Slice = part, values: dict[str, list[str]] = values) -> list[Name]:
            return [(part, dimension, value) for value in values.get(dimension, ())]

        def crossed(
            dimension: str, first: str = "", second: str = "", part: Slice = part, values: dict = values
        ) -> tuple[Name, ...]:
            wanted = values.get(dimension, ())
            return tuple(
                (part, dimension, value)
                for value in wanted
                if (not first or value.split(":")[0] == first)
                and (not second or value.split(":", 1)[1] == second)
            )

        for dimension in EXCLUSIVE:
            sums += _whole(whole, tuple(names(dimension)))
        sums += _whole(reoriented, tuple(names("suite")))
        for statut in values["statut"]:
            sums += _whole((part, "statut", statut), crossed("statut_age", statut))
            covers += _cover(found, (part, "statut", statut), crossed("demande_statut", "", statut))
        for age in values["age"]:
            sums += _whole((part, "age", age), _of_age(names("statut_age"), age))
        for asked in values["demande"]:
            demande = (part, "demande", asked)
            sums += _whole(demande, crossed("demande_statut", asked))
            sums += _whole(demande, crossed("demande_issue", asked))
            covers += _cover(found, demande, crossed("demande_reponse", asked))
        for issue in values["issue"]:
            covers += _cover(found, (part, "issue", issue), crossed("demande_issue", "", issue))
        for answer in values["reponse"]:
            covers += _cover(found, (part, "reponse", answer), crossed("demande_reponse", "", answer))
        for dimension in ("demande", "reponse"):
            covers += _cover(found, whole, tuple(names(dimension)))
        for dimension in ("destination", "destination_site"):
            covers += _cover(found, reoriented, tuple(names(dimension)))
    return sums, covers


def _of_destinations(found: Counts) -> list[Cover]:
    """A network was sent a fiche for each of its sites that was, once if it was sent to several of them."""
    sites: dict[str, list[Name]] = defaultdict(list)
    for part, dimension, value in found.counts:
        if part == YEAR and dimension == FLOW:
            sites[found.codes.get(value, "")].append((part, dimension, value))
    covers: list[Cover] = []
    for code, names in sites.items():
        covers += _cover(found, (YEAR, str(Dimension.DESTINATION), code), tuple(names))
    return covers


def _whole(total: Name, parts: tuple[Name, ...]) -> list[Sum]:
    """The parts add up to the total, where they are published."""
    return [Sum(total, parts)] if parts else []


def _of_age(names: Iterable[Name], age: str) -> tuple[Name, ...]:
    """Cells « statut:âge » of an age; « 3: » is an age not said."""
    return tuple(name for name in names if name[2].split(":", 1)[1] == age)


def _cover(found: Counts, whole: Name, parts: tuple[Name, ...]) -> list[Cover]:
    """Each part is at most the whole; the parts reach it when each counted thing has one of them at least."""
    counts = found.counts
    if not parts or any(counts[part] > counts[whole] for part in parts):
        return []
    return [Cover(whole, parts, full=sum(counts[part] for part in parts) >= counts[whole])]


def _of_months(found: Counts) -> list[Sum]:
    months = [part for part in found.slices() if part[0] == "m"]
    keys = [(d, value) for part, d, value in found.counts if part == YEAR and is_published(d, "m")]
    sums = [line for key in keys for line in _whole((YEAR, *key), _along(found, months, key))]
    return sums + _of_groups(found)


def _along(found: Counts, parts: Iterable[Slice], key: Iterable[str]) -> tuple[Name, ...]:
    """The same count in each slice of an axis: contacts slice by slice, a detail with its groups."""
    dimension, value = key
    names = ((part, dimension, value) for part in parts if dimension != CONTACTS or not is_group(part))
    return tuple(name for name in names if name in found.counts)


def is_group(part: Slice) -> bool:
    return part[-1].startswith(MERGED)


def _of_groups(found: Counts) -> list[Sum]:
    """The contacts of a group are those of its members: a reader adds them up."""
    return [
        Sum((group, CONTACTS, ""), tuple((part, CONTACTS, "") for part in members))
        for group, members in found.groups.items()
    ]


def _of_places(found: Counts) -> list[Sum]:
    """Networks add up to the year, sites to their network."""
    slices = found.slices()
    networks = [part for part in slices if part[0] == "r"]
    sites = [part for part in slices if part[0] == "s"]
    sums: list[Sum] = []
    for part, *key in list(found.counts) if networks else ():
        if part == YEAR and is_published(key[0], "r"):
            sums += _whole((part, *key), _along(found, networks, key))
        elif part[0] == "r" and not (key[0] == CONTACTS and is_group(part)):
            # Contacts are shown place by place; a detail by place or by group.
            homes = found.networks if key[0] == CONTACTS else found.homes
            sums += _whole((part, *key), _along(found, (s for s in sites if homes.get(s[1]) == part[1]), key))
    return sums + _of_months_and_places(found, networks, sites)


def _of_months_and_places(found: Counts, networks: list[Slice], sites: list[Slice]) -> list[Sum]:
    """Contacts by month and network, by month and site."""
    months = [str(month) for month in found.months]
    counts = found.counts

    def cells(axis: str, pairs: Iterable[tuple[str, str]]) -> tuple[Name, ...]:
        names = (((axis, month, key), CONTACTS, "") for month, key in pairs)
        return tuple(name for name in names if name in counts)

    sums: list[Sum] = []
    for m in months:
        sums += _whole((("m", m), CONTACTS, ""), cells("mr", ((m, r) for _, r in networks)))
    for axis, places in (("mr", networks), ("ms", sites)):
        for place in places:
            sums += _whole((place, CONTACTS, ""), cells(axis, ((m, place[1]) for m in months)))
    for name in cells("mr", ((m, r) for m in months for _, r in networks)):
        _, month, reseau = name[0]
        mine = (key for key, home in found.homes.items() if home == reseau)
        sums += _whole(name, cells("ms", ((month, key) for key in mine)))
    return sums


__all__ = ["YEAR", "Counts", "Name", "read", "relations"]
