"""A reader who knows every true equality, those of slices published without detail included (domain § 8).

Random areas are published, then read by a linear program over ALL their counts: months, networks, places and
crossings, shown or not, with the zeros of what is hidden unknown. No small count may be narrowed inside 1 to
the threshold, drawn on a page or not.
"""

import pytest

from dashboards.services.build import publication
from dashboards.services.build_counts import YEAR, Name, relations
from tests.dashboards.floor_worlds import Plan, counted, reading, whole
from tests.kernel.attacker import narrowed
from tests.kernel.publications import Publication

# Areas large and small; a dominant value; months that count for nearly all; networks of one place.
PLANS = {
    "large": (Plan(900, sites=6, networks=4, skew=1), (4, 10)),
    "one_value": (Plan(400, sites=5, networks=3, values=4), (4, 10)),
    "one_month": (Plan(300, sites=8, networks=3, months=2), (4,)),
    "equal": (Plan(354, sites=14, networks=7, skew=0, months=0, values=2.5), (4,)),
    "one_network": (Plan(442, sites=17, networks=1, skew=0.5, values=2.5), (4,)),
    "small": (Plan(54, sites=5, networks=4, skew=0, months=0, values=0.3), (4,)),
    "under_the_floor": (Plan(32, sites=4, networks=6, skew=2, orphan=True), (4,)),
}


def attacked(
    plan: Plan, seed: int, threshold: int, site: str | None = None
) -> dict[Name, tuple[float, float]]:
    found = counted(plan, seed, site)
    cells = publication(found, threshold)
    full = whole(found)
    shown = {name: reading(cells, name, threshold) for name in full.counts}
    wrong = [name for name, cell in shown.items() if not cell.masked and cell.value != full.counts[name]]
    assert wrong == []
    return narrowed(Publication(dict(full.counts), *relations(full)), shown, threshold)


@pytest.mark.parametrize("seed", [7, 19])
@pytest.mark.parametrize(
    ("name", "threshold"), [(name, t) for name, (_, each) in PLANS.items() for t in each]
)
def test_no_small_count_is_narrowed(name: str, threshold: int, seed: int) -> None:
    assert attacked(PLANS[name][0], seed, threshold) == {}


def test_a_place_read_by_its_own_staff_narrows_nothing() -> None:
    assert attacked(Plan(600, sites=2, networks=1, skew=0), 3, 4, site="100") == {}


@pytest.mark.parametrize("seed", [9, 41])
@pytest.mark.parametrize("fiches", [76, 124])
def test_a_place_that_changed_network_is_published(fiches: int, seed: int) -> None:
    """All the networks of the area are too small to be detailed, and one place left its own."""
    for threshold in (4, 10):
        cells = publication(counted(Plan(fiches, sites=12, networks=3, months=0, moved=1), seed), threshold)
        assert cells["y"]


def test_zeros_under_the_floor_are_not_told() -> None:
    """Were they shown, what is not zero beside them would be known by subtraction."""
    found = counted(Plan(60, sites=5, networks=2), 3)
    cells = publication(found, 10)
    crossed = {value for part, dimension, value in found.counts if part == YEAR and dimension == "statut_age"}
    assert set(cells["y"]["statut_age"].values()) == {-4}
    assert crossed < set(cells["y"]["statut_age"])
    months = [part[1] for part in found.slices() if part[0] == "m"]
    sites = {part[1] for part in found.slices() if part[0] == "s"}
    assert all(set(cells["ms"][month]) == sites for month in months)
