"""The narrow rows of the public search: who has one, the weeks they share, open now on any calendar."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from contacts.services.public.asking import Asked
from contacts.services.public.places import Moment, search
from labelling.services.call_page import public_reader
from spo_portal.kernel.tenancy.scope import NOBODY, Scope, apply
from territories import hours
from territories.models import SearchPlace, SearchWeek, Site, SiteSearch
from territories.services import search_weeks
from territories.services.hours import Rows, write_week
from tests.factories import World, make_site, make_world, open_week, system
from tests.territories.hours_weeks import weeks
from tests.territories.test_hours_openings import instants

PARIS = ZoneInfo("Europe/Paris")
OPEN = datetime.datetime(2026, 11, 24, 9, 30, tzinfo=datetime.UTC)


class SameTruth(TestCase):
    @settings(deadline=None, max_examples=25)
    @given(
        st.lists(weeks(), min_size=3, max_size=3), st.lists(instants, min_size=3, max_size=3), st.booleans()
    )
    def test_the_public_search_finds_open_what_the_rule_says_open(
        self, found: list[hours.Week], moments: list[datetime.datetime], fold: bool
    ) -> None:
        world = make_world()
        sites = (world.cio, world.mission, world.douai_site)
        with system():
            for site, week in zip(sites, found, strict=True):
                write_week(site, week, rows=Rows())
        for naive in moments:
            moment = naive.replace(tzinfo=PARIS, fold=int(fold)).astimezone(datetime.UTC)
            for walk_in in (False, True):
                asked = Asked(open_now=True, walk_in=walk_in)
                with public_reader(world.region) as by:
                    answer = search(by, asked, rules={}, origin=None, at=Moment(moment))
                    everything = search(by, Asked(), rules={}, origin=None, at=Moment(moment))
                told = {
                    site.pk
                    for site, week in zip(sites, found, strict=True)
                    if hours.is_open_at(week, moment, walk_in_only=walk_in)
                }
                assert set(answer.ids) == told, (moment, walk_in)
                assert answer.total == len(told)
                if not walk_in:
                    assert everything.open == len(told)


def narrow(region: int) -> set[int]:
    with system():
        return set(SearchPlace.objects.for_region(region).values_list("pk", flat=True))


@pytest.mark.django_db
def test_places_that_may_be_suggested_have_a_row_and_no_other(world: World) -> None:
    with system():
        for direction in ("", "destinataire", "prescripteur", "les_deux"):
            for active in (True, False):
                for training in (True, False):
                    for reseau in (world.reseaux["CIO"], None):
                        if reseau is None and not direction:
                            continue
                        make_site(
                            world.lille, "Un lieu", reseau, direction=direction, active=active,
                            training=training,
                        )  # fmt: skip
        plain = Site.objects.for_region(world.region.pk).can_be_suggested()
        searched = SiteSearch.objects.for_region(world.region.pk).can_be_suggested()
        expected = set(plain.values_list("pk", flat=True))
        assert expected == set(searched.values_list("pk", flat=True))
    assert narrow(world.region.pk) == expected
    assert len(expected) > 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [{"active": False}, {"direction": "prescripteur"}, {"reseau": None, "direction": "prescripteur"}],
)
def test_a_place_that_may_no_longer_be_shown_leaves_at_once_and_may_come_back(
    world: World, change: dict[str, object]
) -> None:
    before = {"active": True, "direction": "", "reseau": world.cio.reseau}
    assert world.cio.pk in narrow(world.region.pk)
    with system():
        rows = Site.objects.for_system().filter(pk=world.cio.pk)
        rows.update(**change)
    assert world.cio.pk not in narrow(world.region.pk)
    with system():
        rows.update(**before)
    assert world.cio.pk in narrow(world.region.pk)


@pytest.mark.django_db
def test_a_body_that_becomes_a_training_one_takes_its_places_away(world: World) -> None:
    with system():
        body = world.cio.organisation
        body.is_training_body = True
        body.save()
    assert world.cio.pk not in narrow(world.region.pk)


@pytest.mark.django_db
def test_an_erased_place_leaves_the_search(world: World) -> None:
    with system():
        site = make_site(world.lille, "Lieu éphémère", world.reseaux["CIO"])
        open_week(site)
        pk = site.pk
        assert SearchPlace.objects.for_system().filter(pk=pk).exists()
        site.delete()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert not SearchPlace.objects.for_system().filter(pk=pk).exists()


@pytest.mark.django_db
def test_places_with_the_same_hours_share_a_week_and_the_night_clears_those_left(world: World) -> None:
    with system():
        made = [make_site(world.lille, f"Lieu {n}", world.reseaux["CIO"]) for n in range(3)]
        for site in made[:2]:
            open_week(site, start=481, end=722)
        open_week(made[2], start=481, end=723)
        rows = SearchPlace.objects.for_system().filter(pk__in=[site.pk for site in made]).order_by("pk")
        first, second, third = rows.values_list("week_id", flat=True)
        assert first == second != third
    with system():
        search_weeks.clear()
        assert search_weeks.clear() == 0
        write_week(made[2], hours.Week(), rows=Rows())
        assert SearchWeek.objects.for_system().filter(pk=third).exists()
        assert search_weeks.clear() >= 1
        assert not SearchWeek.objects.for_system().filter(pk=third).exists()
        # Of two regions, the same hours are two weeks: a row has one region.
        open_week(make_site(world.niort, "Lieu", None, direction="destinataire"), start=481, end=722)
        assert SearchWeek.objects.for_region(world.other_region.pk).exclude(pk=first).exists()
    with public_reader(world.region) as by:
        found = search(by, Asked(), rules={}, origin=None, at=Moment(OPEN))
    assert {site.pk for site in made} <= set(found.ids)


@pytest.mark.django_db
def test_nobody_and_another_region_read_nothing(world: World) -> None:
    for scope in (NOBODY, Scope(wide=(world.other_region.pk,))):
        apply(scope)
        with connection.cursor() as cursor:
            cursor.execute("SELECT site_id FROM territories_search_ranked('cio'::tsquery)")
            assert world.cio.pk not in {pk for (pk,) in cursor.fetchall()}
            for table in ("territories_searchplace", "territories_searchweek"):
                cursor.execute(f"SELECT count(*) FROM {table} WHERE region_id = %s", [world.region.pk])
                assert cursor.fetchone() == (0,)
            cursor.execute("SELECT has_function_privilege('territories_search_narrow(bigint[])', 'EXECUTE')")
            assert cursor.fetchone() == (False,)
