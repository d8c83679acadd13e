"""« À faire »: each role reads what waits for it, and nothing it may not know, at a constant cost."""

import datetime
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labelling.models import AmiAssignment, AmiContribution, AmiQuestion, AmiRegistration
from labelling.services import moves, todo
from labelling.services.todo import Item
from territories.access import SYSTEM_ACTOR
from territories.models import Commission
from tests.conftest import LoginAs
from tests.factories import World, system
from tests.labelling.ami_world import (
    Porteur,
    close_call,
    make_application,
    make_call,
    make_member,
    make_porteur,
    ready_application,
)

pytestmark = pytest.mark.django_db
URL = "/ami/a-faire/"
DAY = datetime.timedelta(days=1)


@pytest.fixture
def porteur(world: World) -> Porteur:
    return make_porteur(world.region)


def lines(client: object) -> list[str]:
    """The things to do, as they are read."""
    answer = client.get(URL)  # type: ignore[attr-defined]
    assert answer.status_code == 200
    items = re.findall(r'<li>\s*<div><a href="[^"]+"><b>(.*?)</b></a><span>(.*?)</span>', answer.text)
    return [" | ".join(item) for item in items]


def test_nothing_says_what_will_come(world: World, porteur: Porteur, login: LoginAs) -> None:
    page = login(porteur.user, porteur.membership).get(URL)
    assert "Rien ne vous attend" in page.text
    assert "<title>À faire –" in page.text


def test_a_porteur_reads_its_drafts_and_its_partners(world: World, porteur: Porteur, login: LoginAs) -> None:
    call = make_call(world.region, closes_in=5 * DAY)
    application = make_application(call, world.lille, porteur)
    with system():
        for state in ("a_inviter", "a_inviter"):
            AmiContribution.objects.create(
                application=application, region=world.region, partner_name="P", email="p@x.example", text="T",
                state=state,
            )  # fmt: skip
    client = login(porteur.user, porteur.membership)
    found = lines(client)
    assert any(line.startswith("Compléter et déposer") for line in found)
    assert any("2" in line and "partenaires à inviter" in line for line in found)
    assert "Dans les sept jours" in client.get(URL).text
    other = make_porteur(world.region)
    assert lines(login(other.user, other.membership)) == []


def test_a_draft_of_a_closed_call_waits_for_nothing(world: World, porteur: Porteur, login: LoginAs) -> None:
    call = make_call(world.region)
    make_application(call, world.lille, porteur)
    close_call(call)
    assert lines(login(porteur.user, porteur.membership)) == []


def test_the_region_reads_each_step_with_its_number(world: World, login: LoginAs) -> None:
    call = make_call(world.region)
    for bassin in (world.lille, world.douai):
        ready_application(call, bassin)
    porteur = make_porteur(world.region)
    with system():
        AmiQuestion.objects.create(
            call=call, region=world.region, text="Une question ?", asked_by_id=porteur.user.pk
        )
        AmiRegistration.objects.create(
            region=world.region, call=call, organisation=porteur.organisation, organisation_name="X",
            email="a@b.example", display_name="D",
        )  # fmt: skip
    client = login(world.users["region"])
    found = [line.replace("\u00a0", " ") for line in lines(client)]
    assert f"Examiner la recevabilité : 2 dossiers en attente | {call.title}" in found
    assert any(line.startswith("Répondre à 1 question |") for line in found)
    assert any(line.startswith("Répondre à 1 demande de compte") for line in found)
    assert f"/ami/appels/{call.pk}/dossiers/?etat=deposee" in client.get(URL).text
    # The other region's Region role would read none of it: it has no file.
    assert not any(call.title in line for line in lines(login(world.users["animation"])))


def test_a_scorer_reads_its_own_files_only_while_they_are_noted(world: World, login: LoginAs) -> None:
    application = ready_application(make_call(world.region), world.lille)
    scorer = world.users["charge_mission"]
    with system():
        AmiAssignment.objects.create(
            region=world.region, application=application, scorer=scorer, scorer_label="Chargé",
            due_at=timezone.now() - DAY, assigned_by_label="Région",
        )  # fmt: skip
    assert lines(login(scorer)) == []
    with system():
        moves.move(by=SYSTEM_ACTOR, application=application, key="declarer_recevable")
    client = login(scorer)
    assert lines(client) == [
        f"Noter le dossier {application.number} | {application.title}, bassin {world.lille.name}"
    ]
    assert "En retard" in client.get(URL).text


def test_a_porteur_learns_nothing_of_the_instruction(world: World, porteur: Porteur, login: LoginAs) -> None:
    application = ready_application(make_call(world.region), world.lille, porteur)
    client = login(porteur.user, porteur.membership)
    before = lines(client)
    with system():
        moves.move(by=SYSTEM_ACTOR, application=application, key="declarer_recevable")
        AmiAssignment.objects.create(
            region=world.region, application=application, scorer=world.users["charge_mission"],
            scorer_label="Chargé", due_at=timezone.now() + DAY, assigned_by_label="Région",
        )  # fmt: skip
    assert lines(client) == before


def test_who_may_open_it(world: World, login: LoginAs) -> None:
    _, membership = make_member(_commission(world))
    for key in world.memberships:
        expected = 403 if key == "administrateur" else 200
        assert login(world.users[key]).get(URL).status_code == expected, key
    assert login(membership.user, membership).get(URL).status_code == 200


def _commission(world: World) -> Commission:
    make_call(world.region)
    with system():
        world.lille.refresh_from_db()
        return Commission.objects.for_region(world.region.pk).get(pk=world.lille.commission_id)


def test_the_cost_is_the_same_with_one_and_with_many(world: World, login: LoginAs) -> None:
    call = make_call(world.region)
    ready_application(call, world.lille)
    porteur = make_porteur(world.region)
    first = make_application(call, world.lille, porteur)
    clients = {
        "region": login(world.users["region"]),
        "porteur": login(porteur.user, porteur.membership),
        "charge_mission": login(world.users["charge_mission"]),
    }

    def cost() -> dict[str, int]:
        found = {}
        for key, client in clients.items():
            client.get(URL)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(URL).status_code == 200
            found[key] = len(queries)
        return found

    before = cost()
    with system():
        for n in range(6):
            AmiContribution.objects.create(
                application=first, region=world.region, partner_name=f"P{n}", email="p@x.example", text="T"
            )
            AmiQuestion.objects.create(call=call, region=world.region, text=f"Q{n} ?", asked_by_id=1)
    for _ in range(3):
        ready_application(call, world.douai)
        make_application(make_call(world.region), world.lille, porteur)
    assert cost() == before
    assert max(before.values()) <= 30


def test_late_first_then_by_date_what_has_none_last() -> None:
    now = timezone.now()
    items = [
        Item("sans", "b", "/"),
        Item("loin", "c", "/", due=now + 20 * DAY),
        Item("hier", "a", "/", due=now - DAY),
        Item("bientôt", "d", "/", due=now + 2 * DAY),
    ]
    kept = todo._providers[:]
    try:
        todo._providers[:] = [lambda actor: items]
        found = todo.todo(by=None)  # type: ignore[arg-type]
    finally:
        todo._providers[:] = kept
    assert [item.what for item in found] == ["hier", "bientôt", "loin", "sans"]
    assert [(item.late, item.soon) for item in found] == [
        (True, False),
        (False, True),
        (False, False),
        (False, False),
    ]
    assert found[0].left == "en retard de 1 jour"
    assert found[3].left == ""
