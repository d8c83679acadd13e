"""Hours without a walk-in door and the 50 % line by network: exact, per weekday."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.coverage import FIRST, LAST, WORKDAYS, network_shares, open_doors, uncovered
from dashboards.services.places import region_facts, territory_facts
from territories.hours import Slot, Week
from tests.factories import World, make_site, open_week, system

NINE_TO_NOON = Week(tuple(Slot(day, 540, 720) for day in range(5)))
AFTERNOON = Week((Slot(0, 810, 1020), Slot(1, 810, 1020, walk_in=False)))


def test_without_any_door_the_whole_week_is_uncovered() -> None:
    found = uncovered([])
    assert [day.words for day in found.days] == ["toute la journée"] * 6
    assert found.minutes == found.total == 6 * 11 * 60
    assert found.words.replace("\u00a0", " ") == "66 h sur 66 h"


def test_gaps_are_what_doors_leave_between_eight_and_nineteen() -> None:
    found = uncovered([NINE_TO_NOON, AFTERNOON])
    monday, tuesday = found.days[0], found.days[1]
    assert monday.ranges == ((480, 540), (720, 810), (1020, 1140))
    assert monday.words.replace("\u00a0", " ") == "de 8 h à 9 h, de 12 h à 13 h 30 et de 17 h à 19 h"
    assert tuesday.ranges == ((480, 540), (720, 1140)), "an appointment slot opens no door"
    assert found.sites == 2


def test_unknown_hours_are_counted_apart() -> None:
    found = uncovered([Week(), NINE_TO_NOON])
    assert (found.sites, found.unknown) == (1, 1)


def test_a_door_beyond_the_bounds_covers_the_day() -> None:
    found = uncovered([Week(tuple(Slot(day, 0, 1440) for day in range(7)))])
    assert found.minutes == 0
    assert {day.words for day in found.days} == {"aucune"}


slots = st.builds(
    lambda day, start, length, walk: Slot(day, start, min(start + length, 1440), walk),
    st.integers(0, 6), st.integers(0, 1380), st.integers(5, 600), st.booleans(),
)  # fmt: skip
weeks = st.lists(slots, max_size=3).map(lambda found: [Week((slot,)) for slot in found])


@given(weeks)
def test_every_minute_is_a_gap_or_has_a_door(found: list[Week]) -> None:
    coverage = uncovered(found)
    for day in coverage.days:
        gaps = {minute for start, end in day.ranges for minute in range(start, end)}
        for minute in range(FIRST, LAST, 7):
            assert (open_doors(found, day.weekday, minute) == 0) == (minute in gaps)
    assert [day.weekday for day in coverage.days] == list(WORKDAYS)


def test_the_share_of_a_network_adds_its_sites_up() -> None:
    half = Week((Slot(0, 540, 600), Slot(0, 600, 660, walk_in=False)))
    shares = network_shares({1: [half, NINE_TO_NOON], 2: [half], 3: [Week()], 4: [AFTERNOON]})
    assert shares[1].share == Fraction(60 + 900, 120 + 900)
    assert shares[2].share == Fraction(1, 2)
    assert not shares[2].under_half, "exactly half is enough"
    assert shares[3].share is None
    assert not shares[3].under_half
    assert shares[4].share == Fraction(1, 2)
    assert network_shares({5: [Week((Slot(0, 540, 600, walk_in=False),))]})[5].under_half


@pytest.mark.django_db
def test_facts_of_a_territory_and_of_its_region_agree(world: World) -> None:
    with system():
        late = make_site(world.lille, "Pôle emploi", world.reseaux["POLE_EMPLOI"], "PE")
        open_week(late, walk_in=False, start=480, end=1140)
        closed = make_site(world.lille, "Ancien lieu", world.reseaux["CIO"], "OLD")
        type(closed).objects.filter(pk=closed.pk).update(active=False)
    from django.utils import timezone

    actor, day = world.actor("animation"), timezone.localdate()
    one = territory_facts(by=actor, territory=world.lille, day=day)
    every = region_facts(by=actor, region=world.region, day=day)
    assert every[world.lille.pk] == one
    assert (one.existing, one.labelled, one.under_half) == (3, 0, 1)
    assert one.coverage is not None
    assert one.coverage.days[0].ranges == ((480, 540), (1020, 1140)), "9 h to 17 h at the CIO"
    assert one.coverage.days[5].words == "toute la journée"
    assert world.niort.pk not in every


@pytest.mark.django_db
@pytest.mark.parametrize("sites", [1, 25])
def test_the_region_s_facts_cost_the_same_whatever_the_number_of_places(
    world: World, sites: int, django_assert_num_queries: object
) -> None:
    from django.utils import timezone

    with system():
        for n in range(sites):
            open_week(make_site(world.lille, f"Lieu {n}", world.reseaux["CIO"]))
    actor = world.actor("animation")
    with django_assert_num_queries(4):  # type: ignore[operator]
        region_facts(by=actor, region=world.region, day=timezone.localdate())
