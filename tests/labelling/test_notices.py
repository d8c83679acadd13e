"""Mails of each step: to whom it concerns, when it is told, once (domain § 7)."""

import datetime
import re

import pytest
from django.core import mail
from django.utils import timezone

from labelling.models import AmiApplication, AmiStep
from labelling.services import moves, notices
from labelling.services.notices import NOTICES, Group, Notice
from labelling.services.recipients import OUTSIDE
from labelling.workflows.ami import MOVES
from spo_portal.kernel import outbox
from spo_portal.kernel.models import OutboxEvent
from spo_portal.kernel.tenancy.scope import NOBODY, scoped
from territories import grants
from territories.access import SYSTEM_ACTOR
from territories.models import Membership
from tests.factories import World, acting_as_role, system
from tests.labelling.ami_world import Porteur, make_application, make_call, make_porteur, ready_application
from tests.labelling.mails import drain, stuck

pytestmark = pytest.mark.django_db


@pytest.fixture
def porteur(world: World) -> Porteur:
    return make_porteur(world.region)


@pytest.fixture
def application(world: World, porteur: Porteur) -> AmiApplication:
    return make_application(make_call(world.region), world.lille, porteur)


def step(application: AmiApplication, key: str, *, told: bool, comment: str = "") -> AmiStep:
    with system():
        return moves.leave_step(by=SYSTEM_ACTOR, application=application, key=key, told=told, comment=comment)


def test_submitting_is_receipted_and_told_to_the_region(world: World, porteur: Porteur) -> None:
    application = ready_application(make_call(world.region), world.lille, porteur)
    sent = {m.to[0]: m for m in drain()}
    assert set(sent) == {porteur.user.email, world.users["region"].email}
    receipt = sent[porteur.user.email]
    assert application.number in receipt.body
    assert f"/ami/dossiers/{application.pk}/" in receipt.body
    assert stuck() == []
    assert drain() == []


def test_cowriters_are_told_too_and_strangers_never(
    world: World, porteur: Porteur, application: AmiApplication
) -> None:
    other = make_porteur(world.region)
    named = world.users["charge_mission"]
    with porteur.acting() as actor:
        grants.share(
            by=actor, user=named, obj=application, permission="view_amiapplication",
            until=timezone.now() + datetime.timedelta(days=3),
        )  # fmt: skip
    step(application, "declarer_recevable", told=True)
    addresses = {m.to[0] for m in drain()}
    assert addresses == {porteur.user.email, named.email}
    assert other.user.email not in addresses


@pytest.mark.parametrize("key", sorted(NOTICES))
def test_what_is_not_told_reaches_no_porteur(key: str, porteur: Porteur, application: AmiApplication) -> None:
    step(application, key, told=False, comment="Un motif tenu secret.")
    assert porteur.user.email not in {m.to[0] for m in drain()}
    assert stuck() == []


@pytest.mark.parametrize("key", sorted(NOTICES))
def test_every_notice_is_written_in_full(
    key: str, world: World, porteur: Porteur, application: AmiApplication
) -> None:
    with system():
        AmiApplication.objects.filter(pk=application.pk).update(title="Un titre\r\nBcc: x@y.fr, {projet}")
    step(application, key, told=True, comment="Motif donné en clair.")
    sent = drain()
    assert stuck() == []
    groups = {group for notice in NOTICES[key] for group in notice.to}
    assert bool(sent) == bool(groups - {Group.SCORER})
    for message in sent:
        assert len(message.to) == 1
        assert not message.bcc
        assert "\n" not in message.subject
        assert message.body.startswith("Bonjour,")
        assert re.search(r"https?://\S+/ami/", message.body)
        assert not re.search(r"{[{%]|None|&#", message.body)
        assert "’" not in message.body or "'" not in message.body.replace("Bcc", "")


def test_every_told_move_has_its_mail_to_the_porteur() -> None:
    for move in MOVES.values():
        if move.told:
            groups = {g for notice in NOTICES.get(move.key, ()) for g in notice.to}
            assert groups & OUTSIDE, move.key
        else:
            for notice in NOTICES.get(move.key, ()):
                assert not set(notice.to) & OUTSIDE, move.key


def test_a_mandate_that_ended_meanwhile_gets_nothing(porteur: Porteur, application: AmiApplication) -> None:
    step(application, "declarer_recevable", told=True)
    with system():
        yesterday = timezone.localdate() - datetime.timedelta(days=1)
        Membership.objects.for_system().filter(pk=porteur.membership.pk).update(
            starts_on=yesterday, ends_on=yesterday
        )
    assert drain() == []


def test_a_mail_server_that_stops_half_way_repeats_nothing(
    world: World, porteur: Porteur, application: AmiApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = {world.users["charge_mission"].email}
    send = notices.send

    def failing(address: str, *rest: object) -> None:
        if address in away:
            raise OSError("away")
        send(address, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(notices, "send", failing)
    named = world.users["charge_mission"]
    with porteur.acting() as actor:
        grants.share(
            by=actor, user=named, obj=application, permission="change_amiapplication",
            until=timezone.now() + datetime.timedelta(days=3),
        )  # fmt: skip
    step(application, "declarer_recevable", told=True)
    first = [m.to[0] for m in drain()]
    assert first == [porteur.user.email]
    away.clear()
    with system():
        OutboxEvent.objects.filter(done_at=None).update(not_before=None)
    second = [m.to[0] for m in drain()]
    assert sorted(first + second) == sorted([porteur.user.email, named.email])


def test_payloads_hold_ids_only(porteur: Porteur, application: AmiApplication) -> None:
    step(application, "declarer_irrecevable", told=True, comment="Un motif confidentiel.")
    mail.outbox.clear()
    with scoped(NOBODY), acting_as_role("spo_worker"):
        outbox.drain()
    with system():
        payloads = str(list(OutboxEvent.objects.values_list("payload", flat=True)))
    assert "motif" not in payloads
    assert porteur.user.email not in payloads


def test_a_part_of_the_app_adds_its_own_notice(application: AmiApplication) -> None:
    notice = Notice((Group.REGION,), "Essai : {numero}", "depot_region")
    try:
        notices.register("essai", notice)
        notices.register("essai", notice)
        assert NOTICES["essai"] == (notice,)
        step(application, "essai", told=False)
        assert len(drain()) == 1
    finally:
        NOTICES.pop("essai")
