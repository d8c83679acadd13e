"""The shared places followed in one's bassins, and the ways to the pages after a selection."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from labelling.models import AmiApplication
from labelling.services.places_list import followed_places
from tests.conftest import LoginAs
from tests.factories import World
from tests.labelling.ami_after import funded, opened, selected
from tests.labelling.ami_instruction import Account, make_charge, make_officer
from tests.labelling.ami_world import Porteur, acting, make_call, make_porteur

pytestmark = pytest.mark.django_db
AFTER = ("ami_convention", "ami_ouverture", "ami_suivi", "ami_publicite")


@pytest.fixture
def porteur(world: World) -> Porteur:
    return make_porteur(world.region)


@pytest.fixture
def region(world: World) -> Account:
    return make_officer(world.region)


@pytest.fixture
def file(world: World, region: Account, porteur: Porteur) -> AmiApplication:
    return opened(funded(selected(make_call(world.region), world.lille, region, porteur), region), region)


def test_each_bassin_reads_its_own_places(world: World, file: AmiApplication, login: LoginAs) -> None:
    here, beside = make_charge(world.lille), make_charge(world.douai)
    page = login(*here).get(reverse("ami_lieux")).content.decode()
    assert reverse("ami_suivi", args=[file.pk]) in page
    assert file.title in page
    elsewhere = login(*beside).get(reverse("ami_lieux")).content.decode()
    assert file.title not in elsewhere
    assert "Aucun projet retenu ici" in elsewhere


def test_what_is_late_is_said_with_its_page(world: World, region: Account, file: AmiApplication) -> None:
    today = timezone.localdate()
    with acting(*make_charge(world.lille)) as by:
        (soon,) = followed_places(by, today=today)
        (late,) = followed_places(by, today=today + datetime.timedelta(900))
    assert not soon.alerts
    assert soon.convention is not None
    assert soon.site is not None
    assert {page for _, page in late.alerts} == {"ami_suivi", "ami_publicite"}
    with acting(*region) as by:
        (mine,) = followed_places(by, today=today + datetime.timedelta(900))
    assert "ami_convention" in {page for _, page in mine.alerts}


def test_one_place_and_many_ask_the_same(world: World, region: Account, file: AmiApplication) -> None:
    def asked() -> int:
        with acting(*region) as by, CaptureQueriesContext(connection) as found:
            assert followed_places(by)
        return len(found)

    one = asked()
    for _ in range(2):
        funded(selected(make_call(world.region), world.douai, region, make_porteur(world.region)), region)
    assert asked() == one


def test_the_file_leads_to_what_follows(
    world: World, region: Account, porteur: Porteur, file: AmiApplication, login: LoginAs
) -> None:
    url = reverse("ami_dossier", args=[file.pk])
    decision = reverse("ami_decision", args=[file.pk])
    officer = login(*region).get(url).content.decode()
    assert decision in officer
    for client in (login(*region), login(porteur.user, porteur.membership), login(*make_charge(world.lille))):
        page = client.get(url).content.decode()
        assert all(reverse(name, args=[file.pk]) in page for name in AFTER)
    assert decision not in login(porteur.user, porteur.membership).get(url).content.decode()
    rows = login(*region).get(reverse("ami_dossiers_appel", args=[file.call_id])).content.decode()
    assert reverse("ami_suivi", args=[file.pk]) in rows
