"""Unused accounts: noticed twice, then anonymised, never without the last notice (domain § 10)."""

import datetime

import pytest
from django.core import mail
from django.utils import timezone

from spo_portal.kernel.models import AuditEvent
from territories.models import Membership, User
from territories.services import retention
from tests.factories import World, acting_as_role, system

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
START = datetime.datetime(2026, 1, 5, 9, 0, tzinfo=datetime.UTC)


@pytest.fixture
def idle(world: World) -> User:
    """An account last used at START; every other one is used much later."""
    with system():
        User.objects.update(last_login=START + 3000 * DAY)
        User.objects.filter(pk=world.users["conseiller"].pk).update(last_login=START)
    return world.users["conseiller"]


def run(days: float) -> dict[str, int]:
    with acting_as_role("spo_worker"):
        return retention.run(now=START + days * DAY)


def test_notices_then_anonymised(idle: User) -> None:
    address = idle.email
    assert run(699) == {"noticed": 0, "anonymised": 0}
    assert run(701) == {"noticed": 1, "anonymised": 0}
    assert run(702)["noticed"] == 0, "one mail per term"
    assert run(724) == {"noticed": 1, "anonymised": 0}
    assert run(729) == {"noticed": 0, "anonymised": 0}
    assert run(732) == {"noticed": 0, "anonymised": 1}
    assert run(733) == {"noticed": 0, "anonymised": 0}
    assert [m.to for m in mail.outbox] == [[address], [address]]
    idle.refresh_from_db()
    assert not idle.is_active
    assert address not in (idle.email, idle.display_name)
    assert not idle.has_usable_password()
    with system():
        assert not Membership.objects.of_user(idle.pk).filter(ends_on=None).exists()
        assert AuditEvent.objects.filter(action="territories.account_anonymised").count() == 1


def test_a_login_starts_the_terms_again(idle: User) -> None:
    assert run(701)["noticed"] == 1
    User.objects.filter(pk=idle.pk).update(last_login=START + 710 * DAY)
    assert run(732) == {"noticed": 0, "anonymised": 0}
    assert run(710 + 701)["noticed"] == 1


def test_without_the_last_notice_nothing_is_erased(idle: User) -> None:
    assert run(701)["noticed"] == 1
    assert run(760) == {"noticed": 1, "anonymised": 0}
    idle.refresh_from_db()
    assert idle.is_active
    assert run(768) == {"noticed": 0, "anonymised": 1}


def test_demonstration_accounts_stay(idle: User) -> None:
    User.objects.filter(pk=idle.pk).update(is_demo=True)
    assert run(800) == {"noticed": 0, "anonymised": 0}
    assert timezone.is_aware(START)
