"""The life of a release: years, closed months, late corrections, what waits, who reads what when."""

import datetime
import uuid
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from contacts.services.fiches import FicheData, announce, record_fiche
from dashboards.enums import Audience, Dimension
from dashboards.models import CellState, Release, ReleaseMark, Rollup, SiteState
from dashboards.services.build_all import build_stale, open_closed_years
from dashboards.services.fill import closes_on
from dashboards.services.published import NOT_PUBLISHED
from dashboards.services.release import region_release, territory_release
from spo_portal.kernel import outbox
from tests.dashboards.helpers import fill_now
from tests.factories import World, acting_as_role, make_fiche, system

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")
DAY = datetime.date(2026, 3, 16)
NOW = datetime.datetime.now(datetime.UTC)


def record(world: World, count: int, jour: datetime.date = DAY, **fields: object) -> None:
    with system():
        for _ in range(count):
            make_fiche(world.cio, world.lists, **({"jour": jour, "created_at": at(jour)} | fields))
        announce(world.lille.pk, world.cio.pk, jour)


def at(day: datetime.date, hour: int = 10) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(hour), tzinfo=PARIS)


def drain() -> None:
    with acting_as_role("spo_worker"):
        while outbox.drain():
            pass


def tick() -> int:
    with acting_as_role("spo_worker"):
        return build_stale(seconds=60)


def test_a_fiche_of_new_years_eve_counts_in_the_year_of_paris(world: World) -> None:
    """22:30 UTC is 23:30 in Paris, still the old year; 23:30 UTC is already the new one."""
    for moment in ("2026-12-31T22:30:00+00:00", "2026-12-31T23:30:00+00:00"):
        with time_machine.travel(datetime.datetime.fromisoformat(moment), tick=False):
            data = FicheData(jour=timezone.localdate(), canal="sur_place", statut=1, demandes=(1,))
            record_fiche(by=world.actor("conseiller"), data=data, cle_idempotence=uuid.uuid4())
            fill_now()
    with system():
        months = Rollup.objects.for_system().filter(dimension="contacts").order_by("month")
        assert [(r.month.isoformat(), r.count) for r in months] == [("2026-12-01", 1), ("2027-01-01", 1)]
        years = Release.objects.for_territory(world.lille).filter(audience="inside", site=None)
        assert sorted(years.values_list("year", flat=True)) == [2026, 2027]


def test_the_day_of_entry_is_the_day_of_paris(world: World) -> None:
    """Three days are in time; entered at 23:30 UTC of the third day, it is the fourth in Paris."""
    with system():
        for hour, expected in ((21, "a_temps"), (23, "tardive")):
            entered = datetime.datetime(2026, 3, 19, hour, 30, tzinfo=datetime.UTC)
            make_fiche(world.cio, world.lists, jour=DAY, created_at=entered)
            announce(world.lille.pk, world.cio.pk, DAY)
            drain()
            rows = Rollup.objects.for_system().filter(dimension="saisie", value=expected)
            assert [r.count for r in rows] == [1]


def test_only_what_differs_is_written(world: World) -> None:
    record(world, 12)
    drain()
    with system():
        before = dict(Rollup.objects.for_system().values_list("id", "count"))
    record(world, 1, statut=9)
    drain()
    with system():
        after = dict(Rollup.objects.for_system().values_list("id", "count"))
    assert before.keys() < after.keys()
    version = ReleaseMark.objects.visible_to(world.actor("coordinateur")).get(site=None).version
    with system():
        announce(world.lille.pk, world.cio.pk, DAY)
    drain()
    marks = ReleaseMark.objects.visible_to(world.actor("coordinateur"))
    assert marks.get(site=None).version == version, "nothing changed: nothing to build again"


def test_a_change_after_the_close_is_told_and_only_then(world: World) -> None:
    with time_machine.travel(at(datetime.date(2026, 4, 9)), tick=False):
        record(world, 20)
        fill_now()
        record(world, 1)
        fill_now()
        assert _corrections(world) == []
    assert closes_on(DAY.replace(day=1)) == datetime.date(2026, 4, 10)
    with time_machine.travel(at(datetime.date(2026, 4, 10)), tick=False):
        record(world, 1)
        fill_now()
        ((month, changes),) = _corrections(world)
        assert (month, changes) == (datetime.date(2026, 3, 1), 1)
        # An outcome is expected for three months: it corrects nothing.
        with system(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE contacts_fichecontact SET reoriented = true WHERE id ="
                " (SELECT min(id) FROM contacts_fichecontact)"
            )
            announce(world.lille.pk, world.cio.pk, DAY)
        fill_now()
        with system(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE contacts_fichecontact SET suite = 'recue', suite_at = now(),"
                " suite_source = 'personne' WHERE reoriented"
            )
            announce(world.lille.pk, world.cio.pk, DAY)
        fill_now()
        assert [changes for _, changes in _corrections(world)] == [2]


def test_months_entered_before_anything_was_published_are_no_corrections(world: World) -> None:
    """An import of last year's fiches fills closed months that nobody has read."""
    record(world, 20, jour=datetime.date(2025, 3, 3))
    fill_now()
    with system():
        assert not CellState.objects.for_system().filter(changes_after_close__gt=0).exists()


def _corrections(world: World) -> list[tuple[datetime.date, int]]:
    """As the coordinator reads them, whatever day it is in the test: mandates start yesterday."""
    with time_machine.travel(NOW):
        release = territory_release(by=world.actor("coordinateur"), territory=world.lille, year=2026)
    assert not release.empty
    return [(c.month, c.changes) for c in release.corrections]


def test_pending_is_said_until_counted_and_built(world: World) -> None:
    def pending() -> bool:
        by = world.actor("coordinateur")
        return territory_release(by=by, territory=world.lille, year=2026).pending

    record(world, 20)
    fill_now()
    assert not pending()
    record(world, 1)
    assert pending(), "the fiche waits to be counted"
    drain()
    assert pending(), "counted, not yet published"
    tick()
    assert not pending()


def test_one_build_for_many_fiches_and_none_for_nothing(world: World) -> None:
    record(world, 20)
    drain()
    assert tick() >= 1
    assert tick() == 0
    for _ in range(5):
        record(world, 1)
        drain()
    assert tick() == 1, "five fiches, one area, one build"


def test_what_everybody_reads_waits_its_turn(world: World, settings: object) -> None:
    def shown(key: str) -> int | None:
        by = world.actor(key)
        release = territory_release(by=by, territory=world.lille, year=2026)
        return release.cell(Dimension.CONTACTS).value

    record(world, 20)
    fill_now()
    record(world, 5)
    drain()
    tick()
    assert (shown("coordinateur"), shown("coordinateur_douai")) == (25, 20)
    settings.OUTSIDE_EVERY_SECONDS = 0  # type: ignore[attr-defined]
    tick()
    assert shown("coordinateur_douai") == 25
    by = world.actor("coordinateur_douai")
    assert region_release(by=by, region=world.region, year=2026).cell(Dimension.CONTACTS).value == 25


def test_a_closed_year_becomes_open_data_without_a_new_fiche(world: World) -> None:
    day = datetime.date(2026, 11, 20)
    with time_machine.travel(at(datetime.date(2027, 1, 9)), tick=False):
        record(world, 20, jour=day)
        fill_now()
        with acting_as_role("spo_worker"):
            open_closed_years([2026])
        tick()
        assert _public() == {False}
    with time_machine.travel(at(datetime.date(2027, 1, 10)), tick=False):
        with acting_as_role("spo_worker"):
            open_closed_years([2026])
        tick()
        assert _public() == {True}


def _public() -> set[bool]:
    with system():
        rows = Release.objects.for_system().filter(audience=Audience.OUTSIDE)
        assert {row.territory_id is None for row in rows} == {True, False}
        return {row.public for row in rows}


def test_delays_are_told_by_their_median_where_enough_are_known(world: World) -> None:
    for days in (0, 1, 2, 3, 200):
        said = {"suite_at": at(DAY + datetime.timedelta(days)), "suite_source": "personne"}
        record(world, 1, reoriented=True, suite="recue", **said)
    record(world, 3, reoriented=True, suite="jamais_venue", suite_at=at(DAY), suite_source="personne")
    fill_now()
    inside = territory_release(by=world.actor("coordinateur"), territory=world.lille, year=2026)
    assert inside.measures["delai"]["y"] == 2
    outside = territory_release(by=world.actor("coordinateur_douai"), territory=world.lille, year=2026)
    assert "y" not in outside.measures["delai"], "five outcomes are too few for everybody"
    with system():
        longest = Rollup.objects.for_system().filter(dimension="delai").values_list("value", flat=True)
        assert set(longest) == {"0", "1", "2", "3", "90"}


def test_a_region_that_lacks_a_territory_says_which(world: World) -> None:
    record(world, 30)
    with system():
        for _ in range(7):
            make_fiche(world.douai_site, world.lists, jour=DAY)
        announce(world.douai.pk, world.douai_site.pk, DAY)
    fill_now()
    release = region_release(by=world.actor("animation"), region=world.region, year=2026)
    assert release.cell(Dimension.CONTACTS).masked
    assert release.measures["left_out"]["contacts"][""] == [world.douai.pk]


def test_a_crossing_that_is_not_published_is_no_zero(world: World) -> None:
    record(world, 45, age="moins_26")
    fill_now()
    release = territory_release(by=world.actor("coordinateur"), territory=world.lille, year=2026)
    assert release.cell(Dimension.STATUT_AGE, "1:moins_26").value == 45
    hidden = release.cell(Dimension.STATUT_AGE, "1:moins_26", month=3)
    assert (hidden.value, hidden.masked, hidden.reason) == (None, True, NOT_PUBLISHED)
    assert release.values(Dimension.STATUT_AGE, month=3).get("1:moins_26", None) == hidden
    with pytest.raises(LookupError):
        release.cell(Dimension.STATUT, "1", month=3, site=world.cio.pk)


def test_the_last_sign_of_life_of_a_site_is_kept(world: World) -> None:
    record(world, 1, jour=DAY)
    record(world, 1, jour=DAY - datetime.timedelta(20))
    fill_now()
    with system():
        state = SiteState.objects.for_territory(world.lille).get(site=world.cio)
        assert (state.last_jour, state.last_entry_at) == (DAY, at(DAY))
    release = territory_release(by=world.actor("coordinateur"), territory=world.lille, year=2026)
    assert release.measures["sites"] == {str(world.cio.pk): DAY.isoformat()}
    outside = territory_release(by=world.actor("coordinateur_douai"), territory=world.lille, year=2026)
    assert "sites" not in outside.measures
