"""Attacks in SQL by who shares an axis without holding its mandate: a reader writes nothing of a place."""

import datetime

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.utils import timezone

from territories.enums import Role
from territories.models import DirectoryImport, Season, SeasonSlot, ServiceItem, Site, SiteService
from tests.factories import World, make_membership, make_site, make_user, system
from tests.territories.test_record_locks import CHANGE, SEASON, SLOT, refused, run

pytestmark = pytest.mark.django_db
# Each shares ``unit`` with the référent, or ``tenant`` with the coordinateur.
READERS = ("conseiller", "charge_mission", "animateur_etat", "region")
TABLES = ("siteservice", "season", "seasonslot", "openingslot", "closure")
KEEPERS = ("referent", "coordinateur", "animation")
BODY = (
    "INSERT INTO territories_organisation (region_id, name, is_training_body)"
    " VALUES (%(region)s, 'nouvelle', false)"
)
PLACE = (
    "INSERT INTO territories_site (region_id, territory_id, organisation_id, reseau_id, reference_id, code,"
    " kind, direction, partner_kind, name, address, complement, postcode, city, phone, email, website,"
    " accessibility, hours_note, active, shared_place)"
    " SELECT region_id, territory_id, organisation_id, reseau_id, 'portail-q', 'QQ1', kind, direction,"
    " partner_kind, 'x', '', '', '', '', '', '', '', '', '', true, {shared}"
    " FROM territories_site WHERE id = %(cio)s"
)
FILE = (
    "INSERT INTO territories_directoryimport (region_id, territory_id, name, content, sha256, rows,"
    " uploaded_by_label, created, changed) SELECT region_id, territory_id, 'x', 'x', 'x', 0, 'x', 0, 0"
    " FROM territories_site WHERE id = %(cio)s"
)


@pytest.fixture
def filled(world: World) -> World:
    """A place with one row in each of its tables."""
    with system():
        item = ServiceItem.objects.create(
            region=world.region, code="INF_FI-1", level="accueil", block="INF_FI", block_name="x", name="x"
        )
        SiteService.objects.create(region=world.region, site=world.cio, item=item, mode="sur_place")
        season = Season.objects.create(
            region=world.region, site=world.cio, first_md=701, last_md=831, name="été"
        )
        SeasonSlot.objects.create(
            region=world.region, site=world.cio, season=season, weekday=0, start=540, end=720
        )
        DirectoryImport.objects.create(
            region=world.region, territory=world.lille, name="x.csv", content=b"[]", sha256="0" * 64,
            uploaded_by_label="x",
        )  # fmt: skip
    return world


@pytest.mark.parametrize("key", READERS)
def test_who_only_reads_writes_nothing_of_a_place(filled: World, key: str) -> None:
    for sql in (
        SLOT,
        SEASON,
        CHANGE,
        BODY,
        FILE,
        PLACE.format(shared="false"),
        "UPDATE territories_site SET name = 'x' WHERE id = %(cio)s",
        "UPDATE territories_site SET confirmed_on = current_date WHERE id = %(cio)s",
        *(f"UPDATE territories_{table} SET site_id = site_id WHERE site_id = %(cio)s" for table in TABLES),
        *(f"DELETE FROM territories_{table} WHERE site_id = %(cio)s" for table in TABLES),
        "UPDATE territories_directoryimport SET name = 'x'",
        "DELETE FROM territories_directoryimport",
        "UPDATE territories_organisation SET is_training_body = true",
    ):
        assert refused(filled, key, sql), (key, sql)


@pytest.mark.parametrize("key", KEEPERS)
def test_twin_its_keepers_still_write(filled: World, key: str) -> None:
    for sql in (
        SLOT,
        CHANGE,
        "UPDATE territories_site SET name = 'x' WHERE id = %(cio)s",
        "DELETE FROM territories_siteservice WHERE site_id = %(cio)s",
    ):
        assert not refused(filled, key, sql), (key, sql)
    if key != "referent":
        for sql in (BODY, FILE, PLACE.format(shared="false"), "DELETE FROM territories_directoryimport"):
            assert not refused(filled, key, sql), (key, sql)


def test_a_referent_neither_closes_its_place_nor_checks_it(world: World) -> None:
    """Nor makes a partner of it: that is the coordinator's; nor gives it the Région's sign."""
    for change in (
        "active = false",
        "shared_place = true",
        "checked_on = current_date",
        "checked_by_label = 'x'",
        "code = 'QQ2'",
        "reseau_id = NULL, direction = 'destinataire'",
        "partner_kind = 'x'",
    ):
        sql = f"UPDATE territories_site SET {change} WHERE id = %(cio)s"
        assert refused(world, "referent", sql), change
        if change != "shared_place = true":
            assert not refused(world, "coordinateur", sql), change


def test_the_region_opens_shared_places_only(world: World) -> None:
    assert not refused(world, "region", PLACE.format(shared="true"))
    assert not refused(
        world, "region", "UPDATE territories_site SET shared_place = true, active = true WHERE id = %(cio)s"
    )
    assert refused(
        world, "region", "UPDATE territories_site SET shared_place = true, name = 'x' WHERE id = %(cio)s"
    )
    with system():
        Site.objects.for_system().filter(pk=world.cio.pk).update(shared_place=True)
    assert not refused(world, "region", SLOT)
    assert refused(world, "charge_mission", SLOT)


def test_a_mandate_that_ended_opens_nothing(world: World) -> None:
    """The chargé de mission was the coordinator of the territory until yesterday."""
    past = timezone.localdate() - datetime.timedelta(days=2)
    with system():
        ended = make_membership(world.users["charge_mission"], Role.COORDINATEUR, territory=world.lille)
        type(ended).objects.for_system().filter(pk=ended.pk).update(
            starts_on=past - datetime.timedelta(days=9), ends_on=past
        )
    assert refused(world, "charge_mission", "UPDATE territories_site SET name = 'x' WHERE id = %(cio)s")


def test_no_place_hangs_on_one_that_hangs(world: World) -> None:
    """Neither a chain nor a circle, whoever writes: the web's role, and the worker too."""
    with system():
        branch = make_site(world.lille, "Antenne", world.reseaux["CIO"], kind="antenne", parent=world.cio)
        other = make_site(world.lille, "Permanence", world.reseaux["CIO"], kind="permanence")
    attacks = (
        f"UPDATE territories_site SET parent_id = {branch.pk} WHERE id = %(cio)s",
        f"UPDATE territories_site SET parent_id = {branch.pk} WHERE id = {other.pk}",
        f"UPDATE territories_site SET parent_id = {other.pk} WHERE id = %(cio)s",
        "UPDATE territories_site SET parent_id = %(cio)s WHERE id = %(cio)s",
    )
    for sql in attacks:
        for key in ("coordinateur", "referent"):
            assert refused(world, key, sql), (key, sql)
        with system(), pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, {"cio": world.cio.pk})
    hung = f"UPDATE territories_site SET parent_id = %(cio)s WHERE id = {other.pk}"
    assert run(world, "coordinateur", hung) == 1


def test_a_stranger_s_account_is_no_mandate(world: World) -> None:
    """The axis set by hand, without a mandate behind it."""
    with system():
        user = make_user("Compte de passage")
        make_membership(user, Role.CONSEILLER, site=world.cio)
    world.users["passage"] = user
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.person', %s, true)", [str(user.pk)])
        cursor.execute("SELECT set_config('app.tenant', %s, true)", [f"{{{world.lille.pk}}}"])
        cursor.execute("SELECT set_config('app.wide', %s, true)", [f"{{{world.region.pk}}}"])
        cursor.execute("UPDATE territories_site SET name = 'x' WHERE id = %s", [world.cio.pk])
        assert cursor.rowcount == 0
