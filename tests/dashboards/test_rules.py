"""Validation rules and missing returns: what is found, what stays silent, what is never told, whom to ask."""

import datetime
from fractions import Fraction
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from dashboards import rules
from dashboards.models import Finding, SiteState
from dashboards.rules import RULES, Check, Context, Importance, Operator, banded
from dashboards.services.checking import evaluate, evaluate_all, last_closed
from dashboards.services.missing import Silence, missing_returns, people_to_ask, silent_sites
from spo_portal.kernel.typography import no_break
from territories.models import Closure, OpeningSlot, User
from tests.dashboards.by_hand import NEIGHBOUR, SMALL, release
from tests.dashboards.helpers import fill_now
from tests.dashboards.releases import make_release
from tests.factories import World, acting_as_role, make_fiche, make_site, system

TODAY = timezone.localdate()
SITE = 5


def context(year: dict[str, dict[str, int]], **more: object) -> Context:
    """A site's figures of the year, as its territory's release publishes them."""
    found = release(months={})
    found.cells = {"y": {}, "s": {dimension: {str(SITE): values} for dimension, values in year.items()}}
    return Context(found, site=SITE, **more)  # type: ignore[arg-type]


def broken(key: str, given: Context) -> tuple[str, str] | None:
    sides = rules.get(key).broken(given)
    return None if sides is None else tuple(side.replace("\u202f", " ") for side in sides)  # type: ignore[return-value]


def test_every_rule_is_a_whole_rule() -> None:
    assert len({rule.key for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.message.format(left="1", right="2")
        assert len(no_break(rule.message.format(left="5 fiches ou plus", right="100 %"))) < 300
        assert rule.importance in Importance
        assert rule.operator in rule.sentence
        assert "'" not in rule.message + rule.title + rule.sentence


def test_operators() -> None:
    half, third = Fraction(1, 2), Fraction(1, 3)
    assert [op.holds(third, half) for op in Operator] == [True, False, False]
    assert all(op.holds(half, half) for op in Operator)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "aucune fiche"),
        (1, "de 1 à 4 fiches"),
        (4, "de 1 à 4 fiches"),
        (5, "5 fiches ou plus"),
        (900, "5 fiches ou plus"),
    ],
)
def test_raw_numbers_are_told_by_bands(count: int, words: str) -> None:
    assert banded(Fraction(count)) == words


@pytest.mark.parametrize(
    ("key", "dimension", "value", "limit"),
    [
        ("sans_age", "age", "", 40),
        ("saisie_tardive", "saisie", "tardive", 20),
        ("autre_frequent", "demande", "7", 30),
    ],
)
def test_rates_at_the_limit_hold_and_over_it_do_not(key: str, dimension: str, value: str, limit: int) -> None:
    def at(percent: int, hidden: int | None = None, whole: int = 100) -> Context:
        part = percent * whole // 100 if hidden is None else hidden
        return context({"contacts": {"": whole}, dimension: {value: part}}, other=frozenset({"7"}))

    assert broken(key, at(limit)) is None
    assert broken(key, at(limit + 1)) == (f"{limit + 1} %", f"{limit} %")
    assert broken(key, at(90, SMALL)) is None, "hidden: not judged"
    assert broken(key, at(90, NEIGHBOUR)) is None
    assert broken(key, at(100, whole=19)) is None, "too few to judge"
    assert (
        broken(key, context({"contacts": {"": SMALL}, dimension: {value: 90}}, other=frozenset({"7"})))
        is None
    )


def test_raw_checks_want_none() -> None:
    for check in Check:
        key = check.value
        assert broken(key, context({}, raw={check: 0})) is None
        assert broken(key, context({}, raw={check: 3})) == ("de 1 à 4 fiches", "aucune fiche")
        assert broken(key, context({})) is None, "not asked"


def test_a_site_without_hours_is_named_when_it_enters_fiches() -> None:
    assert broken("sans_horaires", context({}, has_hours=False, has_fiches=True)) is not None
    assert broken("sans_horaires", context({}, has_hours=False)) is None
    assert broken("sans_horaires", context({}, has_fiches=True)) is None


def months(now: dict[str, int], past: dict[str, int], month: int = 10) -> Context:
    one, old = release(2026, months={}), release(2025, months={"1": 1})
    one.cells = {"ms": {m: {str(SITE): n} for m, n in now.items()}}
    old.cells = {"y": {"contacts": {"": 9}}, "ms": {m: {str(SITE): n} for m, n in past.items()}}
    return Context(one, old, site=SITE, month=month)


def test_a_month_far_from_the_habit_is_asked_about() -> None:
    usual = {str(m): 20 for m in range(1, 13)}
    assert broken("mois_haut", months(usual | {"10": 60}, usual)) is None
    assert broken("mois_haut", months(usual | {"10": 61}, usual)) == ("61", "60")
    assert broken("mois_bas", months(usual | {"10": 7}, usual)) is None
    assert broken("mois_bas", months(usual | {"10": 6}, usual)) == ("6", "6")
    for hidden in (SMALL, NEIGHBOUR):
        assert broken("mois_haut", months(usual | {"10": hidden}, usual)) is None
        assert broken("mois_bas", months(usual | {"10": hidden}, usual)) is None


def test_a_habit_needs_enough_shown_months_and_enough_fiches() -> None:
    few = {"7": 20, "8": 20, "9": 20, "10": 100}
    hidden = {str(m): SMALL for m in range(1, 13)}
    assert broken("mois_haut", months(few, hidden)) is None
    small = {str(m): 9 for m in range(1, 13)}
    assert broken("mois_haut", months(small | {"10": 100}, small)) is None


def test_closed_months_judged_are_the_last_three() -> None:
    day = datetime.date(2026, 2, 9)
    assert last_closed(day, 3) == [datetime.date(*m, 1) for m in ((2025, 12), (2025, 11), (2025, 10))]
    assert last_closed(datetime.date(2026, 2, 10), 1) == [datetime.date(2026, 1, 1)]


# ---- in the database


def judge(world: World) -> None:
    fill_now()
    with acting_as_role("spo_worker"):
        evaluate(world.lille.pk)


def found(world: World, who: str = "coordinateur") -> set[tuple[str, str]]:
    rows = Finding.objects.visible_to(world.actor(who)).open().select_related("site")
    return {(row.site.name if row.site else "", row.rule) for row in rows}


def many(world: World, site: object, count: int, **fields: object) -> None:
    from contacts.events import FICHE_CHANGED
    from spo_portal.kernel import outbox

    with system():
        for _ in range(count):
            lists = world.other_lists if site == world.niort_site else world.lists
            fiche = make_fiche(site, lists, **({"age": "moins_26"} | fields))  # type: ignore[arg-type]
        outbox.emit(
            FICHE_CHANGED,
            tenant_id=fiche.territory_id,
            payload={"site": fiche.site_id, "month": fiche.jour.replace(day=1)},
        )


def open_every_day(*sites: object) -> None:
    with system():
        OpeningSlot.objects.bulk_create(
            OpeningSlot(site=s, region_id=s.region_id, weekday=d, start=540, end=1020)  # type: ignore[attr-defined]
            for s in sites for d in (5, 6)
        )  # fmt: skip


@pytest.mark.django_db
def test_the_worker_opens_keeps_and_closes_findings(world: World) -> None:
    open_every_day(world.cio, world.mission)
    many(world, world.cio, 45, age="")
    judge(world)
    assert found(world) == {("CIO de Lille", "sans_age")}
    with system():
        first = Finding.objects.for_system().get()
    assert first.left.replace("\u202f", " ") == "100 %"
    judge(world)
    with system():
        assert Finding.objects.for_system().get().found_at == first.found_at, "a second run changes nothing"
    many(world, world.cio, 90)
    judge(world)
    assert found(world) == set()
    with system():
        closed = Finding.objects.for_system().get()
    assert closed.resolved_at is not None
    assert closed.resolved_at >= closed.found_at


@pytest.mark.django_db
def test_raw_findings_tell_bands_and_names_of_places_only(world: World) -> None:
    open_every_day(world.cio, world.mission)
    many(world, world.cio, 3, reoriented=True)
    with system():
        Closure.objects.create(
            site=world.mission, region_id=world.region.pk, first_day=TODAY, last_day=TODAY, reason="Travaux"
        )
        OpeningSlot.objects.for_system().filter(site=world.cio).delete()
    many(world, world.mission, 7)
    judge(world)
    assert found(world) == {
        ("CIO de Lille", "reorientee_sans_lieu"),
        ("CIO de Lille", "sans_horaires"),
        ("Mission locale de Lille", "jour_ferme"),
    }
    with system():
        told = {row.rule: row.message for row in Finding.objects.for_system()}
    assert told["reorientee_sans_lieu"].startswith("De 1 à 4 fiches des 60 derniers jours")
    assert told["jour_ferme"].startswith("5 fiches ou plus")
    for message in told.values():
        assert not any(number in message.split() for number in ("3", "7"))


@pytest.mark.django_db
def test_findings_stay_in_their_territory_and_site(world: World) -> None:
    open_every_day(world.cio, world.mission)
    many(world, world.cio, 45, age="")
    many(world, world.mission, 45, age="")
    judge(world)
    assert len(found(world, "coordinateur")) == 2
    assert found(world, "referent") == {("CIO de Lille", "sans_age")}
    assert len(found(world, "animation")) == 2
    for who in ("coordinateur_douai", "animation_niort", "conseiller_douai", "administrateur"):
        assert found(world, who) == set()


@pytest.mark.django_db
def test_every_territory_is_judged_in_turn(world: World) -> None:
    many(world, world.niort_site, 1, reoriented=True)
    fill_now()
    out = StringIO()
    with acting_as_role("spo_worker"):
        assert sum(evaluate_all()) >= 1
        call_command("check_rules", stdout=out)
    assert "3 territoires contrôlés" in out.getvalue()
    assert ("CIO de Niort", "reorientee_sans_lieu") in found(world, "animation_niort")


def state(world: World, site: object, days_ago: int | None) -> None:
    last = None if days_ago is None else TODAY - datetime.timedelta(days=days_ago)
    with system():
        SiteState.objects.update_or_create(
            site=site,
            defaults={"territory_id": site.territory_id, "last_jour": last, "filled_at": timezone.now()},  # type: ignore[attr-defined]
        )


@pytest.mark.django_db
def test_silent_sites_are_listed_with_their_referent(world: World) -> None:
    state(world, world.cio, 13)
    state(world, world.mission, 14)
    by = world.actor("coordinateur")
    [line] = missing_returns(by=by, territory=world.lille, day=TODAY)
    assert (line.site, line.kind, line.days) == (world.mission, Silence.SILENT, 14)
    assert line.ask.who == "le référent de Mission locale de Lille"
    assert line.ask.mails == (world.users["referent_mission"].email,)


@pytest.mark.django_db
def test_a_site_that_never_entered_anything_comes_first(world: World) -> None:
    state(world, world.cio, 40)
    lines = missing_returns(by=world.actor("coordinateur"), territory=world.lille, day=TODAY)
    assert [(line.site.code, line.kind) for line in lines] == [("ML", Silence.NEVER), ("CIO", Silence.SILENT)]


@pytest.mark.django_db
def test_closed_inactive_and_partner_places_are_left_alone(world: World) -> None:
    state(world, world.cio, 20)
    state(world, world.mission, 1)
    with system():
        Closure.objects.create(
            site=world.cio, region_id=world.region.pk, reason="Congés",
            first_day=TODAY - datetime.timedelta(15), last_day=TODAY - datetime.timedelta(3),
        )  # fmt: skip
        make_site(world.lille, "Cap emploi", None, direction="destinataire", partner_kind="cap_emploi")
        old = make_site(world.lille, "Ancien", world.reseaux["CIO"])
        type(old).objects.filter(pk=old.pk).update(active=False)
    assert missing_returns(by=world.actor("coordinateur"), territory=world.lille, day=TODAY) == []


@pytest.mark.django_db
def test_a_closed_month_without_a_fiche_is_missing_only_when_its_zero_is_shown(world: World) -> None:
    month = last_closed(TODAY, 1)[0]
    for site in (world.cio, world.mission):
        state(world, site, 1)
    shown = {str(month.month): {str(world.cio.pk): 30, str(world.mission.pk): SMALL}}
    cells = {"y": {"contacts": {"": 120}}, "m": {"contacts": {}}, "ms": shown}
    stored = make_release(world.lille, year=month.year, cells=cells)
    with system():
        type(stored).objects.filter(pk=stored.pk).update(measures={"first_month": 1})
    by = world.actor("coordinateur")
    assert missing_returns(by=by, territory=world.lille, day=TODAY) == [], "a hidden cell is no zero"
    del shown[str(month.month)][str(world.mission.pk)]
    with system():
        type(stored).objects.filter(pk=stored.pk).update(cells=cells)
    [line] = missing_returns(by=world.actor("coordinateur"), territory=world.lille, day=TODAY)
    assert (line.site, line.kind) == (world.mission, Silence.MONTH)


@pytest.mark.django_db
def test_nobody_to_ask_falls_back_on_the_place(world: World) -> None:
    User.objects.filter(pk=world.users["referent"].pk).update(is_active=False)
    asks = people_to_ask(by=world.actor("coordinateur"), sites=[world.cio])
    assert asks[world.cio.pk].who == "le lieu, aucun référent inscrit"
    assert asks[world.cio.pk].mails == (world.cio.email,)
    assert asks[world.cio.pk].phone == world.cio.phone


@pytest.mark.django_db
def test_a_region_counts_its_silent_sites_by_territory(world: World) -> None:
    for site in (world.cio, world.mission, world.niort_site):
        state(world, site, 30)
    assert silent_sites(by=world.actor("animation"), region=world.region, day=TODAY) == {
        world.lille.pk: 2,
        world.douai.pk: 1,
    }


@pytest.mark.django_db
def test_an_empty_page_says_that_all_is_well(world: World, login: object) -> None:
    for site in (world.cio, world.mission):
        state(world, site, 0)
    client = login(world.users["coordinateur"])  # type: ignore[operator]
    page = client.get(f"/tableau-de-bord/territoire/{world.lille.pk}/a-verifier/")
    assert "Rien à vérifier" in page.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [1, 300])
def test_the_page_costs_the_same_at_one_and_at_many_rows(
    world: World, login: object, rows: int, django_assert_max_num_queries: object
) -> None:
    with system():
        for n in range(rows):
            site = make_site(world.lille, f"Lieu {n}", world.reseaux["CIO"])
            Finding.objects.create(
                territory=world.lille, site=site, rule="sans_age", left="50 %", right="40 %",
                message="Trop d’âges non dits.", found_at=timezone.now(),
            )  # fmt: skip
    client = login(world.users["coordinateur"])  # type: ignore[operator]
    # The hours of the places are three readings: a season in which a place is closed is no silence.
    with django_assert_max_num_queries(18):  # type: ignore[operator]
        page = client.get(f"/tableau-de-bord/territoire/{world.lille.pk}/a-verifier/")
    assert page.status_code == 200
    assert page.content.decode().count("Trop d’âges non dits") == min(rows, 100)
    assert client.get("/tableau-de-bord/region/a-verifier/").status_code == 403


@pytest.mark.django_db
def test_the_region_s_page_names_the_territory_of_each_place(world: World, login: object) -> None:
    client = login(world.users["animation"])  # type: ignore[operator]
    text = client.get("/tableau-de-bord/region/a-verifier/").content.decode()
    assert f"/tableau-de-bord/territoire/{world.douai.pk}/a-verifier/" in text
    assert "CIO de Niort" not in text
