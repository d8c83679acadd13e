"""Random areas and years, counted by a plain generator of fiches: no database, and every crossing known."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from dashboards.enums import AWAITED, ON_THE_SPOT, REORIENTED, Dimension
from dashboards.services.build_counts import CONTACTS, YEAR, Counts, Name, Slice
from dashboards.services.published import NEIGHBOUR, NO_RESEAU, SMALL, is_published
from spo_portal.kernel.privacy import Cell, small_reason
from spo_portal.kernel.privacy.masking import NEIGHBOUR as NEIGHBOUR_REASON

CROSSED = (("statut", "age"), ("demande", "reponse"), ("demande", "statut"), ("demande", "issue"))
CODES = ("CIO", "MISSION_LOCALE", "POLE_EMPLOI", "autre")


@dataclass(frozen=True)
class Plan:
    """Size and shape of an area: how many fiches, places and networks, how unequal."""

    fiches: int
    sites: int = 6
    networks: int = 3
    skew: float = 1.0
    months: float = 0.5
    values: float = 1.2
    orphan: bool = False


def _one(dice: random.Random, size: int, skew: float) -> int:
    return dice.choices(range(size), [1 / (rank + 1) ** skew for rank in range(size)])[0]


def fiches(plan: Plan, seed: int) -> Iterator[dict[str, Any]]:
    """One dictionary per fiche: its month, place, network and answers."""
    dice = random.Random(seed)
    home = {site: site % plan.networks for site in range(plan.sites)}
    order = dice.sample(range(1, 13), 12)
    for _ in range(plan.fiches):
        site = _one(dice, plan.sites, plan.skew)
        month = order[_one(dice, 12, plan.months)]
        reseau = home[site]
        sent = dice.random() < 0.4
        yield {
            "month": str(month),
            "site": str(100 + site),
            "reseau": NO_RESEAU if plan.orphan and reseau == 0 else str(reseau + 1),
            "issue": REORIENTED if sent else ON_THE_SPOT,
            "canal": ("sur_place", "telephone", "courriel")[_one(dice, 3, 2 * plan.values)],
            "sexe": ("femme", "homme", "")[_one(dice, 3, plan.values)],
            "age": ("moins_26", "plus_26", "")[_one(dice, 3, plan.values)],
            "statut": str(1 + _one(dice, 10, plan.values)),
            "saisie": ("a_temps", "tardive")[_one(dice, 2, 2.5)],
            "suite": (AWAITED, "recue", "jamais_venue")[_one(dice, 3, plan.values)] if sent else "",
            "demande": sorted({str(1 + _one(dice, 7, plan.values)) for _ in range(1 + dice.randrange(2))}),
            "reponse": sorted({str(1 + _one(dice, 7, plan.values)) for _ in range(dice.randrange(3))}),
            "to": sorted({300 + _one(dice, 9, plan.values) for _ in range(1 + dice.randrange(2))})
            if sent
            else [],
        }


def answers(fiche: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What a fiche counts under, dimension by dimension: the rules of ``fill_sql``."""
    yield CONTACTS, ""
    for dimension in ("issue", "canal", "sexe", "age", "statut", "saisie"):
        yield dimension, fiche[dimension]
    if fiche["suite"]:
        yield "suite", fiche["suite"]
    yield "statut_age", f"{fiche['statut']}:{fiche['age']}"
    for asked in fiche["demande"]:
        yield "demande", asked
        yield "demande_statut", f"{asked}:{fiche['statut']}"
        yield "demande_issue", f"{asked}:{fiche['issue']}"
        for answer in fiche["reponse"]:
            yield "demande_reponse", f"{asked}:{answer}"
    for answer in fiche["reponse"]:
        yield "reponse", answer
    for site in fiche["to"]:
        yield "destination_site", str(site)
    for code in sorted({CODES[site % len(CODES)] for site in fiche["to"]}):
        yield "destination", code


def counted(plan: Plan, seed: int, site: str | None = None) -> Counts:
    """Counts of an area (or of one of its places) as ``build_counts.read`` gives them."""
    found = Counts()
    for fiche in fiches(plan, seed):
        m, r, s = fiche["month"], fiche["reseau"], fiche["site"]
        if site not in (None, s):
            continue
        parts: tuple[Slice, ...] = (YEAR, ("m", m))
        if site is None:
            parts += (("r", r), ("s", s))
            found.counts[("mr", m, r), CONTACTS, ""] += 1
            found.counts[("ms", m, s), CONTACTS, ""] += 1
            found.networks[s] = r
        for dimension, value in answers(fiche):
            for part in parts:
                if is_published(dimension, part[0]):
                    found.counts[part, dimension, value] += 1
            if dimension == Dimension.DESTINATION_SITE:
                found.flows[s, value] += 1
                found.codes[value] = CODES[int(value) % len(CODES)]
    return found


def whole(found: Counts) -> Counts:
    """The same with its zeros: a reader doesn't know that a hidden one is a zero."""
    counts: Counter[Name] = Counter(found.counts)
    year = [(dimension, value) for part, dimension, value in found.counts if part == YEAR]
    places = {axis: [part for part in found.slices() if part[0] == axis] for axis in ("m", "r", "s")}
    for axis, parts in places.items():
        for part in parts:
            for dimension, value in year:
                if is_published(dimension, axis):
                    counts[part, dimension, value] += 0
    for first, second in (
        ("statut", "age"),
        ("demande", "reponse"),
        ("demande", "statut"),
        ("demande", "issue"),
    ):
        for (one, a), (other, b) in product(year, year):
            if (one, other) == (first, second):
                counts[YEAR, f"{first}_{second}", f"{a}:{b}"] += 0
    for axis in "rs":
        for month, place in product(places["m"], places[axis]):
            counts[("m" + axis, month[1], place[1]), CONTACTS, ""] += 0
    return Counts(counts, found.delays, found.networks, found.flows, found.codes)


def reading(cells: dict[str, Any], name: Name, threshold: int) -> Cell:
    """What a release shows of a count; an absent cell is a shown zero."""
    (axis, *keys), dimension, value = name
    if axis == "y":
        count = cells["y"].get(dimension, {}).get(value, 0)
    elif len(keys) == 1:
        count = cells[axis].get(dimension, {}).get(keys[0], {}).get(value, 0)
    else:
        count = cells[axis].get(keys[0], {}).get(keys[1], 0)
    if count >= 0:
        return Cell(count)
    # Any other reason tells nothing.
    reasons = {SMALL: small_reason(threshold, "fiches"), NEIGHBOUR: NEIGHBOUR_REASON}
    return Cell(None, True, reasons.get(count, "non publié"))
