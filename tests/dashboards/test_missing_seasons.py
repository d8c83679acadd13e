"""Missing returns of places that close by season: who is shut all the time is not asked, who opens is."""

import datetime

import pytest

from dashboards.models import SiteState
from dashboards.services.missing import Missing, Silence, missing_returns
from territories.models import Closure, OpeningSlot, Season, SeasonSlot, Site
from tests.dashboards.releases import make_release
from tests.factories import World, system

pytestmark = pytest.mark.django_db
# September is the last closed month.
TODAY = datetime.date(2026, 10, 20)
AUTUMN = datetime.date(2026, 10, 1)


@pytest.fixture
def quiet(world: World) -> World:
    """CIO de Lille sent its last fiche on 1 July; the other place of the territory is up to date."""
    with system():
        for site, last in ((world.cio, datetime.date(2026, 7, 1)), (world.mission, TODAY)):
            SiteState.objects.update_or_create(
                site=site,
                defaults={
                    "territory_id": site.territory_id,
                    "last_jour": last,
                    "filled_at": "2026-10-20T06:00Z",
                },
            )
    return world


def season(site: Site, first: int, last: int, *, opens: bool = False) -> None:
    with system():
        row = Season.objects.create(site=site, region_id=site.region_id, first_md=first, last_md=last)
        if opens:
            SeasonSlot.objects.create(
                season=row, site=site, region_id=site.region_id, weekday=0, start=540, end=720, walk_in=True
            )


def asked(world: World, day: datetime.date = TODAY) -> list[Missing]:
    return missing_returns(by=world.actor("coordinateur"), territory=world.lille, day=day)


def test_a_place_whose_season_is_closed_is_not_silent(quiet: World) -> None:
    [line] = asked(quiet)
    assert (line.site, line.kind) == (quiet.cio, Silence.SILENT)
    season(quiet.cio, 702, 1015)
    assert asked(quiet) == []
    later = datetime.date(2026, 10, 29)
    assert [line.site for line in asked(quiet, later) if line.kind == Silence.SILENT] == [quiet.cio]


def test_a_season_over_the_new_year_counts_too(quiet: World) -> None:
    with system():
        SiteState.objects.filter(site=quiet.cio).update(last_jour=datetime.date(2025, 10, 31))
        SiteState.objects.filter(site=quiet.mission).update(last_jour=datetime.date(2026, 2, 10))
    season(quiet.cio, 1101, 210)
    assert asked(quiet, datetime.date(2026, 2, 12)) == []


def test_a_season_with_hours_is_no_excuse(quiet: World) -> None:
    season(quiet.cio, 702, 1015, opens=True)
    assert [line.kind for line in asked(quiet)] == [Silence.SILENT]


def test_who_never_sent_anything_is_asked_once_it_opens(quiet: World) -> None:
    with system():
        SiteState.objects.filter(site=quiet.cio).delete()
    assert [line.kind for line in asked(quiet)] == [Silence.NEVER]
    season(quiet.cio, 101, 1231)
    assert asked(quiet) == []


@pytest.mark.parametrize("how", ["open", "season", "closure", "weekdays"])
def test_a_closed_month_is_not_asked_of_a_place_that_was_shut(quiet: World, how: str) -> None:
    month = datetime.date(2026, 9, 1)
    cells = {"y": {"contacts": {"": 120}}, "m": {"contacts": {}}, "ms": {"9": {str(quiet.mission.pk): 30}}}
    stored = make_release(quiet.lille, year=2026, cells=cells)
    with system():
        type(stored).objects.filter(pk=stored.pk).update(measures={"first_month": 1})
        SiteState.objects.filter(site=quiet.cio).update(last_jour=TODAY)
        assert OpeningSlot.objects.filter(site=quiet.cio).exists()
    if how == "season":
        season(quiet.cio, 801, 930)
    span = {"closure": (month, AUTUMN), "weekdays": (datetime.date(2026, 9, 1), datetime.date(2026, 9, 29))}
    if how in span:
        first, last = span[how]
        with system():
            # Never open on a Wednesday, the last day of that month: nothing was to be received then.
            OpeningSlot.objects.filter(site=quiet.cio, weekday=2).delete()
            Closure.objects.create(
                site=quiet.cio,
                region_id=quiet.cio.region_id,
                first_day=first,
                last_day=last,
                reason="Travaux",
            )
    assert [line.kind for line in asked(quiet)] == ([Silence.MONTH] if how == "open" else [])
