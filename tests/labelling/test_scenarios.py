"""Scenarios: side by side, never binding, kept from two officers who write at once."""

import pytest

from labelling.enums_ami import Outcome
from labelling.models import AmiCall, AmiProposal, AmiScenario, AmiScenarioLine
from labelling.services import scenarios
from labelling.services.simulation import Board, board_of, propose
from spo_portal.kernel.errors import Conflict, Refused
from tests.conftest import LoginAs
from tests.factories import World, make_territory, system
from tests.labelling.ami_decisions import advised, decided
from tests.labelling.ami_instruction import Account, admitted, make_officer
from tests.labelling.ami_world import acting, make_call, make_porteur

pytestmark = pytest.mark.django_db


@pytest.fixture
def region(world: World) -> Account:
    with system():
        make_territory(world.region, "Arras")
    return make_officer(world.region)


def read(call: AmiCall, region: Account) -> Board:
    with acting(*region) as by:
        return board_of(by, call)


def test_a_scenario_says_cost_rest_bassins_and_mean(world: World, region: Account) -> None:
    call = make_call(world.region, envelope=15_000_000)
    first, second = advised(call, world.lille, 5), advised(call, world.douai, 2)
    with acting(*region) as by:
        made = scenarios.create_scenario(
            by=by, call=call, name="Deux lieux", lines={first.pk: 6_000_000, second.pk: 4_000_000}
        )
    [view] = read(call, region).scenarios
    assert view.scenario == made
    assert (view.cost, view.left, view.covered, view.missing) == (10_000_000, 5_000_000, 2, ("Arras",))
    assert (view.mean, view.unknown, view.files) == (350, 0, 2)


def test_what_is_decided_counts_in_every_scenario(world: World, region: Account) -> None:
    call = make_call(world.region, envelope=10_000_000)
    first, second = advised(call, world.lille), advised(call, world.douai)
    with acting(*region) as by:
        scenarios.create_scenario(
            by=by, call=call, name="A", lines={first.pk: 6_000_000, second.pk: 5_000_000}
        )
    assert read(call, region).scenarios[0].over
    decided(first, region, amount=4_000_000)
    [view] = read(call, region).scenarios
    assert (view.cost, view.lines, view.over) == (9_000_000, {second.pk: 5_000_000}, False)


def test_the_proposal_covers_bassins_first_then_follows_the_notes(world: World, region: Account) -> None:
    call = make_call(world.region, envelope=16_000_000)
    best, other = advised(call, world.lille, 5), advised(call, world.lille, 4)
    lone = advised(call, world.douai, 1)
    advised(call, world.douai, 5, opinion="defavorable")
    board = read(call, region)
    found = propose(board)
    # Two bassins before the second project of Lille, which the envelope has no room for.
    assert set(found.lines) == {best.pk, lone.pk}
    with acting(*region) as by:
        made = scenarios.save_proposal(by=by, call=call)
        again = scenarios.save_proposal(by=by, call=call)
    assert made.name != again.name
    assert "1\u00a0dossier" in made.note
    assert other.pk not in propose(board).lines


def test_files_still_being_noted_stay_out_of_means_and_proposals(world: World, region: Account) -> None:
    call = make_call(world.region)
    file = admitted(call, world.lille, region)
    board = read(call, region)
    assert [one.application.pk for one in board.files] == [file.pk]
    assert board.files[0].notes.mean is None
    assert propose(board).lines == {}
    with acting(*region) as by, pytest.raises(Refused):
        scenarios.save_proposal(by=by, call=call)


def test_create_copy_rename_delete(world: World, region: Account) -> None:
    call = make_call(world.region)
    file = advised(call, world.lille)
    with acting(*region) as by:
        first = scenarios.create_scenario(by=by, call=call, name="Premier", lines={file.pk: 5_000_000})
        copy = scenarios.copy_scenario(by=by, scenario=first, name="Second")
        assert AmiScenarioLine.objects.visible_to(by).get(scenario=copy).amount == 5_000_000
        with pytest.raises(Refused, match="déjà ce nom"):
            scenarios.rename_scenario(by=by, scenario=copy, name="Premier", seen=1)
        renamed = scenarios.rename_scenario(by=by, scenario=copy, name="Autre", seen=1)
        assert renamed.version == 2
        with pytest.raises(Conflict):
            scenarios.delete_scenario(by=by, scenario=copy, seen=1)
        scenarios.delete_scenario(by=by, scenario=copy, seen=2)
        with pytest.raises(Conflict, match="supprimé"):
            scenarios.save_lines(by=by, scenario=copy, lines={}, seen=2)
        assert [one.name for one in AmiScenario.objects.visible_to(by)] == ["Premier"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_scenario_has_a_name(world: World, region: Account, name: str) -> None:
    call = make_call(world.region)
    with acting(*region) as by, pytest.raises(Refused) as refused:
        scenarios.create_scenario(by=by, call=call, name=name)
    assert refused.value.field == "nom"


def test_of_two_officers_the_second_is_told(world: World, region: Account) -> None:
    call = make_call(world.region)
    file = advised(call, world.lille)
    with acting(*region) as by:
        made = scenarios.create_scenario(by=by, call=call, name="À deux")
        scenarios.save_lines(by=by, scenario=made, lines={file.pk: 5_000_000}, seen=1)
    with acting(*make_officer(world.region)) as by, pytest.raises(Conflict):
        scenarios.save_lines(by=by, scenario=made, lines={}, seen=1)
    assert read(call, region).scenarios[0].lines == {file.pk: 5_000_000}


def test_a_line_is_within_the_request_and_of_the_call(world: World, region: Account) -> None:
    call, other = make_call(world.region), make_call(world.region)
    file, foreign = (
        advised(call, world.lille),
        advised(other, world.lille, porteur=make_porteur(world.region)),
    )
    with acting(*region) as by:
        made = scenarios.create_scenario(by=by, call=call, name="Bornes")
        with pytest.raises(Refused, match="demande"):
            scenarios.save_lines(by=by, scenario=made, lines={file.pk: 6_040_001}, seen=1)
        with pytest.raises(Refused, match="plus à décider"):
            scenarios.save_lines(by=by, scenario=made, lines={foreign.pk: 1}, seen=1)


def test_a_scenario_is_adopted_as_amounts_proposed_and_decides_nothing(world: World, region: Account) -> None:
    call = make_call(world.region)
    kept, left, done = (advised(call, t) for t in (world.lille, world.douai, world.douai))
    decided(done, region, Outcome.NON_RETENUE)
    with acting(*region) as by:
        made = scenarios.create_scenario(by=by, call=call, name="Le bon", lines={kept.pk: 5_000_000})
        assert scenarios.adopt_scenario(by=by, scenario=made, seen=1) == 2
        assert scenarios.adopt_scenario(by=by, scenario=made, seen=1) == 2
        amounts = dict(AmiProposal.objects.visible_to(by).values_list("application_id", "amount"))
        assert amounts == {kept.pk: 5_000_000, left.pk: 0}
        assert {one.scenario_name for one in AmiProposal.objects.visible_to(by)} == {"Le bon"}
    assert {one.application.state for one in read(call, region).files} == {"avis_rendu", "decidee"}


def test_the_page_saves_recalculates_and_shows_both_versions(
    world: World, region: Account, login: LoginAs
) -> None:
    call = make_call(world.region)
    file = advised(call, world.lille)
    client, base = login(*region), f"/ami/appels/{call.pk}/simulateur/"
    assert "Aucun scénario" in client.get(base).content.decode()
    assert client.post(base, {"nom": ""}).status_code == 422
    assert client.post(base, {"nom": "Essai"}).status_code == 302
    assert client.post(base, {"nom": "Essai"}).status_code == 422
    with system():
        made = AmiScenario.objects.for_system().get(call=call)
    url, keep, amount = f"{base}{made.pk}/", f"garder_{file.pk}", f"montant_{file.pk}"
    live = client.post(url, {keep: "1", amount: "50 000", "vu": "1"}, headers={"HX-Request": "true"})
    assert "50\u202f000\u202f€" in live.content.decode()
    assert "<html" not in live.content.decode()
    wrong = client.post(url, {keep: "1", amount: "1e30", "vu": "1", "enregistrer": "1"})
    assert wrong.status_code == 422
    assert "1e30" in wrong.content.decode()
    assert client.post(url, {keep: "1", amount: "50 000", "vu": "1", "enregistrer": "1"}).status_code == 302
    clash = client.post(url, {keep: "1", amount: "40 000", "vu": "1", "enregistrer": "1"})
    assert clash.status_code == 409
    page = clash.content.decode()
    assert "40 000" in page
    assert "50\u202f000\u202f€" in page
    assert client.get(base).status_code == 200
    for act in ("copier", "renommer", "adopter", "supprimer"):
        assert client.get(f"{url}{act}/").status_code == 200
    assert client.get(f"{url}autre/").status_code == 404
    assert client.post(f"{url}adopter/", {"vu": "2"}).status_code == 302
    assert client.post(f"{url}supprimer/", {"vu": "1"}).status_code == 409
    assert client.post(f"{url}supprimer/", {"vu": "2"}).status_code == 302
    assert client.get(url).status_code == 404
    assert client.post(f"{base}proposition/").status_code == 302


def test_scenarios_are_the_regions_alone(world: World, region: Account) -> None:
    call = make_call(world.region)
    with acting(*region) as by:
        scenarios.create_scenario(by=by, call=call, name="Interne")
    with acting(world.users["animation"], world.memberships["animation"]) as by:
        assert not AmiScenario.objects.visible_to(by).exists()
        assert not AmiScenario.objects.all().exists()


def test_query_count_of_the_simulator_does_not_grow(
    world: World, region: Account, django_assert_num_queries: object
) -> None:
    call = make_call(world.region)
    advised(call, world.lille)
    counts = []
    for territory in (None, world.douai, world.douai):
        if territory is not None:
            advised(call, territory)
        with acting(*region) as by, django_assert_num_queries(12):  # type: ignore[operator]
            counts.append(len(board_of(by, call).files))
    assert counts == [1, 2, 3]
