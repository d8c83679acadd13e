"""Organisations are added to a convention by network: « toutes », « aucune », counts, without JavaScript."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labelling.models import ConventionParty
from labelling.services.convention import choosing, parties
from territories.enums import PartnerDirection
from territories.models import Organisation, Site
from tests.conftest import LoginAs
from tests.factories import World, make_site, system
from tests.labelling.convention_world import Signed, make_convention

pytestmark = pytest.mark.django_db
TICKED = re.compile(r'name="organisations" value="(\d+)" id="[^"]+" checked')


@pytest.fixture
def made(world: World) -> Signed:
    return make_convention(world, shown=False)


@pytest.fixture
def client_of(world: World, login: LoginAs) -> Client:
    return login(world.users["coordinateur"])


@pytest.fixture
def bodies(world: World, made: Signed) -> dict[str, list[Organisation]]:
    """Twenty-three organisations: of two networks, and of none."""
    found: dict[str, list[Organisation]] = {}
    with system():
        for code, count in (("CIO", 12), ("MISSION_LOCALE", 9)):
            sites = [make_site(world.lille, f"{code} {n}", world.reseaux[code]) for n in range(count)]
            found[code] = [site.organisation for site in sites]
        alone = [
            make_site(world.lille, f"Maison {n}", None, direction=PartnerDirection.BOTH) for n in range(2)
        ]
        found["hors"] = [site.organisation for site in alone]
    return found


def keys(found: list[Organisation]) -> set[str]:
    return {str(one.pk) for one in found}


def press(client: Client, made: Signed, **posted: object) -> str:
    answer = client.post(reverse("convention_parties", args=[made.convention.pk]), posted)
    assert answer.status_code == 200
    return answer.content.decode().replace("\u00a0", " ").replace("\u202f", " ")


def test_all_and_none_of_a_group_or_of_every_one(
    world: World, made: Signed, client_of: Client, bodies: dict[str, list[Organisation]]
) -> None:
    network = str(world.reseaux["CIO"].pk)
    first = press(client_of, made, cocher=network, need="deux")
    assert set(TICKED.findall(first)) == keys(bodies["CIO"])
    assert "<b>12 organisations cochées</b> sur 23" in first
    assert "12 sur 12" in first
    assert "0 sur 9" in first
    # What was ticked by hand and chosen beside stays; nothing is called an error, nothing is saved.
    one = str(bodies["hors"][0].pk)
    both = press(
        client_of, made, cocher=str(world.reseaux["MISSION_LOCALE"].pk), organisations=[one], need="deux"
    )
    assert set(TICKED.findall(both)) == keys(bodies["MISSION_LOCALE"]) | {one}
    assert re.search(r'<option value="deux"[^>]* selected', both)
    assert "msg-error" not in both
    less = press(client_of, made, decocher=network, organisations=[*keys(bodies["CIO"]), one])
    assert TICKED.findall(less) == [one]
    every = press(client_of, made, cocher="tout")
    assert len(TICKED.findall(every)) == 23
    assert (
        TICKED.findall(press(client_of, made, decocher="tout", organisations=keys(bodies["MISSION_LOCALE"])))
        == []
    )
    assert "Aucune organisation cochée" in press(client_of, made, cocher="inconnu", organisations=["0", "x"])
    with system():
        assert ConventionParty.objects.for_system().filter(convention=made.convention).count() == 2


def test_what_is_ticked_is_added_at_once(
    made: Signed, client_of: Client, bodies: dict[str, list[Organisation]]
) -> None:
    url = reverse("convention_parties", args=[made.convention.pk])
    ticked = [*keys(bodies["CIO"]), *keys(bodies["hors"])]
    assert client_of.post(url, {"organisations": ticked, "need": "un"}).status_code == 302
    with system():
        assert ConventionParty.objects.for_system().filter(convention=made.convention).count() == 16
    refused = client_of.post(url, {"organisations": keys(bodies["MISSION_LOCALE"]), "need": "sept"})
    assert refused.status_code == 422
    assert set(TICKED.findall(refused.content.decode())) == keys(bodies["MISSION_LOCALE"])
    empty = client_of.post(url, {"need": "un"})
    assert "Choisissez au moins une organisation." in empty.content.decode()


def test_an_organisation_of_two_networks_is_shown_once_under_the_first(
    world: World, made: Signed, bodies: dict[str, list[Organisation]]
) -> None:
    ranked = sorted(
        (world.reseaux["CIO"], world.reseaux["MISSION_LOCALE"]), key=lambda one: (one.order, one.code)
    )
    twice = bodies["CIO"][0]
    with system():
        make_site(world.lille, "Second lieu", world.reseaux["MISSION_LOCALE"], organisation=twice)
        Site.objects.for_system().filter(organisation=twice).update(city="Lille")
    with made.acting() as actor:
        known = parties.may_join(actor, made.now())
        with CaptureQueriesContext(connection) as few:
            groups = choosing.groups_of(actor, made.now(), known[:3])
        with CaptureQueriesContext(connection) as many:
            groups = choosing.groups_of(actor, made.now(), known)
    held = [group.key for group in groups for one in group.choices if one.organisation == twice]
    assert held == [str(ranked[0].pk)]
    assert sum(len(group.choices) for group in groups) == len(known) == 23
    assert groups[-1].key == choosing.OUTSIDE
    assert len(many) == len(few)


def test_who_only_reads_ticks_nothing(
    world: World, made: Signed, login: LoginAs, bodies: dict[str, list[Organisation]]
) -> None:
    client = login(world.users["animation"])
    page = client.post(reverse("convention_parties", args=[made.convention.pk]), {"cocher": "tout"})
    assert not TICKED.findall(page.content.decode())
