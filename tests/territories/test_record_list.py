"""The list of the records: whose, in which order, and what it costs."""

import datetime
import re

import pytest
from django.utils import timezone

from territories.models import ServiceItem, Site, SiteChange, SiteService
from tests.conftest import LoginAs
from tests.factories import World, make_site, system

pytestmark = pytest.mark.django_db
LIST_QUERIES, HISTORY_QUERIES = 13, 10


def shown(text: str) -> list[str]:
    names = r"CIO de Lille|Mission locale de Lille|CIO de Douai|CIO de Niort"
    return re.findall(rf">({names})</a>", text)


def test_the_coordinator_reads_its_territory_and_the_animation_its_region(
    world: World, login: LoginAs
) -> None:
    assert set(shown(login(world.users["coordinateur"]).get("/lieux/").text)) == {
        "CIO de Lille", "Mission locale de Lille",
    }  # fmt: skip
    for key in ("animation", "region"):
        assert set(shown(login(world.users[key]).get("/lieux/").text)) == {
            "CIO de Lille", "Mission locale de Lille", "CIO de Douai",
        }  # fmt: skip
    one = login(world.users["animation"]).get(f"/lieux/?territoire={world.douai.pk}")
    assert shown(one.text) == ["CIO de Douai"]
    assert shown(login(world.users["animation"]).get(f"/lieux/?territoire={world.niort.pk}").text) == []
    for key in ("referent", "conseiller", "prefecture", "charge_mission"):
        assert login(world.users[key]).get("/lieux/").status_code == 403


def test_filters_and_order(world: World, login: LoginAs) -> None:
    today = timezone.localdate()
    with system():
        Site.objects.filter(pk=world.cio.pk).update(confirmed_on=today, checked_on=today, wheelchair="oui")
        Site.objects.filter(pk=world.mission.pk).update(confirmed_on=today - datetime.timedelta(400))
    client = login(world.users["coordinateur"])
    assert shown(client.get("/lieux/?etat=a_confirmer").text) == ["Mission locale de Lille"]
    assert shown(client.get("/lieux/?etat=non_verifies").text) == ["Mission locale de Lille"]
    assert shown(client.get("/lieux/?etat=fermes").text) == []
    assert shown(client.get("/lieux/?tri=nom").text) == ["CIO de Lille", "Mission locale de Lille"]
    assert shown(client.get("/lieux/?tri=-nom").text) == ["Mission locale de Lille", "CIO de Lille"]
    assert shown(client.get("/lieux/?tri=-fiabilite").text) == ["CIO de Lille", "Mission locale de Lille"]
    assert shown(client.get("/lieux/?tri=confirmee").text) == ["Mission locale de Lille", "CIO de Lille"]
    assert shown(client.get("/lieux/?q=mission").text) == ["Mission locale de Lille"]
    assert shown(client.get(f"/lieux/?reseau={world.reseaux['CIO'].pk}").text) == ["CIO de Lille"]
    assert shown(client.get("/lieux/?reseau=partenaires").text) == []


@pytest.mark.parametrize(
    "query",
    ["?etat=%00", "?tri=drop", "?territoire=²", "?reseau=1e9", "?page=999", "?q=%25%00'", "?tri=--nom"],
)
def test_a_strange_address_is_answered(world: World, login: LoginAs, query: str) -> None:
    assert login(world.users["coordinateur"]).get(f"/lieux/{query}").status_code == 200


def test_the_list_costs_the_same_with_many_places(
    world: World, login: LoginAs, django_assert_num_queries
) -> None:  # type: ignore[no-untyped-def]
    client = login(world.users["animation"])
    client.get("/lieux/")
    with django_assert_num_queries(LIST_QUERIES):
        assert client.get("/lieux/").status_code == 200
    with system():
        item = ServiceItem.objects.create(
            region=world.region,
            level="accueil",
            block="ACC",
            block_name="Accueil",
            code="ACC-1",
            name="Écouter",
        )
        for n in range(120):
            site = make_site(world.lille, f"Lieu {n}", world.reseaux["CIO"])
            SiteService.objects.create(region=world.region, site=site, item=item, mode="sur_place")
    with django_assert_num_queries(LIST_QUERIES):
        page = client.get("/lieux/?tri=nom")
    assert "123 lieux" in page.text.replace("\xa0", " ")
    assert page.text.count("<tr>") == 51


def test_the_history_is_paged_and_costs_the_same(
    world: World, login: LoginAs, django_assert_num_queries
) -> None:  # type: ignore[no-untyped-def]
    client = login(world.users["referent"])
    with system():
        SiteChange.objects.create(region=world.region, site=world.cio, kind="horaires", by_label="Référent")
    client.get(f"/annuaire/{world.cio.pk}/historique/")
    with django_assert_num_queries(HISTORY_QUERIES):
        client.get(f"/annuaire/{world.cio.pk}/historique/")
    with system():
        SiteChange.objects.bulk_create(
            SiteChange(
                region=world.region, site=world.cio, kind="modification", by_label="Référent · CIO",
                changes={"phone": ["", str(n)], "inconnu": ["a"], "nom": ["<b>", "</b>"]},
            )
            for n in range(60)
        )  # fmt: skip
    with django_assert_num_queries(HISTORY_QUERIES):
        page = client.get(f"/annuaire/{world.cio.pk}/historique/").text
    assert "61 modifications" in page.replace("\xa0", " ")
    assert "&lt;b&gt;" in page
    assert client.get(f"/annuaire/{world.cio.pk}/historique/?page=3").status_code == 200


def test_the_animation_reads_the_history_and_not_the_other_staff(world: World, login: LoginAs) -> None:
    address = f"/annuaire/{world.cio.pk}/historique/"
    assert login(world.users["animation"]).get(address).status_code == 200
    assert login(world.users["conseiller"]).get(address).status_code == 403
    assert login(world.users["referent_mission"]).get(address).status_code == 404
