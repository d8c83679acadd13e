"""What an attacker tried and must never get: forged forms, headers smuggled into a mail, limits escaped."""

import logging
import re
import sys

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.test import Client, override_settings

from contacts.models import FicheContact
from spo_portal.kernel import http, throttle
from spo_portal.kernel.errors import Refused, TooManyAttempts
from territories.enums import Role
from territories.models import Invitation
from territories.services import accounts
from tests.conftest import LoginAs
from tests.contacts.posts import recorded
from tests.factories import World, system

pytestmark = pytest.mark.django_db
FORGED = {"email": "complice@exemple.example", "role": "conseiller", "display_name": "Complice"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://mechant.example"},
        {"Origin": "https://mechant.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://autre.testserver"},
    ],
)
def test_a_form_forged_by_another_site_is_not_handed_back_ready_to_send(headers: dict[str, str]) -> None:
    answer = Client(enforce_csrf_checks=True).post("/equipe/", FORGED, headers=headers)
    assert answer.status_code == 403
    assert b"complice@exemple.example" not in answer.content
    assert b"csrfmiddlewaretoken" not in answer.content


def test_a_stale_page_of_our_own_gets_its_form_back() -> None:
    own = {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}
    answer = Client(enforce_csrf_checks=True).post("/equipe/", FORGED, headers=own)
    assert answer.status_code == 403
    assert b"complice@exemple.example" in answer.content


ODD = [
    '"\x0bBcc:autre@boite.example"@boite.example',
    '"\x0b\x0bcorps"@boite.example',
    '"\x1cBcc:autre@boite.example\x1cX:"@boite.example',
    '"a,b"@boite.example',
    "a@\u2028boite.example",
    "=?utf-8?b?YUBiLmZyLA==?=@boite.example",
    "a@boite.example,b@boite.example",
    "a@[127.0.0.1]",
]


@pytest.mark.parametrize("address", ODD)
def test_an_address_is_one_plain_address(world: World, login: LoginAs, address: str) -> None:
    fiche: FicheContact = recorded(world, world.mission.pk)
    answer = login(world.users["conseiller"]).post(f"/fiches/{fiche.uuid}/envoyer/", {"courriel": address})
    assert answer.status_code == 422
    answer = login(world.users["referent"]).post(
        "/equipe/", {"email": address, "display_name": "X", "role": "conseiller", "scope": world.cio.pk}
    )
    assert answer.status_code == 422
    assert mail.outbox == []


def test_a_log_line_never_quotes_an_exception() -> None:
    """The text of an error may hold what was typed: an address, a row of the database."""
    try:
        try:
            raise ValueError("zibeline@boite.example")
        except ValueError as error:
            raise KeyError("zibeline") from error
    except KeyError:
        record = logging.LogRecord("django.request", logging.ERROR, "", 1, "Oops", (), sys.exc_info())
    line = http.BareErrors("%(message)s").format(record)
    assert "zibeline" not in line.replace('raise ValueError("zibeline@boite.example")', "").replace(
        'raise KeyError("zibeline")', ""
    )
    for told in ("KeyError", "ValueError", "test_attacks.py"):
        assert told in line
    assert settings.LOGGING["formatters"]["line"]["()"] == "spo_portal.kernel.http.BareErrors"


@override_settings(BASE_URL="https://orientation.example")
def test_the_reset_link_ignores_the_host_someone_sends(world: World) -> None:
    user = world.users["conseiller"]
    Client().post("/connexion/mot-de-passe/", {"email": user.email}, headers={"Host": "localhost:6666"})
    links = re.findall(r"https?://\S+", mail.outbox[0].body)
    assert links
    assert all(link.startswith("https://orientation.example/") for link in links)


def test_login_counters_survive_many_other_attempts() -> None:
    """The cache holds the counters of failed logins: filling it must not push one out."""
    cache.set("000", [1.0], 900)
    for n in range(450):
        cache.set(f"a{n:04d}", [1.0], 900)
    assert cache.get("000") == [1.0]


def test_an_ipv6_network_is_one_client() -> None:
    """A home or a server holds a whole /64: each of its addresses counts as the same one."""
    first = throttle.address_bucket("x", "2001:db8:1:2::1")
    assert first == throttle.address_bucket("x", "2001:db8:1:2:ffff::9")
    assert first != throttle.address_bucket("x", "2001:db8:1:3::1")
    assert throttle.address_bucket("x", "192.0.2.1") != throttle.address_bucket("x", "192.0.2.2")
    assert throttle.address_bucket("x", "n’importe quoi")


def test_invitations_are_not_a_way_to_send_mail_in_numbers(world: World) -> None:
    by = world.actor("referent")
    for _ in range(accounts.INVITATIONS[0]):
        throttle.count(f"invitation:compte:{by.user_id}", seconds=accounts.INVITATIONS[1])
    with pytest.raises(TooManyAttempts):
        accounts.invite(
            by=by, email="a@exemple.example", display_name="X", role=Role.CONSEILLER, site=world.cio
        )


def test_nobody_withdraws_an_invitation_they_could_not_have_made(world: World) -> None:
    invitation, _ = accounts.invite(
        by=world.actor("coordinateur"), email="r@exemple.example", display_name="R", role=Role.REFERENT,
        site=world.cio,
    )  # fmt: skip
    by = world.actor("referent")
    with pytest.raises(Refused):
        accounts.withdraw_invitation(by=by, invitation=invitation)
    with system():
        assert Invitation.objects.for_system().get(pk=invitation.pk).withdrawn_at is None
