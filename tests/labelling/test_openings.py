"""The place opens: directory, sign, hours, suggestions, coverage (AMI §2)."""

import pytest
from django.urls import reverse

from contacts.models import OrientationRule
from contacts.services.shared_places import suggest_shared_places
from labelling.enums_ami import ApplicationState
from labelling.models import AmiApplication, AmiCoverage, AmiPlace
from labelling.services import openings
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.models import OutboxEvent
from territories.models import OpeningSlot, Site
from territories.services.shared_places import KIND
from tests.factories import World, system
from tests.labelling.ami_after import funded, opened, selected
from tests.labelling.ami_decisions import reload
from tests.labelling.ami_instruction import Account, make_officer
from tests.labelling.ami_world import WEEK, acting, make_call, make_porteur

pytestmark = pytest.mark.django_db


@pytest.fixture
def region(world: World) -> Account:
    return make_officer(world.region)


def project(world: World, region: Account, site: Site | None = None) -> AmiApplication:
    porteur = make_porteur(world.region)
    return funded(selected(make_call(world.region), world.lille, region, porteur, site), region)


def slots(site: Site) -> list[list[object]]:
    rows = OpeningSlot.objects.for_system().filter(site=site).order_by("weekday", "start")
    return [[row.weekday, row.start, row.end, row.walk_in] for row in rows]


def test_a_new_place_enters_the_directory_with_its_sign_and_hours(world: World, region: Account) -> None:
    file = opened(project(world, region), region)
    assert file.state == ApplicationState.OUVERTE
    with system():
        site = Site.objects.get(pk=file.site_id)
        assert (site.shared_place, site.reseau_id, site.direction, site.partner_kind) == (
            True, None, "les_deux", KIND,
        )  # fmt: skip
        assert site.organisation_id == file.organisation_id
        assert slots(site) == WEEK
        assert AmiCoverage.objects.get(call=file.call, territory=world.lille).level == 4


def test_a_place_of_a_network_keeps_it_and_bears_the_sign(world: World, region: Account) -> None:
    file = opened(project(world, region, world.mission), region)
    with system():
        site = Site.objects.get(pk=world.mission.pk)
        assert file.site_id == site.pk
        assert (site.shared_place, site.reseau_id, site.name) == (
            True,
            world.mission.reseau_id,
            world.mission.name,
        )


def test_it_opens_once_and_after_the_convention(world: World, region: Account) -> None:
    porteur = make_porteur(world.region)
    file = selected(make_call(world.region), world.lille, region, porteur)
    with acting(*region) as by, pytest.raises(Conflict):
        openings.open_place(by=by, application=file)
    file = opened(funded(file, region), region)
    with acting(*region) as by, pytest.raises(Conflict):
        openings.open_place(by=by, application=file)
    with system():
        assert Site.objects.filter(shared_place=True).count() == 1


def test_a_place_without_address_is_told_and_nothing_is_made(world: World, region: Account) -> None:
    file = project(world, region)
    with system():
        from tests.labelling.lock_world import without_trigger

        with without_trigger("labelling_amiplace", "part_is_open"):
            AmiPlace.objects.filter(application=file).update(address="")
            with acting(*region) as by, pytest.raises(Refused, match="adresse"):
                openings.open_place(by=by, application=file)
        assert not Site.objects.filter(shared_place=True).exists()
    assert reload(file).state == ApplicationState.CONVENTIONNEE


def test_its_region_gets_one_rule_and_keeps_the_one_it_wrote(world: World, region: Account) -> None:
    opened(project(world, region), region)
    with system():
        event = OutboxEvent.objects.get(kind=openings.OPENED)
        suggest_shared_places([event])
        suggest_shared_places([event])
        rule = OrientationRule.objects.get(partner_kind=KIND)
        assert rule.region_id == world.region.pk
        OrientationRule.objects.filter(pk=rule.pk).update(active=False, reason="Le nôtre.")
        suggest_shared_places([event])
        assert OrientationRule.objects.get(partner_kind=KIND).reason == "Le nôtre."


def test_the_screens_open_it_and_show_its_sign(world: World, region: Account, login) -> None:  # type: ignore[no-untyped-def]
    file = project(world, region)
    client = login(*region)
    page = reverse("ami_ouverture", args=[file.pk])
    assert "Ouvrir le lieu" in client.get(page).content.decode()
    act = reverse("ami_ouvrir", args=[file.pk])
    assert client.post(act).status_code == 302
    assert "Lieu ouvert" in client.get(page).content.decode()
    assert client.post(act).status_code == 409
    desk = login(world.users["conseiller"])
    directory = desk.get(reverse("annuaire")).content.decode()
    assert "Lieu mutualisé" in directory
    assert world.region.portal_name in directory
    site = reload(file).site_id
    assert "Lieu mutualisé" in desk.get(reverse("lieu", args=[site])).content.decode()
    assert login(world.users["coordinateur"]).post(act).status_code == 403
