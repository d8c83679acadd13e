"""The pages of a region: sums of shown cells only, any order, as many queries for one row as for many."""

import datetime
import html
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from contacts.models import ListVersion
from dashboards.enums import Audience
from dashboards.models import Release, Target
from dashboards.services import region_words as words
from dashboards.services.region import ORDERS, region_figures
from dashboards.services.region_map import map_of, region_table
from dashboards.services.wide_labels import label_end, months_before
from dashboards.services.wide_slices import Question
from labelling.models import LabelCount, Labellisation
from spo_portal.kernel.privacy import Cell
from territories.models import Commission, OpeningSlot, Reseau, Territory
from tests.factories import World, make_site, make_territory, open_week, system

pytestmark = pytest.mark.django_db
SMALL, NEIGHBOUR = -1, -2
TODAY = datetime.date(2026, 11, 21)
FILLED = datetime.datetime(2026, 11, 20, 9, 12, tzinfo=datetime.UTC)
URL = "/tableau-de-bord/region/"
REST = re.compile(r"<[^>]+>")


def cells(
    total: int, sent: int, awaited: int, *, reseau: Reseau | None = None, months: dict | None = None
) -> dict[str, Any]:
    """Cells of a year: contacts, what was sent on, what is still awaited; hidden counts are negative."""
    held: dict[str, Any] = {
        "y": {
            "contacts": {"": total},
            "issue": {"reoriente": sent, "sur_place": max(total - sent, 0)},
            "suite": {"attendue": awaited, "recue": max(sent - awaited, 0)},
            "demande": {"1": 40, "2": SMALL},
        },
        "m": {"contacts": {}, "issue": {}, "suite": {}},
        "r": {},
    }
    for month, (count, part, wait) in (months or {}).items():
        held["m"]["contacts"][month] = {"": count}
        held["m"]["issue"][month] = {"reoriente": part, "sur_place": count - part}
        held["m"]["suite"][month] = {"attendue": wait}
    if reseau is not None:
        key = str(reseau.pk)
        held["r"] = {
            "contacts": {key: {"": total // 2}},
            "issue": {key: {"reoriente": sent // 2}},
            "suite": {key: {"attendue": awaited // 2}},
            "demande": {key: {"1": 20, "2": SMALL}},
        }
    return held


def publish(
    territory: Territory,
    held: dict[str, Any],
    *,
    year: int = 2026,
    audience: str = Audience.INSIDE,
    **fields: object,
) -> None:
    with system():
        Release.objects.create(
            region_id=territory.region_id, territory=territory, year=year, audience=audience,
            cells=held, summary=held, measures={"first_month": 1, "delai": {"y": 6, "r": {}}},
            filled_at=fields.get("filled_at", FILLED),
        )  # fmt: skip


def target(world: World, value: int, territory: Territory | None = None) -> None:
    with system():
        Target.objects.create(
            region=world.region, territory=territory, indicator="boucles_fermees", year=2026, value=value,
            set_by_label="Animation régionale", set_at=timezone.now(),
        )  # fmt: skip


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages read the calendar through the time zone: one day for all."""
    for module in ("dashboards.views.wide", "dashboards.views.region", "dashboards.views.commission"):
        monkeypatch.setattr(f"{module}.timezone.localdate", lambda: TODAY)


@pytest.fixture
def filled(world: World) -> World:
    """Lille shows all; Douai hides its loops; Roubaix hides everything; Calais never sent a fiche."""
    months = {str(m): (20, 12, 3) for m in range(1, 11)}
    publish(world.lille, cells(200, 120, 30, reseau=world.reseaux["CIO"], months=months))
    publish(world.lille, cells(160, 80, 20, months={str(m): (16, 8, 2) for m in range(1, 13)}), year=2025)
    publish(world.douai, cells(100, 50, SMALL))
    with system():
        publish(make_territory(world.region, "Roubaix", population=50_000), cells(SMALL, SMALL, SMALL))
        make_territory(world.region, "Calais")
    target(world, 80)
    return world


def figures(world: World, asked: Question | None = None, order: str = "-contacts"):  # type: ignore[no-untyped-def]
    actor = world.actor("animation")
    return region_figures(
        by=actor,
        region=world.region,
        territories=list(Territory.objects.steered_by(actor).order_by("order")),
        asked=asked or Question(2026, running=True, closed=10),
        day=TODAY,
        order=order,
    )


def text(page: Any) -> str:
    """The words of a page, spaces made plain."""
    plain = html.unescape(REST.sub(" ", page.content.decode()))
    return re.sub(r"[\s\u00a0\u202f]+", " ", plain)


# ---- Sums


def test_a_sum_adds_shown_cells_and_names_the_others(filled: World) -> None:
    found = figures(filled)
    assert (found.contacts.value, found.contacts.left_out) == (300, ("Roubaix",))
    assert (found.reoriented.part, found.reoriented.whole) == (170, 300)
    assert (found.closed.part, found.closed.whole, found.closed.left_out) == (90, 120, ("Douai", "Roubaix"))
    assert words.left_out(found.closed) == ", hors Douai et Roubaix, masqués"
    assert found.masked


def test_a_year_in_progress_is_compared_month_by_month(filled: World) -> None:
    found = {line.territory.name: line for line in figures(filled).lines}
    lille = found["Lille"].change
    assert (lille.now, lille.before) == (200, 160)
    assert words.signed(lille.value or 0) == "+\u202f25\u202f%"  # type: ignore[arg-type]
    assert found["Douai"].change.value is None
    assert figures(filled, Question(2026, running=True, closed=0)).change.value is None


@pytest.mark.parametrize(("hidden", "masked"), [(1, False), (4, False), (5, True), (10, True)])
def test_a_masked_month_is_left_out_of_both_years(filled: World, hidden: int, masked: bool) -> None:
    """The change compares what both years show; with half of the closed months hidden it is hidden too."""
    old = {str(m): (SMALL if m <= hidden else 20, 12, 3) for m in range(1, 11)}
    now = {str(m): (30, 12, 3) for m in range(1, 11)}
    publish(filled.douai, cells(190, 40, 10, months=old), year=2025)
    with system():
        Release.objects.filter(territory=filled.douai, year=2026).update(
            summary=cells(300, 120, 30, months=now)
        )
    line = next(line for line in figures(filled).lines if line.territory.name == "Douai")
    assert line.change.masked is masked
    assert line.change.value == (None if masked else 50)


def test_with_a_network_or_a_demande_nothing_unpublished_reads_as_a_zero(filled: World) -> None:
    cio = str(filled.reseaux["CIO"].pk)
    by_network = figures(filled, Question(2026, reseau=cio, running=True, closed=10))
    lille = by_network.lines[0]
    assert (lille.contacts.value, lille.target) == (100, None)
    assert all(cell.value is None for cell in lille.months)
    assert lille.change.value is None
    by_demande = figures(filled, Question(2026, demande="1", running=True, closed=10))
    assert by_demande.contacts.value == 120
    assert by_demande.reoriented.value is None
    assert by_demande.closed.value is None
    assert figures(filled, Question(2026, demande="2")).contacts.left_out == ("Lille", "Douai", "Roubaix")


@pytest.mark.parametrize("order", [*ORDERS, *(f"-{key}" for key in ORDERS)])
def test_every_order_keeps_every_line_and_puts_hidden_figures_last(filled: World, order: str) -> None:
    lines = figures(filled, order=order).lines
    assert sorted(line.territory.name for line in lines) == ["Calais", "Douai", "Lille", "Roubaix"]
    known = [ORDERS[order.removeprefix("-")](line) for line in lines]
    shown = [value for value in known if value is not None]
    assert known[: len(shown)] == shown
    assert shown == sorted(shown, reverse=order.startswith("-"))


# ---- Words


def test_three_sentences_say_shown_figures_only(filled: World) -> None:
    found = words.sentences(figures(filled), Question(2026, running=True, closed=10))
    said = ["".join(pair).replace("\u202f", " ").replace("\u00a0", " ") for pair in found]
    assert said[0] == "300 fiches, hors Roubaix, masqué ; + 25 % en un an, de janvier à octobre."
    assert (
        said[1]
        == "0 territoire sur 1 atteint la cible de boucles fermées. Lille en est le plus loin, à 5 points."
    )
    assert said[2] == "La part réorientée varie de 50 % (Douai) à 60 % (Lille)."


def test_a_target_passed_is_told_both_ways(filled: World) -> None:
    months = {"8": (40, 20, 2), "9": (40, 20, 10), "10": (40, 20, 2)}
    with system():
        Release.objects.filter(territory=filled.douai, year=2026).update(
            summary=cells(120, 60, 14, months=months)
        )
    up = words.alerts(figures(filled), Question(2026, running=True, closed=10), TODAY)
    told = [alert for alert in up if "cible" in alert.subject]
    assert [(alert.kind, alert.subject) for alert in told] == [("info", "Douai passe au-dessus de sa cible")]
    assert (
        told[0].said.replace("\u202f", " ").replace("\u00a0", " ")
        == " : 90 % de boucles fermées en octobre, contre 50 % en septembre."
    )
    down = words.alerts(
        figures(filled, Question(2026, 9, running=True, closed=10)),
        Question(2026, 9, running=True, closed=10),
        TODAY,
    )
    assert [alert.subject for alert in down if "cible" in alert.subject] == ["Douai passe sous sa cible"]


def label(world: World, until: datetime.date) -> None:
    with system():
        Labellisation.objects.create(
            region=world.region, territory=world.lille, site=world.cio, status="labellise",
            starts_on=datetime.date(2022, 2, 1), ends_on=until, source="Essai",
        )  # fmt: skip


def test_a_label_that_ends_warns_with_its_dates(filled: World) -> None:
    label(filled, datetime.date(2027, 1, 31))
    (alert, *_) = words.alerts(figures(filled), Question(2026), TODAY)
    assert (alert.kind, alert.subject) == ("warn", "Lille")
    assert "31\u00a0janvier 2027" in alert.said
    assert "devait partir avant le 31\u00a0octobre 2026" in alert.said


def test_three_months_before_the_end_of_a_month() -> None:
    assert months_before(datetime.date(2027, 5, 31), 3) == datetime.date(2027, 2, 28)
    assert months_before(datetime.date(2028, 5, 31), 3) == datetime.date(2028, 2, 29)
    assert months_before(datetime.date(2027, 1, 31), 3) == datetime.date(2026, 10, 31)
    end = label_end(datetime.date(2027, 6, 30), TODAY)
    assert (end.ask_by, end.soon, end.late) == (datetime.date(2027, 3, 30), False, False)


def test_labels_are_counted_on_open_places_of_networks(filled: World) -> None:
    label(filled, datetime.date(2029, 1, 31))
    with system():
        LabelCount.objects.create(
            region=filled.region,
            reseau=filled.reseaux["CIO"],
            counted_on=datetime.date(2013, 10, 1),
            labelled=25,
            existing=50,
        )
    found = words.bigs(figures(filled), Question(2026))
    assert (found[3].text.replace("\u00a0", " "), found[3].versus.replace("\u202f", " ")) == (
        "1 / 3",
        "50 % en octobre 2013",
    )


# ---- Map and table


@pytest.mark.parametrize(
    "shown", ["boucles_fermees", "contacts", "pour_mille", "reorientes", "delai_arrivee", "lieux_labellises"]
)
def test_the_map_shows_what_the_table_shows(filled: World, shown: str) -> None:
    found = figures(filled)
    values = map_of(found, shown).values
    assert set(values) == {line.territory.pk for line in found.lines}
    roubaix = next(line.territory.pk for line in found.lines if line.territory.name == "Roubaix")
    if shown not in {"delai_arrivee", "lieux_labellises"}:
        assert isinstance(values[roubaix], Cell)
        assert values[roubaix].value is None  # type: ignore[union-attr]


def test_the_exported_table_holds_the_lines_of_the_screen(filled: World) -> None:
    table = region_table(figures(filled, order="nom"))
    assert [row.label for row in table.rows] == ["Calais", "Douai", "Lille", "Roubaix"]
    assert table.masked
    assert all(len(row.values) == len(table.columns) for row in table.rows)


# ---- Pages


def opened(client: Client, world: World, key: str = "animation") -> Client:
    client.force_login(world.users[key])
    return client


def test_the_page_says_its_figures(client: Client, filled: World) -> None:
    page = opened(client, filled).get(URL)
    said = text(page)
    assert "Les 4 territoires, année 2026" in said
    assert "300 fiches" in said
    assert "hors Roubaix, masqué" in said
    assert "Chiffres arrêtés" in said
    assert page.content.decode().count("<h1") == 1
    assert ">-1<" not in page.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "mois=10",
        "annee=2025",
        "annee=2025&mois=12",
        "comparer=rien",
        "carte=contacts&tri=nom",
        "tri=-delai",
        "demande=1",
        "annee=9999&mois=99&reseau=x&demande=-1&tri=<script>&carte=../",
        "tri=boucles&demande=1&carte=lieux_labellises",
    ],
)
def test_any_question_has_its_page(client: Client, filled: World, query: str) -> None:
    page = opened(client, filled).get(f"{URL}?{query}")
    assert page.status_code == 200
    assert "<script>&" not in page.content.decode()


def test_a_fragment_moves_the_address_and_tells_it(client: Client, filled: World) -> None:
    asked = f"{URL}?annee=2026&mois=10&reseau=&demande=&comparer=&tri=nom&carte=contacts"
    page = opened(client, filled).get(asked, headers={"HX-Request": "true"})
    assert page.headers["HX-Push-Url"] == f"{URL}?mois=10&tri=nom&carte=contacts"
    assert b"<html" not in page.content
    assert "Chiffres mis à jour" in page.content.decode()
    assert 'data-title="Les 4 territoires, octobre 2026"' in page.content.decode()


def test_heads_sort_by_links_that_keep_the_question(client: Client, filled: World) -> None:
    page = opened(client, filled).get(f"{URL}?mois=10&tri=nom").content.decode()
    assert f'aria-sort="ascending"><a class="sort" href="{URL}?mois=10&amp;tri=-nom"' in page
    assert f'href="{URL}?mois=10&amp;tri=boucles"' in page
    rows = re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a>', page)
    assert rows == ["Calais", "Douai", "Lille", "Roubaix"]
    drill = re.findall(r'<a href="(/tableau-de-bord/territoire/\d+/[^"]*)"', page)
    assert all(url.endswith("?mois=10") for url in drill)


def test_an_empty_region_says_what_to_do(client: Client, world: World) -> None:
    page = text(opened(client, world).get(URL))
    assert "Aucune fiche sur cette période" in page
    assert "Comparer les territoires" in page


def test_long_hostile_names_stay_text(client: Client, filled: World) -> None:
    name = '<b>Un territoire au nom bien trop long pour tenir</b> dans une colonne "étroite" &'[:80]
    with system():
        Territory.objects.filter(pk=filled.lille.pk).update(name=name)
    page = opened(client, filled).get(f"{URL}?carte=contacts").content.decode()
    assert "<b>Un territoire" not in page
    assert html.escape(name) in page


PATHS = {
    "region": lambda world: URL,
    "reseau": lambda world: f"/tableau-de-bord/reseau/{world.reseaux['CIO'].pk}/",
    "cartographie": lambda world: "/cartographie/",
}
# Session, account, mandates, scope, region and menu: about half of them are asked by every page.
MOST_QUERIES = {"region": 26, "reseau": 25, "cartographie": 22}


@pytest.mark.parametrize("name", PATHS)
def test_one_count_of_queries_at_few_and_many_rows(
    client: Client, filled: World, name: str, django_assert_max_num_queries
) -> None:  # type: ignore[no-untyped-def]
    path = PATHS[name](filled)
    opened(client, filled).get(path)
    with django_assert_max_num_queries(MOST_QUERIES[name]) as few:
        client.get(path)
    with system():
        for rank in range(40):
            territory = make_territory(filled.region, f"Territoire {rank}")
            publish(territory, cells(50 + rank, 30, 6))
            site = make_site(territory, f"Lieu {rank}", filled.reseaux["CIO"])
            open_week(site)
    client.get(path)
    with django_assert_max_num_queries(MOST_QUERIES[name]) as many:
        client.get(path)
    assert len(many) == len(few)


def test_many_territories_are_one_page(client: Client, filled: World) -> None:
    with system():
        for rank in range(336):
            territory = make_territory(filled.region, f"Territoire {rank}")
            if rank % 3:
                publish(territory, cells(50 + rank, 30, 6))
    page = opened(client, filled).get(URL).content.decode()
    assert page.count('<th scope="row"><a href="/tableau-de-bord/territoire/') == 340
    assert "map-wide" in page


# ---- Network, commission, places


def test_the_page_of_a_network(client: Client, filled: World) -> None:
    said = text(opened(client, filled).get(PATHS["reseau"](filled)))
    assert "fiches reçues par le réseau 100" in said
    assert "Le réseau dans chaque territoire" in said
    with system():
        OpeningSlot.objects.filter(site=filled.cio).update(walk_in=False)
    assert "Sous 50 % sans rendez-vous : Lille" in text(client.get(PATHS["reseau"](filled)))


def test_the_page_of_a_commission(client: Client, filled: World) -> None:
    with system():
        one = Commission.objects.create(region=filled.region, code="C7", name="Commission Métropole")
        Territory.objects.filter(pk__in=[filled.lille.pk, filled.douai.pk]).update(commission=one)
    page = opened(client, filled).get(f"/tableau-de-bord/commission/{one.pk}/")
    said = text(page)
    assert "Commission Métropole, année 2026" in said
    assert "Les bassins côte à côte" in said
    assert "La commission hors Douai" in said
    assert "Roubaix" not in said
    assert page.content.decode().count('role="img"') == 2


def test_places_are_on_the_map_and_in_the_list(client: Client, filled: World) -> None:
    label(filled, datetime.date(2029, 1, 31))
    with system():
        make_site(filled.douai, "Sans point", filled.reseaux["CIO"], latitude=None, longitude=None)
    opened(client, filled, "conseiller")
    said = text(client.get("/cartographie/"))
    assert "4 lieux" in said
    assert "1 lieu n’a pas de point connu" in said
    only = text(
        client.get(f"/cartographie/?label=oui&territoire={filled.lille.pk}&reseau={filled.reseaux['CIO'].pk}")
    )
    assert "1 lieu " in only
    assert "Aucun lieu ne répond à ce choix" in text(
        client.get(f"/cartographie/?label=oui&territoire={filled.douai.pk}")
    )
    foreign = client.get(f"/cartographie/?territoire={filled.niort.pk}&reseau=<b>")
    assert "4 lieux" in text(foreign)
    assert "Niort" not in text(foreign)


def test_a_region_without_label_counts_places(client: Client, filled: World) -> None:
    page = text(opened(client, filled, "animation_niort").get("/cartographie/"))
    assert "Lieux par réseau" in page
    assert "labellis" not in page.lower()


def test_lists_of_words_are_those_of_the_region(client: Client, filled: World) -> None:
    with system():
        assert ListVersion.objects.for_system().exists()
    page = text(opened(client, filled).get(URL))
    assert "Toutes les demandes" in page
    assert "Tous les réseaux" in page
