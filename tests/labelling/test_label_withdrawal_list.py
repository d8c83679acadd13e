"""The page of the withdrawals: a labelled place is found by territory, network or name among hundreds."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from labelling.enums import LabelStatus
from labelling.models import Labellisation
from labelling.services.label import withdrawal_list
from territories.models import Site
from tests.conftest import LoginAs
from tests.factories import World, make_site, system
from tests.labelling.label_acts import labelled, prefect, started

pytestmark = pytest.mark.django_db
URL = "/label/retraits/"
ROW = re.compile(r'<th scope="row"><span>([^<]+)')


@pytest.fixture
def state(world: World, login: LoginAs) -> Client:
    return login(world.users["prefecture"])


def shown(client: Client, query: str = "") -> list[str]:
    """Names of the labelled places listed."""
    page = client.get(URL + query).content.decode().partition('id="labels"')[2]
    return ROW.findall(page)


def many(world: World, count: int) -> None:
    today = timezone.localdate()
    with system():
        body = make_site(world.lille, "Porteur", world.reseaux["CIO"]).organisation
        sites = [
            make_site(world.lille, f"Antenne {n:03d}", world.reseaux["CIO"], organisation=body)
            for n in range(count)
        ]
        Labellisation.objects.bulk_create(
            Labellisation(
                region_id=site.region_id,
                territory_id=site.territory_id,
                site=site,
                status=LabelStatus.LABELLISE,
                starts_on=today.replace(day=1),
                ends_on=today.replace(year=today.year + 5, day=1),
                source="essai",
            )
            for site in sites
        )


def test_a_place_is_found_by_territory_network_and_name(world: World, state: Client) -> None:
    for site in (world.cio, world.mission, world.douai_site):
        labelled(world, site)
    names = {world.cio.name, world.mission.name, world.douai_site.name}
    assert set(shown(state)) == names
    assert shown(state, f"?territoire={world.douai.pk}") == [world.douai_site.name]
    assert world.mission.name not in shown(state, f"?reseau={world.reseaux['CIO'].pk}")
    assert shown(state, "?q=MISSION") == [world.mission.name]
    with system():
        Site.objects.for_system().filter(pk=world.mission.pk).update(city="Béthune")
    assert shown(state, "?q=bethune+mission") == [world.mission.name]
    # What can't be read asks nothing; what matches nothing says so, and leads back.
    assert set(shown(state, "?territoire=x&reseau=-1&q=%00")) == names
    none = state.get(URL, {"q": "introuvable"}).content.decode()
    assert "Aucun lieu labellisé ne répond" in none
    assert f"{URL}#engager" in none


def test_the_filters_offer_only_what_they_would_find(world: World, state: Client) -> None:
    labelled(world, world.cio)
    page = state.get(URL).content.decode()
    assert f'<option value="{world.lille.pk}">' in page
    assert f'<option value="{world.douai.pk}">' not in page
    assert page.count("<option") == 4


def test_a_label_under_withdrawal_is_not_offered_again(world: World, state: Client) -> None:
    labelled(world, world.mission)
    row = started(world, world.cio)
    assert shown(state) == [world.mission.name]
    assert reverse("label_retrait", args=[row.pk]) in state.get(URL).content.decode()


def test_three_hundred_labels_come_by_pages_under_the_same_statements(world: World, state: Client) -> None:
    def statements(query: str) -> int:
        with CaptureQueriesContext(connection) as found:
            assert state.get(URL + query).status_code == 200
        return len(found)

    labelled(world, world.cio)
    state.get(URL)
    one = statements("")
    many(world, 300)
    assert statements("") == one
    page = state.get(URL).content.decode()
    assert "301 lieux labellisés" in page.replace("\u202f", " ").replace("\u00a0", " ")
    assert len(shown(state)) == 25
    assert shown(state, "?q=antenne&page=2")[0] == "Antenne 025"
    assert "q=antenne" in state.get(URL, {"q": "antenne"}).content.decode().partition('id="labels"')[2]
    # A page that is not there is the last one.
    assert shown(state, "?q=antenne&page=999")[-1] == "Antenne 299"


def test_who_decides_nothing_is_offered_no_place(world: World, login: LoginAs) -> None:
    labelled(world, world.mission)
    started(world, world.cio)
    client = login(world.users["coordinateur"])
    page = client.get(URL).content.decode()
    assert world.cio.name in page
    assert "Engager" not in page


def test_the_labels_of_another_region_are_not_offered(world: World) -> None:
    labelled(world, world.niort_site)
    labelled(world, world.cio)
    with prefect(world) as by:
        assert [one.site_id for one in withdrawal_list.may_begin(by)] == [world.cio.pk]
        assert withdrawal_list.choices(by).total == 1
