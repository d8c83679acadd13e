"""Orientation rules: read by the desks and coordinators, edited by the regional animation, audited."""

import pytest
from django.db import connection
from django.test import Client

from contacts.models import OrientationRule
from contacts.services.matching import best_rules
from tests.conftest import LoginAs
from tests.factories import World, system

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(world: World, login: LoginAs) -> Client:
    return login(world.users["animation"])


def form(world: World, **fields: object) -> dict[str, object]:
    defaults = {
        "cible": f"r{world.reseaux['CIO'].pk}",
        "reason": "Question sur un métier de la région.",
        "weight": "40",
    }
    return defaults | fields


def rules(world: World) -> list[OrientationRule]:
    with system():
        return list(OrientationRule.objects.for_region(world.region.pk).order_by("id"))


@pytest.mark.parametrize(
    "role", ["conseiller", "referent", "coordinateur", "charge_mission", "animateur_etat", "region"]
)
def test_everyone_concerned_reads_and_nobody_else_edits(world: World, login: LoginAs, role: str) -> None:
    desk = login(world.users[role])
    html = desk.get("/regles/").content.decode()
    assert "Question sur un métier ou une formation." in html
    assert "Modifier" not in html
    assert desk.get("/regles/nouvelle/").status_code == 403
    rule = rules(world)[0]
    assert desk.post(f"/regles/{rule.pk}/etat/", {"active": "0"}).status_code == 403
    assert desk.post(f"/regles/{rule.pk}/", form(world)).status_code == 403


def test_the_animation_writes_changes_and_suspends(world: World, client: Client) -> None:
    data = form(world, statuts=["1", "2"], ages=["moins_26", "non_dit"], demandes=["3"])
    assert client.post("/regles/nouvelle/", data).status_code == 302
    rule = rules(world)[-1]
    assert (rule.statuts, rule.ages, rule.demandes, rule.weight) == ([1, 2], ["", "moins_26"], [3], 40)
    html = client.get(f"/regles/{rule.pk}/").content.decode()
    assert "Question sur un métier de la région." in html
    assert client.post(f"/regles/{rule.pk}/", form(world, weight="60")).status_code == 302
    assert rules(world)[-1].weight == 60
    assert client.post(f"/regles/{rule.pk}/etat/", {"active": "0"}).status_code == 302
    assert not rules(world)[-1].active
    assert "Hors vigueur" in client.get("/regles/").content.decode()
    with system(), connection.cursor() as cursor:
        cursor.execute("SELECT action FROM kernel_auditevent WHERE object_type = 'rule' ORDER BY id")
        assert [row[0] for row in cursor.fetchall()] == [
            "contacts.rule_created", "contacts.rule_changed", "contacts.rule_disabled",
        ]  # fmt: skip


@pytest.mark.parametrize(
    "bad",
    [
        {"cible": ""}, {"cible": "r999999"}, {"cible": "pinconnu"}, {"cible": "rx"}, {"reason": ""},
        {"reason": "court"},
        {"reason": "x" * 201}, {"reason": "phrase \x00 longue"}, {"weight": "0"}, {"weight": "101"},
        {"weight": "9" * 200},
        {"weight": "un"}, {"statuts": ["99"]}, {"statuts": ["x"]}, {"ages": ["50"]}, {"demandes": ["8"]},
        {"weight": "1e9"},
    ],
)  # fmt: skip
def test_a_bad_rule_is_told_and_what_was_typed_stays(
    world: World, client: Client, bad: dict[str, object]
) -> None:
    before = len(rules(world))
    answer = client.post("/regles/nouvelle/", form(world, **bad))
    assert answer.status_code == 422
    html = answer.content.decode()
    assert 'id="erreurs"' in html
    assert len(rules(world)) == before
    if "reason" not in bad:
        assert "Question sur un métier de la région." in html


def test_a_stale_form_does_not_overwrite(world: World, client: Client) -> None:
    rule = rules(world)[0]
    answer = client.post(f"/regles/{rule.pk}/", form(world, vu="2020-01-01T00:00:00+00:00"))
    assert answer.status_code == 409
    assert "quelqu’un d’autre" in answer.content.decode()


def test_another_regions_rules_do_not_exist(world: World, client: Client, login: LoginAs) -> None:
    rule = rules(world)[0]
    other = login(world.users["animation_niort"])
    assert "Aucune règle en vigueur" in other.get("/regles/").content.decode()
    for address in (f"/regles/{rule.pk}/", f"/regles/{rule.pk}/etat/", "/regles/999999999/"):
        assert other.post(address, form(world)).status_code == 404
    assert client.post("/regles/99999999999999999999999/etat/", {}).status_code == 404


def test_the_preview_says_the_order(world: World, client: Client) -> None:
    html = client.get("/regles/?statut=1&age=moins_26&demande=2").content.decode()
    assert html.index("MISSION_LOCALE</b>") < html.index("CIO</b>")
    fragment = client.get("/regles/?statut=1&age=plus_26", headers={"HX-Request": "true"}).content.decode()
    assert fragment.lstrip().startswith('<div id="ordre"')
    assert "MISSION_LOCALE" not in fragment
    for bad in ("statut=99", "age=x", "demande=%00", "statut=1&statut=x"):
        assert client.get(f"/regles/?{bad}").status_code == 200


def test_equal_networks_speak_once_and_the_heaviest_first(world: World) -> None:
    def rule(pk: int, weight: int, **fields: object) -> OrientationRule:
        return OrientationRule(pk=pk, reseau_id=1, weight=weight, **fields)

    low, high = rule(1, 10), rule(2, 30, demandes=[2])
    off, other = rule(3, 90, active=False), OrientationRule(pk=4, partner_kind="cci", weight=20)
    def order(*demandes: int) -> list[OrientationRule]:
        return list(best_rules([low, high, off, other], statut=1, age="", demandes=demandes).values())

    assert order(2) == [high, other]
    assert order(5) == [other, low]
