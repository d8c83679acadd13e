"""« Ouvert à cet instant »: the database and the pure rule answer the same, whatever the calendar."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from territories import hours
from territories.models import Season, Site
from territories.services.hours import WITH_HOURS, Rows, season_row, week_of, weeks_of_sites, write_week
from territories.services.openings import open_at
from tests.factories import World, make_world, system
from tests.territories.hours_weeks import weeks

PARIS = ZoneInfo("Europe/Paris")
# The two days when clocks change, a bank holiday, 29 February, both ends of a year.
DAYS = ["2026-03-29", "2026-10-25", "2026-07-14", "2028-02-29", "2026-12-31", "2027-01-01", "2026-11-24"]
instants = st.one_of(
    st.builds(
        datetime.datetime.combine, st.dates(datetime.date(2026, 1, 1), datetime.date(2029, 1, 1)), st.times()
    ),
    st.builds(
        datetime.datetime.combine,
        st.sampled_from(DAYS).map(datetime.date.fromisoformat),
        st.times(),
    ),
)


def write(site: Site, week: hours.Week) -> None:
    write_week(site, week, rows=Rows())


class SameTruth(TestCase):
    @settings(deadline=None, max_examples=40)
    @given(
        st.lists(weeks(), min_size=2, max_size=2), st.lists(instants, min_size=3, max_size=3), st.booleans()
    )
    def test_the_database_answers_as_the_rule(
        self, found: list[hours.Week], moments: list[datetime.datetime], fold: bool
    ) -> None:
        world = make_world()
        by = world.actor("conseiller")
        sites = (world.cio, world.mission)
        with system():
            for site, week in zip(sites, found, strict=True):
                write(site, week)
            for naive in moments:
                moment = naive.replace(tzinfo=PARIS, fold=int(fold)).astimezone(datetime.UTC)
                for walk_in in (False, True):
                    rows = Site.objects.for_system().filter(pk__in=[site.pk for site in sites])
                    answered = set(open_at(rows, moment, by=by, walk_in=walk_in).values_list("pk", flat=True))
                    told = {
                        site.pk
                        for site, week in zip(sites, found, strict=True)
                        if hours.is_open_at(week, moment, walk_in_only=walk_in)
                    }
                    assert answered == told, (moment, walk_in)

    @settings(deadline=None, max_examples=40)
    @given(weeks())
    def test_a_week_written_is_the_week_read(self, week: hours.Week) -> None:
        world = make_world()
        with system():
            write(world.cio, week)
            again = Site.objects.for_system().prefetch_related(*WITH_HOURS).get(pk=world.cio.pk)
            assert week_of(again) == week
            since = datetime.date(2000, 1, 1)
            light = weeks_of_sites(world.actor("conseiller"), [world.cio.pk], since)[world.cio.pk]
        assert light == week or (not week.known and light.seasons == week.seasons)


@pytest.mark.django_db
def test_the_pages_without_login_ask_row_security_alone(world: World) -> None:
    moment = datetime.datetime(2026, 11, 24, 10, tzinfo=PARIS)
    with system():
        write(world.cio, hours.parse_osm("Mo-Fr 09:00-12:00"))
        found = open_at(Site.objects.for_system().filter(pk=world.cio.pk), moment, by=None)
        assert list(found) == [world.cio]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jul 01-Aug 31 off", "Aug 31-Sep 05 off"),
        ("Dec 20-Jan 05 off", "Jan 05-Jan 10 off"),
        ("2026 Jul 01-2026 Jul 10 Mo 09:00-10:00", "2026 Jul 10 Mo 09:00-10:00"),
    ],
)
def test_the_database_refuses_two_seasons_that_share_a_day(world: World, one: str, other: str) -> None:
    first, second = (hours.parse_osm(line).seasons[0] for line in (one, other))
    with system():
        season_row(world.cio, first).save()
        season_row(world.mission, second).save()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError), transaction.atomic():
            season_row(world.cio, second).save()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"first_md": 701},
        {"first_md": 701, "last_md": 1301},
        {"first_md": 701, "last_md": 831, "first_day": "2026-07-01", "last_day": "2026-07-02"},
        {"first_day": "2026-07-02", "last_day": "2026-07-01"},
        {"first_day": "2026-07-02"},
    ],
)
def test_the_database_refuses_a_season_without_its_days(world: World, columns: dict[str, object]) -> None:
    with system(), pytest.raises(IntegrityError), transaction.atomic():
        Season.objects.create(site=world.cio, region=world.region, **columns)
