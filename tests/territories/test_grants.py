"""A share opens one object to one account until a date, and nothing more."""

import datetime

import pytest
import time_machine
from django.db import ProgrammingError, transaction
from django.utils import timezone

from spo_portal.kernel.errors import Refused
from spo_portal.kernel.tenancy.scope import NOBODY, apply
from territories import grants
from territories.models import Share
from territories.scopes import open_for
from tests.factories import World, system

pytestmark = pytest.mark.django_db
PERMISSION = "change_site"


def in_days(days: float) -> datetime.datetime:
    return timezone.now() + datetime.timedelta(days=days)


def give(world: World, days: float = 30) -> Share:
    return grants.share(
        by=world.actor("coordinateur"),
        user=world.users["conseiller_douai"],
        obj=world.cio,
        permission=PERMISSION,
        until=in_days(days),
    )


def held(world: World, key: str = "conseiller_douai", permission: str = PERMISSION) -> bool:
    user = world.users[key]
    open_for(user, world.memberships[key].pk)
    return grants.has_share(user, world.cio, permission)


def test_a_share_opens_one_right_on_one_object_to_one_account(world: World) -> None:
    give(world)
    assert held(world)
    assert not held(world, permission="delete_site")
    assert not held(world, key="conseiller_niort")
    open_for(world.users["conseiller_douai"], None)
    assert not grants.has_share(world.users["conseiller_douai"], world.mission, PERMISSION)


def test_an_expired_share_gives_nothing(world: World) -> None:
    give(world, days=2)
    assert held(world)
    with time_machine.travel(in_days(2) + datetime.timedelta(seconds=2)):
        assert not held(world)


def test_a_withdrawn_share_gives_nothing_and_is_withdrawn_once(world: World) -> None:
    give(world)
    target = {"user": world.users["conseiller_douai"], "obj": world.cio, "permission": PERMISSION}
    grants.withdraw(by=world.actor("coordinateur"), **target)
    assert not held(world)
    with pytest.raises(Refused):
        grants.withdraw(by=world.actor("coordinateur"), **target)


def test_sharing_again_replaces_the_date(world: World) -> None:
    give(world, days=1)
    give(world, days=60)
    with time_machine.travel(in_days(30)):
        assert held(world)
    with system():
        assert Share.objects.filter(withdrawn_at=None).count() == 1


def test_a_deactivated_account_holds_no_share(world: World) -> None:
    give(world)
    world.users["conseiller_douai"].is_active = False
    assert not held(world)


@pytest.mark.parametrize("days", [-1, 0, 800])
def test_dates_past_or_too_far_are_refused(world: World, days: float) -> None:
    with pytest.raises(Refused):
        give(world, days=days)


def test_unknown_rights_and_foreign_objects_are_refused(world: World) -> None:
    target = {"user": world.users["conseiller_douai"], "until": in_days(3)}
    with pytest.raises(Refused):
        grants.share(by=world.actor("coordinateur"), obj=world.cio, permission="voler", **target)
    with pytest.raises(Refused):
        grants.share(by=world.actor("coordinateur_douai"), obj=world.cio, permission=PERMISSION, **target)
    with pytest.raises(Refused):
        grants.share(by=world.actor("conseiller"), obj=world.cio, permission=PERMISSION, **target)
    with pytest.raises(TypeError):
        grants.share(by=world.actor("coordinateur"), obj=world.region, permission="change_region", **target)


def test_row_security_keeps_shares_in_their_area(world: World) -> None:
    made = give(world)
    apply(NOBODY)
    assert not Share.objects.filter(pk=made.pk).exists()
    world.actor("coordinateur_douai")
    assert not Share.objects.filter(pk=made.pk).exists()
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Share.objects.create(
            region=world.region,
            territory=world.lille,
            user=world.users["coordinateur_douai"],
            content_type_id=made.content_type_id,
            object_id="1",
            permission=PERMISSION,
            granted_by_id=1,
            until=in_days(3),
        )
    world.actor("conseiller_douai")
    assert Share.objects.filter(pk=made.pk).exists()
    assert not Share.objects.filter(pk=made.pk).update(until=in_days(300))
