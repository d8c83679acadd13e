"""Attacks in SQL on the record of a place: nothing of a neighbour is written, history is not forged."""

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from spo_portal.kernel.tenancy.scope import NOBODY, apply
from territories.models import DirectoryImport, SiteChange
from tests.factories import World, system

pytestmark = pytest.mark.django_db
TABLES = ("siteservice", "season", "seasonslot", "openingslot", "closure")
STRANGERS = (
    "anonyme", "prefecture", "administrateur", "coordinateur_douai", "conseiller_douai", "animation_niort",
    "conseiller_mission", "referent_mission",
)  # fmt: skip


def run(world: World, key: str, sql: str) -> int:
    ids = {
        "cio": world.cio.pk, "douai_site": world.douai_site.pk, "niort_site": world.niort_site.pk,
        "douai": world.douai.pk, "region": world.region.pk, "there": world.other_region.pk,
        "niort": world.niort.pk, "other": world.users["prefecture"].pk, "mission": world.mission.pk,
    }  # fmt: skip
    if key == "anonyme":
        apply(NOBODY)
    else:
        world.actor(key)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, ids)
        touched = cursor.rowcount
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    return touched


def refused(world: World, key: str, sql: str) -> bool:
    try:
        with transaction.atomic():
            touched = run(world, key, sql)
            transaction.set_rollback(True)
            return touched == 0
    except DatabaseError:
        return True


SLOT = (
    'INSERT INTO territories_openingslot (region_id, site_id, weekday, start, "end", walk_in)'
    " VALUES (%(region)s, %(cio)s, 6, 60, 120, true)"
)
SEASON = (
    "INSERT INTO territories_season (region_id, site_id, name, first_day, last_day)"
    " VALUES (%(region)s, %(cio)s, 'x', '2027-07-01', '2027-08-01')"
)
CHANGE = (
    "INSERT INTO territories_sitechange (region_id, site_id, kind, at, by_id, by_label, changes, reason)"
    " VALUES (%(region)s, %(cio)s, 'modification', '1999-01-01', %(other)s, 'x', '{}', 'forge')"
)


@pytest.mark.parametrize("key", STRANGERS)
def test_no_stranger_writes_the_record_of_a_place(world: World, key: str) -> None:
    for sql in (
        SLOT,
        SEASON,
        CHANGE,
        "UPDATE territories_site SET name = 'x' WHERE id = %(cio)s",
        *(f"UPDATE territories_{table} SET site_id = site_id WHERE site_id = %(cio)s" for table in TABLES),
        *(f"DELETE FROM territories_{table} WHERE site_id = %(cio)s" for table in TABLES),
        "DELETE FROM territories_site WHERE id = %(cio)s",
        "DELETE FROM territories_sitechange",
        "UPDATE territories_sitechange SET reason = 'x'",
        "UPDATE territories_sitesearch SET active = false",
        "UPDATE territories_serviceitem SET name = 'x'",
        "UPDATE territories_organisation SET name = 'x'",
    ):
        assert refused(world, key, sql), (key, sql)


def test_a_place_is_carried_nowhere(world: World) -> None:
    """Not by its staff, whose own row it is, nor by its territory."""
    for key in ("referent", "conseiller", "coordinateur", "animation"):
        for change in (
            "territory_id = %(douai)s",
            "territory_id = %(niort)s, region_id = %(there)s",
            "region_id = %(there)s",
            "parent_id = %(niort_site)s",
            "reference_id = 'x'",
        ):
            sql = f"UPDATE territories_site SET {change} WHERE id = %(cio)s"
            assert refused(world, key, sql), (key, change)
        for table in ("openingslot", "siteservice"):
            sql = f"UPDATE territories_{table} SET site_id = %(douai_site)s WHERE site_id = %(cio)s"
            assert refused(world, key, sql) or key == "animation", (key, table)


def test_a_line_of_history_bears_its_own_day_and_author(world: World) -> None:
    assert run(world, "referent", CHANGE) == 1
    with system():
        row = SiteChange.objects.for_system().get(reason="forge")
    assert row.at.year > 1999
    assert row.by_id == world.users["referent"].pk
    for key in ("referent", "coordinateur", "animation"):
        assert refused(world, key, "UPDATE territories_sitechange SET reason = 'x'")
        assert refused(world, key, "DELETE FROM territories_sitechange")


def test_a_waiting_file_is_read_by_who_sent_it_and_its_territory(world: World) -> None:
    with system():
        DirectoryImport.objects.create(
            region=world.region, territory=world.lille, name="x.csv", content=b"[]", sha256="0" * 64,
            uploaded_by_label="x",
        )  # fmt: skip
    for key in ("coordinateur_douai", "animation_niort", "referent", "conseiller", "prefecture", "anonyme"):
        for sql in (
            "SELECT 1 FROM territories_directoryimport",
            "UPDATE territories_directoryimport SET name = 'x'",
            "DELETE FROM territories_directoryimport",
        ):
            assert refused(world, key, sql), (key, sql)
    assert refused(world, "coordinateur", "UPDATE territories_directoryimport SET territory_id = %(douai)s")


def test_an_organisation_is_named_in_one_s_region_and_never_renamed(world: World) -> None:
    body = "INSERT INTO territories_organisation (region_id, name, is_training_body) VALUES ({}, 'x', {})"
    for key in ("coordinateur", "animation"):
        assert refused(world, key, body.format("%(there)s", "false")), key
        assert refused(world, key, body.format("%(region)s", "true")), key
        assert refused(world, key, "UPDATE territories_organisation SET name = 'x'"), key
    assert refused(world, "coordinateur", "UPDATE territories_organisation SET is_training_body = true")
