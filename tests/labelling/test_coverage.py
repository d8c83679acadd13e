"""How far each bassin is: live for the Region, without what is not published for the others."""

import pytest

from labelling.enums_ami import Outcome
from labelling.services.coverage import Cover, coverage_context, coverage_of, current_call, effect_words
from tests.conftest import LoginAs
from tests.factories import World, make_territory, system
from tests.labelling.ami_decisions import advised, decided
from tests.labelling.ami_instruction import Account, make_officer
from tests.labelling.ami_world import acting, make_application, make_call, make_member, make_porteur

pytestmark = pytest.mark.django_db


@pytest.fixture
def region(world: World) -> Account:
    with system():
        for name in ("Arras", "Lens"):
            make_territory(world.region, name)
    return make_officer(world.region)


def covers(by: object, call: object) -> dict[str, str]:
    found = coverage_of(by, call)  # type: ignore[arg-type]
    return {one.name: str(one.cover) for one in found.bassins}


def test_each_step_shows_on_its_bassin(world: World, region: Account) -> None:
    call = make_call(world.region)
    make_application(call, world.lille)
    kept = advised(call, world.douai)
    with acting(*region) as by:
        assert covers(by, call) == {
            "Lille": "brouillon", "Douai": "depose", "Arras": "aucun", "Lens": "aucun"
        }  # fmt: skip
    decided(kept, region)
    with acting(*region) as by:
        found = coverage_of(by, call)
        assert {one.name: one.cover for one in found.bassins}["Douai"] == Cover.A_PUBLIER
        assert (found.covered, found.total) == (1, 4)
        assert found.missing_words == "Lille, Arras et Lens"


def test_a_commission_never_reads_a_decision_before_its_publication(world: World, region: Account) -> None:
    call = make_call(world.region)
    file = advised(call, world.douai)
    member = make_member(file.commission)
    with acting(*member) as by:
        before = covers(by, call)
    decided(file, region)
    with acting(*member) as by:
        assert covers(by, call) == before
    with acting(world.users["animation"], world.memberships["animation"]) as by:
        assert covers(by, call)["Douai"] == "depose"


def test_a_refusal_covers_nothing(world: World, region: Account) -> None:
    call = make_call(world.region)
    decided(advised(call, world.douai), region, Outcome.NON_RETENUE)
    with acting(*region) as by:
        assert coverage_of(by, call).covered == 0


def test_the_effect_of_a_choice_is_said(world: World, region: Account) -> None:
    call = make_call(world.region)
    for territory in (world.lille, world.douai):
        decided(advised(call, territory), region)
    with acting(*region) as by:
        coverage = coverage_of(by, call)
        names = {one.name: one.territory.pk for one in coverage.bassins}
        assert effect_words(coverage, names["Lille"]).startswith("Lille a déjà un projet retenu")
        assert effect_words(coverage, names["Lens"]) == (
            "Ce choix ouvre un lieu à Lens. Il restera 1\u00a0bassin sans lieu."
        )
        chosen = coverage.choosing({names["Lens"], names["Arras"]})
        assert (chosen.covered, chosen.reached, chosen.missing) == (2, 4, ())
    decided(advised(call, coverage.bassins[2].territory), region)
    with acting(*region) as by:
        last = coverage_of(by, call)
        assert effect_words(last, names["Lens"]) == (
            "Ce choix ouvre un lieu dans le dernier bassin qui n’en a pas."
        )


def test_the_picture_says_each_bassin_in_words(world: World, region: Account) -> None:
    call = make_call(world.region)
    decided(advised(call, world.douai), region)
    with acting(*region) as by:
        drawn = coverage_context(by, call)["couverture_carte"]
    assert "Douai\u00a0: Projet retenu, à publier" in str(drawn)
    assert "Lens\u00a0: Aucun projet" in str(drawn)


def test_the_call_followed_is_the_latest_one_out(world: World, region: Account) -> None:
    first = make_call(world.region)
    make_call(world.region, open=False)
    with acting(*region) as by:
        assert current_call(by, world.region.pk) == first


def test_query_count_of_the_coverage_does_not_grow(
    world: World, region: Account, django_assert_num_queries: object
) -> None:
    call = make_call(world.region)
    for _ in range(3):
        make_application(call, world.lille, make_porteur(world.region))
    with acting(*region) as by:
        coverage_context(by, call)
        with django_assert_num_queries(3):  # type: ignore[operator]
            coverage_context(by, call)


@pytest.mark.parametrize(("role", "status"), [("region", 200), ("animation", 200), ("coordinateur", 403)])
def test_who_reads_the_page(world: World, region: Account, login: LoginAs, role: str, status: int) -> None:
    call = make_call(world.region)
    client = login(world.users[role], world.memberships[role])
    page = client.get(f"/ami/appels/{call.pk}/couverture/")
    assert page.status_code == status
    if status == 200:
        assert page.content.decode().count("Aucun projet") >= 4


@pytest.mark.parametrize(("role", "links"), [("region", True), ("animation", False)])
def test_the_home_of_the_region_shows_the_coverage(
    world: World, region: Account, login: LoginAs, role: str, links: bool
) -> None:
    call = make_call(world.region)
    advised(call, world.douai)
    page = login(world.users[role], world.memberships[role]).get("/tableau-de-bord/region/").content.decode()
    assert "Couverture des 4" in page
    assert f"/ami/appels/{call.pk}/couverture/" in page
    assert (f"/ami/appels/{call.pk}/publication/" in page) is links
