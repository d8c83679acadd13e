"""Targets: set within one's area, within bounds, kept in the trail; the region's default stands behind."""

import json
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.utils import timezone

from dashboards.models import Target
from dashboards.services.targets import every_target, reached, set_target, targets_for
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.tenancy.scope import apply
from tests.dashboards.by_hand import release
from tests.factories import World, system

pytestmark = pytest.mark.django_db
YEAR = timezone.localdate().year


def put(world: World, who: str, value: object, **changed: object) -> None:
    fields = {
        "indicator": "contacts",
        "year": YEAR,
        "region": world.region,
        "territory": world.lille,
    } | changed
    amount = None if value is None else Decimal(str(value))
    set_target(by=world.actor(who), value=amount, **fields)  # type: ignore[arg-type]


def values(world: World, who: str = "coordinateur", **where: object) -> dict[str, tuple[Decimal, bool]]:
    found = targets_for(by=world.actor(who), region=world.region, year=YEAR, **where)  # type: ignore[arg-type]
    return {key: (target.value, target.own) for key, target in found.items()}


def trail() -> list[tuple[str, dict[str, object]]]:
    with system(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT acting_role, data::text FROM kernel_auditevent"
            " WHERE action = 'dashboards.target_set' ORDER BY id"
        )
        return [(role, json.loads(data)) for role, data in cursor.fetchall()]


def test_a_territory_follows_the_default_until_it_has_its_own(world: World) -> None:
    put(world, "animation", 1000, territory=None)
    assert values(world, territory=world.lille) == {"contacts": (1000, False)}
    put(world, "coordinateur", 1200)
    assert values(world, territory=world.lille) == {"contacts": (1200, True)}
    assert values(world, "coordinateur_douai", territory=world.douai) == {"contacts": (1000, False)}
    put(world, "coordinateur", None)
    assert values(world, territory=world.lille) == {"contacts": (1000, False)}


def test_the_target_says_which_role_set_it_and_the_trail_keeps_the_past(world: World) -> None:
    put(world, "animation", 1000)
    put(world, "coordinateur", 1100)
    put(world, "coordinateur", 1100)
    found = targets_for(by=world.actor("animation"), region=world.region, year=YEAR, territory=world.lille)
    assert found["contacts"].set_by == "Coordinateur · Lille"
    assert [(role, data["avant"], data["apres"]) for role, data in trail()] == [
        ("animation", None, "1000"),
        ("coordinateur", "1000.0", "1100"),
    ], "the same value again leaves no trace"


def test_one_s_own_area_only(world: World) -> None:
    for who, changed in (
        ("coordinateur", {"territory": world.douai}),
        ("coordinateur", {"territory": None}),
        ("coordinateur", {"territory": world.niort, "region": world.other_region}),
        ("animation", {"territory": world.niort, "region": world.other_region}),
        ("animation", {"territory": world.niort}),
        ("animation_niort", {}),
    ):
        with pytest.raises(Refused):
            put(world, who, 10, **changed)
    for who in ("conseiller", "referent", "charge_mission", "animateur_etat", "prefecture", "administrateur"):
        with pytest.raises(PermissionDenied):
            put(world, who, 10)
    with system():
        assert not Target.objects.for_system().exists()


def test_the_database_refuses_too(world: World) -> None:
    for territory in (world.douai, world.niort, None):
        apply(world.actor("coordinateur").scope)
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Target.objects.create(
                region_id=territory.region_id if territory else world.region.pk, territory=territory,
                indicator="contacts", year=YEAR, value=1, set_by_label="x", set_at=timezone.now(),
            )  # fmt: skip


@pytest.mark.parametrize(
    ("indicator", "value", "year"),
    [
        ("contacts", "-1", YEAR), ("contacts", "1.5", YEAR), ("contacts", "10000000", YEAR),
        ("boucles_fermees", "100.1", YEAR), ("boucles_fermees", "74.55", YEAR),
        ("delai_arrivee", "366", YEAR),
        ("lieux_silencieux", "0.5", YEAR), ("contacts", "10", 2012), ("contacts", "10", YEAR + 6),
        ("reorientes", "50", YEAR), ("par_age", "50", YEAR), ("inconnu", "50", YEAR),
    ],
)  # fmt: skip
def test_what_is_out_of_bounds_is_refused_in_french(
    world: World, indicator: str, value: str, year: int
) -> None:
    with pytest.raises(Refused) as refusal:
        put(world, "coordinateur", value, indicator=indicator, year=year)
    assert str(refusal.value)
    assert not trail()


@pytest.mark.parametrize(
    ("indicator", "value"), [("boucles_fermees", "74.5"), ("contacts", "0"), ("saisie_tardive", "100")]
)
def test_bounds_included(world: World, indicator: str, value: str) -> None:
    put(world, "coordinateur", value, indicator=indicator)
    assert values(world, territory=world.lille)[indicator] == (Decimal(value), True)


def test_all_targets_of_a_region_come_in_one_query(world: World, django_assert_num_queries: object) -> None:
    put(world, "animation", 1000, territory=None)
    put(world, "animation", 500, territory=world.douai)
    by = world.actor("animation")
    with django_assert_num_queries(1):  # type: ignore[operator]
        found = every_target(by=by, region=world.region, year=YEAR)
    assert found[world.douai.pk]["contacts"].value == 500
    assert found[world.lille.pk]["contacts"].value == 1000
    assert found[None]["contacts"].value == 1000
    assert every_target(by=by, region=world.region, year=YEAR - 1)[world.lille.pk] == {}


def test_targets_reached_leave_hidden_figures_out(world: World) -> None:
    put(world, "coordinateur", 1000)
    put(world, "coordinateur", 90, indicator="boucles_fermees")
    put(world, "coordinateur", 4, indicator="delai_arrivee")
    targets = targets_for(
        by=world.actor("coordinateur"), region=world.region, year=YEAR, territory=world.lille
    )
    shares = {"issue": {"reoriente": 0.5}, "suite": {"attendue": 0.1}}
    assert reached(targets, release(YEAR, shares=shares)) == (1, 2)


def test_the_page_saves_follows_and_says_what_is_wrong(world: World, login: object) -> None:
    client = login(world.users["coordinateur"])  # type: ignore[operator]
    url = f"/tableau-de-bord/territoire/{world.lille.pk}/cibles/"
    page = client.get(url)
    seen = page.context["form"].initial["vu"]
    answer = client.post(url, {"annee": YEAR, "vu": seen, "contacts": "1200", "boucles_fermees": "74,5"})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{url}?annee={YEAR}")
    assert values(world, territory=world.lille) == {
        "contacts": (1200, True), "boucles_fermees": (Decimal("74.5"), True),
    }  # fmt: skip
    again = client.get(f"{url}?annee={YEAR}")
    assert 'value="74,5"' in again.content.decode()
    assert 'value="1200"' in again.content.decode()
    wrong = client.post(
        url, {"annee": YEAR, "vu": again.context["form"].initial["vu"], "contacts": "beaucoup"}
    )
    assert wrong.status_code == 422
    assert "écrivez un nombre entier" in wrong.content.decode()
    assert 'value="beaucoup"' in wrong.content.decode(), "nothing typed is lost"
    late = client.post(url, {"annee": YEAR, "vu": seen, "contacts": "900"})
    assert late.status_code == 409
    assert values(world, territory=world.lille)["contacts"] == (1200, True)


def test_a_coordinator_reads_the_region_s_targets_and_cannot_set_them(world: World, login: object) -> None:
    client = login(world.users["coordinateur"])  # type: ignore[operator]
    page = client.get("/tableau-de-bord/region/cibles/")
    assert page.status_code == 200
    assert "Enregistrer les cibles" not in page.content.decode()
    assert client.post("/tableau-de-bord/region/cibles/", {"contacts": "5"}).status_code == 422
    with system():
        assert not Target.objects.for_system().exists()


def test_a_region_without_label_has_no_target_on_labels(world: World, login: object) -> None:
    client = login(world.users["animation_niort"])  # type: ignore[operator]
    assert "lieux_labellises" not in client.get("/tableau-de-bord/region/cibles/").content.decode()


@pytest.mark.parametrize("year", ["", "abc", "1999", "9999", "２０２６", "2026'--"])
def test_an_absurd_year_is_this_year(world: World, login: object, year: str) -> None:
    page = login(world.users["coordinateur"]).get("/tableau-de-bord/region/cibles/", {"annee": year})  # type: ignore[operator]
    assert page.context["page"].year == YEAR
