"""A right taken back is gone at the next request, open sessions and queued jobs included (goals I8, D8)."""

import datetime

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from contacts.models import FicheContact
from spo_portal.kernel.tenancy.scope import NOBODY
from territories.enums import Role
from territories.models import Membership, User
from territories.scopes import open_for_membership, scope_of
from tests.factories import World, make_fiche, make_membership, system

pytestmark = pytest.mark.django_db
YESTERDAY = datetime.timedelta(days=1)


def change(membership: Membership, **fields: object) -> None:
    with system():
        Membership.objects.for_system().filter(pk=membership.pk).update(**fields)


def end(membership: Membership) -> None:
    yesterday = timezone.localdate() - YESTERDAY
    change(membership, starts_on=yesterday, ends_on=yesterday)


@pytest.fixture
def desk(world: World, login) -> Client:  # type: ignore[no-untyped-def]
    """A counsellor whose session is open."""
    client: Client = login(world.users["conseiller"])
    assert client.get("/comptoir/").status_code == 200
    return client


def test_an_ended_mandate_closes_the_open_session_s_pages(world: World, desk: Client) -> None:
    end(world.memberships["conseiller"])
    assert desk.get("/comptoir/").status_code == 403


def test_a_deactivated_account_is_nobody_at_once(world: World, desk: Client) -> None:
    User.objects.filter(pk=world.users["conseiller"].pk).update(is_active=False)
    answer = desk.get("/comptoir/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/connexion/")


def test_a_counsellor_who_moves_leaves_the_fiches_behind(world: World, desk: Client) -> None:
    with system():
        fiche = make_fiche(world.cio, world.lists)
    assert desk.get(f"/fiches/{fiche.uuid}/").status_code == 200
    change(world.memberships["conseiller"], site=world.mission)
    assert desk.get(f"/fiches/{fiche.uuid}/").status_code == 404


def test_a_downgraded_role_loses_its_pages(world: World, login) -> None:  # type: ignore[no-untyped-def]
    client = login(world.users["referent"])
    assert client.get("/fiches/export.csv").status_code == 200
    change(world.memberships["referent"], role=Role.CONSEILLER)
    assert client.get("/fiches/export.csv").status_code == 403


def test_acting_under_a_lost_or_foreign_mandate_falls_back_to_one_s_own(world: World, login) -> None:  # type: ignore[no-untyped-def]
    """The session only names a mandate: the database says whether it is still held, and by whom."""
    user = world.users["conseiller"]
    with system():
        second = make_membership(user, Role.COORDINATEUR, territory=world.douai)
    client = login(user, second)
    assert client.get(f"/tableau-de-bord/territoire/{world.douai.pk}/").status_code == 200
    end(second)
    assert client.get(f"/tableau-de-bord/territoire/{world.douai.pk}/").status_code == 403
    stolen = login(user, world.memberships["animation"])
    assert stolen.get("/tableau-de-bord/region/").status_code == 403


def test_a_role_can_only_be_switched_to_one_of_one_s_own(world: World, desk: Client) -> None:
    desk.post("/role/", {"membership": world.memberships["animation"].pk})
    assert desk.get("/tableau-de-bord/region/").status_code == 403


def test_a_job_checks_its_author_s_mandate_when_it_runs(world: World) -> None:
    user, membership = world.users["conseiller"], world.memberships["conseiller"]
    with system():
        make_fiche(world.cio, world.lists)
    with transaction.atomic():
        actor = open_for_membership(membership.pk, user.pk)
        assert FicheContact.objects.visible_to(actor).count() == 1
    end(membership)
    with transaction.atomic():
        actor = open_for_membership(membership.pk, user.pk)
        assert (actor.user, actor.scope) == (None, NOBODY)
        assert not FicheContact.objects.exists()
    change(membership, ends_on=None)
    User.objects.filter(pk=user.pk).update(is_active=False)
    with transaction.atomic():
        assert open_for_membership(membership.pk, user.pk).user is None
        assert not FicheContact.objects.exists()


def test_a_job_can_not_take_someone_else_s_mandate(world: World) -> None:
    with transaction.atomic():
        actor = open_for_membership(world.memberships["animation"].pk, world.users["conseiller"].pk)
        assert actor.user is None


def test_only_site_staff_get_a_scope_that_reads_fiches(world: World) -> None:
    """Everyone else reads counts, the administrator included (domain § 2)."""
    with system():
        make_fiche(world.cio, world.lists)
    for key, membership in world.memberships.items():
        with transaction.atomic():
            world.actor(key)
            sees = FicheContact.objects.exists()
        at_home = membership.site_id == world.cio.pk
        assert sees is at_home, key
        assert bool(scope_of(membership).unit) is (membership.site_id is not None)
