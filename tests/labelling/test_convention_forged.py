"""Events of a convention written by hand in the queue: nothing leaves for who is not of the convention."""

import pytest
from django.test import Client

from labelling.models import Convention
from labelling.services.convention.events import NOTICE
from labelling.services.convention.mails import INVITING, MAILS
from spo_portal.kernel import outbox
from tests.factories import World, system
from tests.labelling.convention_world import MAILS as ADDRESSES
from tests.labelling.convention_world import Signed, form, make_convention
from tests.labelling.mails import drain

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(world: World) -> Signed:
    return make_convention(world)


def forge(convention: Convention, template: str, **more: object) -> list[str]:
    """Addresses written to by one forged event."""
    payload: dict[str, object] = {"convention": convention.pk, "template": template}
    with system():
        outbox.emit(NOTICE, tenant_id=convention.territory_id, payload=payload | more)
    return [address for message in drain() for address in message.to]


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("who", ["conseiller_niort", "coordinateur_douai", "charge_mission"])
def test_no_other_account_gets_a_mail_of_a_convention(made: Signed, who: str, signed: bool) -> None:
    """Neither the signed document of a neighbour, nor the secret link of a signatory."""
    mine = made.signatory(ADDRESSES[0])
    if signed:
        for email in ADDRESSES:
            assert Client().post(made.url(email), form(made, email)).status_code == 302
        drain()
        assert made.now().pdf is not None
    for template in MAILS:
        for signatory in (None, mine.pk):
            sent = forge(
                made.now(), template, user=made.world.users[who].pk, signatory=signatory, nonce=mine.nonce
            )
            assert sent == [], template


def test_a_link_goes_to_its_signatory_alone(made: Signed) -> None:
    mine = made.signatory(ADDRESSES[0])
    coordinator = made.world.users["coordinateur"]
    for template in INVITING:
        facts = {"signatory": mine.pk, "nonce": mine.nonce}
        assert forge(made.now(), template, user=coordinator.pk, **facts) == []
        assert forge(made.now(), template, **facts) == [ADDRESSES[0]]
        assert forge(made.now(), template, signatory=mine.pk, nonce=mine.nonce + 1) == []


def test_a_signatory_of_another_convention_gets_nothing(made: Signed, world: World) -> None:
    """The convention of Douai, told to somebody who signs in Lille."""
    with system():
        other = Convention.objects.for_system().create(
            region=world.region, territory=world.douai, kind="convention", number=2, title="Douai",
            created_by_label="x",
        )  # fmt: skip
    for template in MAILS:
        assert forge(other, template, signatory=made.signatory(ADDRESSES[0]).pk, nonce=1) == [], template


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"convention": "x"},
        {"convention": {"a": 1}},
        {"convention": [1]},
        {"template": "../../invitation"},
    ],
)
def test_an_event_that_means_nothing_stops_no_other(made: Signed, payload: dict[str, object]) -> None:
    with system():
        outbox.emit(NOTICE, tenant_id=None, payload=payload)
    mine = made.signatory(ADDRESSES[0])
    assert forge(made.now(), "rappel", signatory=mine.pk, nonce=mine.nonce) == [ADDRESSES[0]]
