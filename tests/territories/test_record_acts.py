"""Confirm, check, open, close, open again; the grid of services; the link of a reminder."""

import datetime

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from spo_portal.kernel.errors import Refused
from territories.models import Organisation, ServiceItem, Site, SiteChange, SiteService
from territories.services.record.confirm import check, confirm
from territories.services.record.lifecycle import close_place, reopen_place
from territories.services.record.links import link_for
from territories.services.record.score import freshness_of, measure, months_after
from territories.services.record.services import Given, GridConflict, fingerprint, given_by, save_services
from tests.conftest import LoginAs
from tests.factories import World, system

pytestmark = pytest.mark.django_db
DAY = datetime.date


@pytest.fixture
def items(world: World) -> list[ServiceItem]:
    """A grid of two blocks, and one item of the other region."""
    with system():
        rows = [
            ServiceItem(region=region, level=level, block=b, block_name=b, code=code, name=code, order=n)
            for n, (region, level, b, code) in enumerate(
                (
                    (world.region, "accueil", "ACC", "ACC-1"),
                    (world.region, "accueil", "ACC", "ACC-2"),
                    (world.region, "conseil", "CONS", "CONS-1"),
                    (world.other_region, "accueil", "ACC", "ACC-1"),
                )
            )
        ]  # fmt: skip
        return ServiceItem.objects.bulk_create(rows)


def history(site: Site) -> list[str]:
    with system():
        return list(SiteChange.objects.filter(site=site).order_by("pk").values_list("kind", flat=True))


def stored(site: Site) -> Site:
    with system():
        return Site.objects.get(pk=site.pk)


# Marks


@pytest.mark.parametrize(
    ("confirmed", "today", "mark"),
    [
        (None, DAY(2026, 7, 1), 0),
        (DAY(2026, 1, 1), DAY(2026, 6, 30), 100),
        (DAY(2026, 1, 1), DAY(2026, 7, 1), 99),
        (DAY(2026, 1, 1), DAY(2027, 4, 2), 50),
        (DAY(2026, 1, 1), DAY(2028, 1, 1), 0),
        (DAY(2026, 1, 1), DAY(2036, 1, 1), 0),
        (DAY(2024, 8, 31), DAY(2025, 2, 27), 100),
        (DAY(2024, 8, 31), DAY(2025, 2, 28), 99),
    ],
)
def test_freshness_is_full_six_months_and_nothing_after_two_years(
    confirmed: DAY | None, today: DAY, mark: int
) -> None:
    assert freshness_of(confirmed, today) == mark


def test_months_end_on_the_last_day_there_is() -> None:
    assert months_after(DAY(2026, 8, 31), 6) == DAY(2027, 2, 28)
    assert months_after(DAY(2027, 8, 31), 6) == DAY(2028, 2, 29)
    assert months_after(DAY(2026, 12, 15), 24) == DAY(2028, 12, 15)


def test_completeness_weighs_what_is_filled() -> None:
    bare = measure(Site(), services=0, has_hours=False)
    assert (bare.completeness, bare.overall, bare.words) == (0, 0, "Peu fiable")
    assert sum(one.weight for one in bare.missing) == 100
    full = Site(
        address="1 rue", commune_id="59350", latitude=1, longitude=1, phone="03", email="a@b.example",
        website="https://a.example", transport="Bus", wheelchair="oui", publics=["tous"], staff_tenths=0,
        confirmed_on=DAY(2026, 1, 1),
    )  # fmt: skip
    mark = measure(full, services=3, has_hours=True, today=DAY(2026, 2, 1))
    assert (mark.completeness, mark.freshness, mark.overall, mark.missing) == (100, 100, 100, ())
    assert measure(full, services=0, has_hours=True, today=DAY(2026, 2, 1)).completeness == 86
    assert measure(full, services=0, has_hours=True, grid=False, today=DAY(2026, 2, 1)).completeness == 100


# Confirm and check


def test_one_click_confirms_once_a_day(world: World, login: LoginAs) -> None:
    client = login(world.users["referent"])
    for _ in range(2):
        assert client.post(f"/annuaire/{world.cio.pk}/confirmer/").status_code == 302
    assert stored(world.cio).confirmed_on == timezone.localdate()
    assert history(world.cio) == ["confirmation"]
    assert client.get(f"/annuaire/{world.cio.pk}/confirmer/").status_code == 405
    assert stored(world.cio).version == 1


def test_the_coordinator_checks_and_the_referent_does_not(world: World, login: LoginAs) -> None:
    assert login(world.users["referent"]).post(f"/annuaire/{world.cio.pk}/verifier/").status_code == 403
    assert login(world.users["coordinateur"]).post(f"/annuaire/{world.cio.pk}/verifier/").status_code == 302
    assert stored(world.cio).checked_by_label == world.memberships["coordinateur"].label
    assert history(world.cio) == ["verification"]
    with pytest.raises(PermissionDenied):
        check(by=world.actor("referent"), site=world.cio)
    with pytest.raises(Refused):
        check(by=world.actor("coordinateur"), site=world.douai_site)
    with pytest.raises(Refused):
        confirm(by=world.actor("referent"), site=world.mission)


# The link of a reminder


def test_the_link_opens_a_page_and_changes_nothing(world: World, login: LoginAs) -> None:
    link = f"/annuaire/confirmer/{link_for(user_id=world.users['referent'].pk, site_id=world.cio.pk)}/"
    page = login(world.users["referent"]).get(link)
    assert page.status_code == 200
    assert f'action="/annuaire/{world.cio.pk}/confirmer/"' in page.text
    assert history(world.cio) == []
    assert login(world.users["coordinateur"]).get(link).status_code == 404
    assert login(world.users["conseiller"]).get(link).status_code == 403


def test_an_old_link_leads_to_the_place_and_a_forged_one_nowhere(world: World, login: LoginAs) -> None:
    client = login(world.users["referent"])
    with time_machine.travel(datetime.datetime(2026, 1, 5, tzinfo=datetime.UTC)):
        link = link_for(user_id=world.users["referent"].pk, site_id=world.cio.pk)
    answer = client.get(f"/annuaire/confirmer/{link}/")
    assert answer.headers["Location"] == f"/annuaire/{world.cio.pk}/"
    assert client.get(f"/annuaire/confirmer/{link[:-2]}zz/").status_code == 404


def test_the_link_survives_the_login_page(world: World, client) -> None:  # type: ignore[no-untyped-def]
    link = f"/annuaire/confirmer/{link_for(user_id=world.users['referent'].pk, site_id=world.cio.pk)}/"
    answer = client.get(link)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/connexion/?next=")


# The grid of services


def test_the_grid_is_saved_changed_and_told(world: World, login: LoginAs, items: list[ServiceItem]) -> None:
    client = login(world.users["referent"])
    one, two, three, abroad = items
    page = client.get(f"/annuaire/{world.cio.pk}/services/")
    assert page.status_code == 200
    sent = {
        "action": "enregistrer", "vu": fingerprint({}), f"m_{one.pk}": "sur_place",
        f"q_{one.pk}": "conseillers en insertion", f"m_{three.pk}": "rendez_vous",
        f"m_{abroad.pk}": "sur_place",
    }  # fmt: skip
    assert client.post(f"/annuaire/{world.cio.pk}/services/", sent).status_code == 302
    with system():
        rows = SiteService.objects.filter(site=world.cio).order_by("item__order")
        assert [(r.item_id, r.mode, r.who) for r in rows] == [
            (one.pk, "sur_place", "conseillers en insertion"), (three.pk, "rendez_vous", ""),
        ]  # fmt: skip
        change = SiteChange.objects.get(site=world.cio)
    assert change.changes["ACC : ACC-1"] == ["", "Sur place, sans rendez-vous, conseillers en insertion"]
    assert "conseillers en insertion" in client.get(f"/annuaire/{world.cio.pk}/").text
    assert "conseillers en insertion" in client.get(f"/annuaire/{world.cio.pk}/historique/").text
    stale = client.post(f"/annuaire/{world.cio.pk}/services/", sent | {f"m_{two.pk}": "distance"})
    assert stale.status_code == 409
    assert "Deux versions" in stale.text
    with system():
        assert SiteService.objects.filter(site=world.cio).count() == 2


def test_a_block_is_filled_without_saving(world: World, login: LoginAs, items: list[ServiceItem]) -> None:
    two = items[1]
    sent = {"remplir": "ACC:sur_place", "vu": fingerprint({}), f"m_{two.pk}": "distance"}
    page = login(world.users["referent"]).post(f"/annuaire/{world.cio.pk}/services/", sent).text
    assert page.count('value="sur_place" selected') == 1
    assert page.count('value="distance" selected') == 1
    with system():
        assert not SiteService.objects.filter(site=world.cio).exists()


def test_two_at_once_on_the_grid_the_second_sees_both(world: World, items: list[ServiceItem]) -> None:
    one, two, *_ = items
    by = world.actor("referent")
    save_services(by=by, site=world.cio, grid={one.pk: Given("sur_place")}, seen=fingerprint({}))
    with pytest.raises(GridConflict) as conflict:
        save_services(by=by, site=world.cio, grid={two.pk: Given("distance")}, seen=fingerprint({}))
    assert len(conflict.value.differences) == 2
    assert save_services(
        by=by, site=world.cio, grid={two.pk: Given("distance")}, seen=conflict.value.seen
    ) == 2  # fmt: skip
    assert given_by(by, world.cio) == {two.pk: Given("distance")}


@pytest.mark.parametrize(
    ("mode", "who", "words"),
    [
        ("telepathie", "", "Choisissez comment"),
        ("sur_place", "madame Untel", "Retirez le nom"),
        ("", "conseillers", "Dites comment"),
        ("sur_place", "x" * 121, "121"),
        ("sur_place", "a\x00b", "caractère"),
    ],
)
def test_what_is_wrong_in_the_grid_is_said(
    world: World, login: LoginAs, items: list[ServiceItem], mode: str, who: str, words: str
) -> None:
    sent = {
        "action": "enregistrer", "vu": fingerprint({}), f"m_{items[0].pk}": mode, f"q_{items[0].pk}": who
    }  # fmt: skip
    answer = login(world.users["referent"]).post(f"/annuaire/{world.cio.pk}/services/", sent)
    assert answer.status_code == 422
    assert words in answer.text.replace("\xa0", " ")
    assert f'href="#m_{items[0].pk}"' in answer.text or f'href="#q_{items[0].pk}"' in answer.text


def test_a_region_without_a_grid_says_so(world: World, login: LoginAs) -> None:
    page = login(world.users["referent"]).get(f"/annuaire/{world.cio.pk}/services/")
    assert "pas encore de grille" in page.text


# Open, close, open again


def new_place(world: World, **other: object) -> dict[str, object]:
    with system():
        organisation = Organisation.objects.get(pk=world.cio.organisation_id).name
    return {
        "action": "ouvrir", "nom": "Permanence de la Gare", "organisation": organisation,
        "nature": "permanence", "reseau": world.reseaux["CIO"].pk, "commune": "59350",
        "code_postal": "59000", **other,
    }  # fmt: skip


def test_the_coordinator_opens_a_place(world: World, login: LoginAs) -> None:
    client = login(world.users["coordinateur"])
    assert client.get("/annuaire/nouveau/").status_code == 200
    answer = client.post("/annuaire/nouveau/", new_place(world))
    assert answer.status_code == 302
    with system():
        site = Site.objects.get(name="Permanence de la Gare")
    assert (site.territory_id, site.reseau_id, site.city) == (
        world.lille.pk,
        world.reseaux["CIO"].pk,
        "Lille",
    )
    assert site.latitude is not None
    assert history(site) == ["creation"]
    with system(), connection.cursor() as cursor:
        cursor.execute("SELECT payload FROM kernel_outboxevent WHERE kind = 'territories.place_opened'")
        assert cursor.fetchall()
    twin = client.post("/annuaire/nouveau/", new_place(world, nom="permanence de la gare"))
    assert twin.status_code == 422
    assert "porte déjà ce nom" in twin.text.replace("\xa0", " ")


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"reseau": ""}, "Choisissez le réseau du lieu"),
        ({"reseau": "987654321"}, "Réseau"),
        ({"commune": ""}, "Cherchez la commune"),
        ({"commune": "59178"}, "change de"),
        ({"organisation": "Personne"}, "Choisissez un organisme"),
    ],
)
def test_what_a_new_place_lacks_is_said(
    world: World, login: LoginAs, other: dict[str, object], words: str
) -> None:
    answer = login(world.users["coordinateur"]).post("/annuaire/nouveau/", new_place(world, **other))
    assert answer.status_code == 422
    assert words in answer.text.replace("\xa0", " ")


def test_an_organisation_comes_with_its_place_or_not_at_all(world: World, login: LoginAs) -> None:
    client = login(world.users["coordinateur"])
    wrong = new_place(world, organisation="Association de l’Essai", creer="on", code_postal="62000")
    assert client.post("/annuaire/nouveau/", wrong).status_code == 422
    with system():
        assert not Organisation.objects.filter(name="Association de l’Essai").exists()
    right = new_place(world, organisation="Association de l’Essai", creer="on")
    assert client.post("/annuaire/nouveau/", right).status_code == 302
    with system():
        assert Site.objects.get(name="Permanence de la Gare").organisation.name == "Association de l’Essai"


def test_a_training_body_holds_no_place(world: World, login: LoginAs) -> None:
    with system():
        Organisation.objects.create(region=world.region, name="Formation de l’Essai", is_training_body=True)
    answer = login(world.users["coordinateur"]).post(
        "/annuaire/nouveau/", new_place(world, organisation="Formation de l’Essai")
    )
    assert answer.status_code == 422
    assert "organisme de formation" in answer.text


def test_a_partner_opens_without_a_network(world: World, login: LoginAs) -> None:
    sent = new_place(world, reseau="", sens="destinataire")
    assert login(world.users["coordinateur"]).post("/annuaire/nouveau/", sent).status_code == 302
    with system():
        assert Site.objects.get(name="Permanence de la Gare").direction == "destinataire"


def test_a_place_closes_with_its_reason_and_opens_again(world: World, login: LoginAs) -> None:
    client = login(world.users["coordinateur"])
    close = f"/annuaire/{world.cio.pk}/fermer/"
    assert client.get(close).status_code == 200
    assert client.post(close).status_code == 422
    assert client.post(close, {"motif": "Demandé par madame Untel"}).status_code == 422
    assert stored(world.cio).active
    assert client.post(close, {"motif": "Fin du bail"}).status_code == 302
    assert not stored(world.cio).active
    assert "Fin du bail" in client.get(f"/annuaire/{world.cio.pk}/historique/").text
    # A closed place never says that it opens tomorrow.
    page = client.get(f"/annuaire/{world.cio.pk}/").text
    assert "Ce lieu ne reçoit plus le public" in page
    assert "Ouvre " not in page
    assert client.post(f"/annuaire/{world.cio.pk}/confirmer/").status_code == 302
    assert stored(world.cio).confirmed_on is None
    assert client.post(f"/annuaire/{world.cio.pk}/rouvrir/", {"motif": "Nouveau bail"}).status_code == 302
    assert stored(world.cio).active
    assert history(world.cio) == ["fermeture", "reouverture"]


@pytest.mark.parametrize("key", ["referent", "animation", "region", "conseiller"])
def test_only_the_coordinator_opens_and_closes(world: World, key: str) -> None:
    by = world.actor(key)
    for act in (close_place, reopen_place):
        with pytest.raises(PermissionDenied):
            act(by=by, site=world.cio, reason="Essai")


def test_the_coordinator_of_another_territory_closes_nothing(world: World) -> None:
    with pytest.raises(Refused):
        close_place(by=world.actor("coordinateur_douai"), site=world.cio, reason="Essai")
