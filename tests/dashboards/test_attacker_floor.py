"""A reader who knows every true equality, those of slices published without detail included (domain § 8).

Random areas are published, then read by a linear program over ALL their counts: months, networks, places and
crossings, shown or not, with the zeros of what is hidden unknown. No small count may be narrowed inside 1 to
the threshold, drawn on a page or not.
"""

import datetime

import pytest
from django.db import connection

from contacts.services.fiches import announce
from dashboards.enums import Audience
from dashboards.services.build import publication, publication_for
from dashboards.services.build_counts import YEAR, Name, read, relations
from dashboards.services.published import LEFT_OUT, THRESHOLDS
from tests.dashboards.floor_worlds import Plan, counted, reading, whole
from tests.dashboards.helpers import fill_now
from tests.factories import World, make_fiche, system
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


@pytest.mark.parametrize(
    ("seed", "plan"),
    [
        (5001, Plan(558, sites=12, networks=4, months=2, values=2.5)),
        (5011, Plan(843, sites=12, networks=5, skew=0, months=2, values=0.3)),
        (5054, Plan(1174, sites=9, networks=3, months=0, values=2.5)),
        (5056, Plan(398, sites=3, networks=5, months=0, values=2.5)),
    ],
)
def test_what_everybody_reads_betrays_nothing_to_those_in_charge(seed: int, plan: Plan) -> None:
    """The staff of a territory read its own figures, open data and the region's sums, all at once."""
    found = counted(plan, seed)
    full = whole(found)
    inside = publication(found, THRESHOLDS[Audience.INSIDE])
    outside = publication_for(found, Audience.OUTSIDE, inside)
    shown = {}
    for name in full.counts:
        own, told = reading(inside, name, 4), reading(outside, name, 10)
        shown[name] = told if own.masked and not told.masked else own
        # Nothing is learnt of a hidden count by its reason outside either.
        assert not own.masked or "entre" in own.reason or "entre" not in told.reason
    assert narrowed(Publication(dict(full.counts), *relations(full)), shown, 4) == {}


def test_zeros_under_the_floor_are_not_told() -> None:
    """Were they shown, what is not zero beside them would be known by subtraction."""
    found = counted(Plan(60, sites=5, networks=2), 3)
    cells = publication(found, 10)
    crossed = {value for part, dimension, value in found.counts if part == YEAR and dimension == "statut_age"}
    assert set(cells["y"]["statut_age"].values()) == {LEFT_OUT}
    assert crossed < set(cells["y"]["statut_age"])
    months = [part[1] for part in found.slices() if part[0] == "m"]
    sites = {part[1] for part in found.slices() if part[0] == "s"}
    assert all(set(cells["ms"][month]) == sites for month in months)


@pytest.mark.django_db
def test_a_place_that_changed_network_counts_under_the_new_one_all_year(world: World) -> None:
    """Cut in two, its year would be known from each network less its other places, however little it did."""
    with system(), connection.cursor() as cursor:
        for month, count in ((3, 2), (4, 30)):
            for _ in range(count):
                make_fiche(world.mission, world.lists, jour=datetime.date(2026, month, 3))
            announce(world.lille.pk, world.mission.pk, datetime.date(2026, month, 1))
        fill_now()
        cursor.execute(
            "UPDATE dashboards_rollup SET reseau_id = %s WHERE site_id = %s AND month = '2026-03-01'",
            [world.cio.reseau_id, world.mission.pk],
        )
        found = read(world.lille.pk, 2026)
    assert found.networks == {str(world.mission.pk): str(world.mission.reseau_id)}
    assert found.counts[("r", str(world.mission.reseau_id)), "contacts", ""] == 32
    assert publication(found, 4)["y"]
