"""Attacks in SQL on mandates: nobody names itself, nor to a function it may not give."""

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from territories.enums import Role
from territories.models import Membership
from territories.permissions import MAY_NAME
from tests.factories import World, system
from tests.territories.test_record_locks import refused, run

pytestmark = pytest.mark.django_db
KEYS = (
    "conseiller", "referent", "coordinateur", "charge_mission", "animateur_etat", "animation", "prefecture",
    "region", "administrateur",
)  # fmt: skip
MANDATE = (
    "INSERT INTO territories_membership (user_id, role, region_id, territory_id, site_id, scope_label,"
    " starts_on) SELECT {user}, '{role}', {region}, {territory}, {site}, 'x', '2026-01-01'"
)
LINK = (
    "INSERT INTO territories_invitation (email, display_name, role, organisation_name, region_id,"
    " territory_id, site_id, scope_label, token_hash, expires_at)"
    " SELECT 'a@b.example', 'x', '{role}', '', {region}, {territory}, {site}, 'x',"
    " repeat('a', 64), now() + interval '1 day'"
)
ENDED = "UPDATE territories_membership SET ends_on = '2026-11-01', starts_on = '2026-01-01' WHERE id = {}"


def where(world: World, role: Role) -> dict[str, object]:
    site, territory, region = world.cio.pk, world.lille.pk, world.region.pk
    if role in (Role.CONSEILLER, Role.REFERENT):
        return {"site": site, "territory": territory, "region": region}
    if role in (Role.COORDINATEUR, Role.CHARGE_MISSION, Role.ANIMATEUR_ETAT):
        return {"site": "NULL", "territory": territory, "region": region}
    return {"site": "NULL", "territory": "NULL", "region": region}


HELD = [role for role in Role if role.held_on.value in {"site", "territory", "region"}]


@pytest.mark.parametrize("key", KEYS)
def test_nobody_writes_a_mandate_without_a_link(world: World, key: str) -> None:
    for role in HELD:
        for who in (world.users[key].pk, world.users["sans_mandat"].pk):
            sql = MANDATE.format(user=who, role=role, **where(world, role))
            assert refused(world, key, sql), (key, role)


@pytest.mark.parametrize("key", KEYS)
def test_a_link_is_made_for_the_functions_one_names_to(world: World, key: str) -> None:
    """The table of the portal, and the same in the database."""
    may = MAY_NAME.get(Role(world.memberships[key].role), ())
    for role in HELD:
        made = not refused(world, key, LINK.format(role=role, **where(world, role)))
        assert made == (role in may), (key, role)


@pytest.mark.parametrize("key", KEYS)
def test_a_mandate_is_only_ended_and_by_who_gave_it(world: World, key: str) -> None:
    may = MAY_NAME.get(Role(world.memberships[key].role), ())
    for other, membership in world.memberships.items():
        if membership.region_id not in {None, world.region.pk} and key != "administrateur":
            assert refused(world, key, ENDED.format(membership.pk)), (key, other)
            continue
        for change in ("role = 'referent'", "site_id = %(cio)s", "ends_on = NULL", "named_by_id = 1"):
            sql = f"UPDATE territories_membership SET {change} WHERE id = {membership.pk}"
            assert refused(world, key, sql), (key, other, change)
        assert refused(world, key, f"DELETE FROM territories_membership WHERE id = {membership.pk}")
        if membership.role not in may:
            assert refused(world, key, ENDED.format(membership.pk)), (key, other)


def test_twin_who_names_ends(world: World) -> None:
    named = {"referent": "conseiller", "coordinateur": "referent", "animation": "coordinateur"}
    for key, other in named.items():
        assert run(world, key, ENDED.format(world.memberships[other].pk)) == 1, key


def test_an_ended_mandate_is_not_given_back(world: World) -> None:
    pk = world.memberships["conseiller"].pk
    with system():
        Membership.objects.for_system().filter(pk=pk).update(starts_on="2026-01-01", ends_on="2026-06-30")
    for day in ("NULL", "'2030-01-01'"):
        assert refused(
            world, "referent", f"UPDATE territories_membership SET ends_on = {day} WHERE id = {pk}"
        )
    with system(), connection.cursor() as cursor:
        cursor.execute("SELECT ends_on FROM territories_membership WHERE id = %s", [pk])
        assert str(cursor.fetchone()[0]) == "2026-06-30"


def test_a_link_is_turned_to_no_other_function(world: World) -> None:
    assert run(world, "referent", LINK.format(role="conseiller", **where(world, Role.CONSEILLER))) == 1
    for change in ("role = 'referent'", "token_hash = repeat('b', 64)", "email = 'c@d.example'"):
        sql = f"UPDATE territories_invitation SET {change}"
        assert refused(world, "conseiller", sql), change
    with pytest.raises(DatabaseError), transaction.atomic():
        run(world, "referent", "UPDATE territories_invitation SET role = 'referent'")
    assert refused(world, "referent", "DELETE FROM territories_invitation")
