"""Indicators: every sheet is complete, every figure comes from shown cells, a hidden one is never guessed."""

from decimal import Decimal
from fractions import Fraction

import pytest
from django.test import Client
from django.urls import reverse

from dashboards import indicators
from dashboards.computing import FROM_FACTS, FROM_RELEASE, closed_months, figure, figure_over, median_delay
from dashboards.enums import Dimension
from dashboards.indicators import Direction, Indicator, Level, Theme, Unit
from dashboards.services.places import Facts
from dashboards.services.published import FLOOR_TIMES, why_masked
from dashboards.services.targets import state
from spo_portal.kernel.privacy import OUTSIDE
from tests.dashboards.by_hand import NEIGHBOUR, SMALL, release
from tests.factories import World

LOOPS = {
    "issue": {"reoriente": 0.6, "sur_place": 0.4},
    "suite": {"attendue": 0.15, "recue": 0.36, "jamais_venue": 0.09},
    "saisie": {"a_temps": 0.9, "tardive": 0.1},
}


FLOOR = "étail publié à partir de 40 fiches dans l’année (100 hors du territoire)"


@pytest.mark.django_db
def test_sheets_and_help_say_from_which_size_on_a_detail_is_published(client: Client) -> None:
    said = [i.masking for i in indicators.every().values() if i.unit == Unit.FICHES]
    said += [client.get(reverse(name)).content.decode() for name in ("legal_aide", "api_aide")]
    assert [text for text in said if FLOOR not in text.replace("\xa0", " ")] == []
    assert f"partir de {OUTSIDE * FLOOR_TIMES}" in why_masked(OUTSIDE)
    assert "lieu" not in indicators.of_dimension(Dimension.SEXE).masking.split("Publié")[-1]


def sheet(**changed: object) -> Indicator:
    fields = {
        "key": "essai", "label": "Essai", "theme": Theme.ACTIVITY, "what": "Quoi.", "source": "Fiches.",
        "unit": Unit.PERCENT, "direction": Direction.UP, "masking": "Non.",
    } | changed  # fmt: skip
    return Indicator(**fields)  # type: ignore[arg-type]


def test_everything_asked_for_is_declared() -> None:
    keys = indicators.every().keys()
    assert {
        "contacts", "reorientes", "sur_place", "par_mois", "par_reseau", "par_lieu", "par_canal",
        "par_statut",
        "par_demande", "par_reponse", "par_age", "par_sexe", "demande_reponse", "flux_reseaux", "flux_lieux",
        "boucles_fermees", "delai_arrivee", "jamais_venue", "lieux_labellises", "sans_rdv_lieu",
        "sans_rdv_reseau", "heures_sans_porte", "lieux_silencieux", "saisie_tardive", "cibles_atteintes",
    } <= keys  # fmt: skip


def test_each_sheet_says_everything_in_french() -> None:
    for found in indicators.every().values():
        for text in (found.label, found.what, found.source, found.masking, found.since):
            assert text, found.key
            assert "'" not in text, f"{found.key}: typewriter apostrophe"
        assert found.what.endswith("."), found.key
        assert found.levels, found.key


def test_an_indicator_is_a_number_or_a_breakdown() -> None:
    for found in indicators.every().values():
        computed = found.key in FROM_RELEASE or found.key in FROM_FACTS or found.key == "delai_arrivee"
        assert computed != found.is_breakdown, found.key
        if found.is_breakdown:
            with pytest.raises(ValueError, match="breakdown"):
                figure(found.key, release())


def test_each_published_dimension_has_its_sheet() -> None:
    told = {str(d) for d in Dimension} - {Dimension.CONTACTS, Dimension.SAISIE, Dimension.DELAI}
    assert told <= indicators.breakdowns().keys()
    assert indicators.of_dimension(Dimension.AGE).key == "par_age"


def test_a_key_is_declared_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        indicators.declare(indicators.get("contacts"))


def test_levels_filter() -> None:
    assert "par_lieu" not in {i.key for i in indicators.at(Level.REGION)}
    assert "flux_lieux" in {i.key for i in indicators.at(Level.SITE)}


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("contacts", 1200, "1 200"),
        ("reorientes", 60, "60 %"),
        ("sur_place", 40, "40 %"),
        ("boucles_fermees", 75, "75 %"),
        ("jamais_venue", 20, "20 %"),
        ("saisie_tardive", 10, "10 %"),
    ],
)
def test_figures_of_a_release(key: str, value: int, text: str) -> None:
    found = figure(key, release(shares=LOOPS))
    assert found.value == value
    assert found.text.replace("\u202f", " ") == text


def test_a_month_a_network_and_what_is_not_crossed() -> None:
    one = release(months={"10": 50}, shares=LOOPS, by_reseau={"10": {"7": 50}})
    assert figure("contacts", one, month=10).value == 50
    assert figure("contacts", one, month=10, reseau=7).value == 50
    crossed = figure("reorientes", one, month=10, reseau=7)
    assert (crossed.value, crossed.masked, crossed.text) == (None, False, "–")
    assert crossed.reason


@pytest.mark.parametrize("hidden", [SMALL, NEIGHBOUR])
@pytest.mark.parametrize("key", sorted(FROM_RELEASE))
def test_a_hidden_cell_hides_the_figure(key: str, hidden: int) -> None:
    cells = {"contacts": {"": hidden}, "issue": {"reoriente": hidden, "sur_place": 40}}
    cells |= {"suite": {"attendue": hidden, "jamais_venue": 3}, "saisie": {"tardive": hidden}}
    one = release()
    one.cells = {"y": cells}
    found = figure(key, one)
    assert (found.value, found.masked, found.text) == (None, True, "masqué")
    assert found.part is None
    assert found.whole is None


def test_closed_loops_use_the_difference_of_two_shown_cells_only() -> None:
    one = release()
    one.cells = {"y": {"contacts": {"": 50}, "issue": {"reoriente": 40}, "suite": {"attendue": SMALL}}}
    assert figure("boucles_fermees", one).masked
    assert figure("jamais_venue", one).masked


def test_nothing_to_divide_by_is_not_zero_percent() -> None:
    empty = release(months={})
    assert figure("contacts", empty).value == 0
    for key in ("reorientes", "boucles_fermees", "jamais_venue", "saisie_tardive"):
        found = figure(key, empty)
        assert (found.value, found.text) == (None, "–")


def test_the_delay_is_read_where_it_is_published() -> None:
    one = release(measures={"delai": {"y": 4.5, "r": {"7": 3}, "s": {}}})
    assert figure("delai_arrivee", one).value == Fraction(9, 2)
    assert figure("delai_arrivee", one).text.replace("\u00a0", " ") == "4,5 jours"
    assert figure("delai_arrivee", one, reseau=7).value == 3
    assert figure("delai_arrivee", one, site=3).value is None
    assert figure("delai_arrivee", one, month=3).value is None
    assert median_delay(release()) is None


def test_several_areas_add_shown_cells_and_name_the_others() -> None:
    shown, hidden = release(shares=LOOPS), release()
    hidden.cells = {"y": {"contacts": {"": NEIGHBOUR}, "issue": {"reoriente": 30}}}
    found = figure_over("contacts", [("Lille", shown), ("Maubeuge", hidden)])
    assert (found.value, found.left_out) == (1200, ("Maubeuge",))
    rate = figure_over("reorientes", [("Lille", shown), ("Maubeuge", hidden)])
    assert (rate.value, rate.part, rate.whole, rate.left_out) == (60, 720, 1200, ("Maubeuge",))
    for key in ("reorientes", "contacts"):
        alone = figure_over(key, [("Maubeuge", hidden)])
        assert (alone.value, alone.masked) == (None, True)
    with pytest.raises(ValueError, match="add up"):
        figure_over("delai_arrivee", [("Lille", shown)])


def test_facts_about_places() -> None:
    facts = Facts(existing=8, labelled=6, walk_in=Fraction(2, 3), silent=1, targets_reached=2, targets_set=3)
    assert figure("lieux_labellises", release(), facts=facts).value == 75
    assert figure("lieux_labellises", release(), facts=Facts(existing=8)).value is None, "no label there"
    assert figure("sans_rdv_lieu", release(), facts=facts).text.replace("\u202f", " ") == "67 %"
    assert figure("lieux_silencieux", release(), facts=facts).text.replace("\u00a0", " ") == "1 lieu"
    assert figure("cibles_atteintes", release(), facts=facts).whole == 3
    assert figure("heures_sans_porte", release()).value is None


@pytest.mark.parametrize(
    ("today", "closed"),
    [("2026-11-21", 10), ("2026-11-09", 9), ("2026-01-09", 0), ("2027-01-09", 11), ("2027-01-10", 12)],
)
def test_months_close_on_the_tenth(today: str, closed: int) -> None:
    import datetime

    assert closed_months(2026, datetime.date.fromisoformat(today)) == closed


@pytest.mark.parametrize(
    ("unit", "direction", "value", "target", "kind", "words"),
    [
        (Unit.FICHES, Direction.UP, 1284, 1100, "atteinte", "cible 1 100 atteinte"),
        (Unit.FICHES, Direction.UP, 1099, 1100, "proche", "manque 1 fiche, cible 1 100"),
        (Unit.FICHES, Direction.UP, 100, 1100, "loin", "manque 1 000 fiches, cible 1 100"),
        (Unit.PERCENT, Direction.UP, 74, 75, "proche", "à 1 point de la cible 75 %"),
        (Unit.PERCENT, Direction.UP, Fraction(7499, 100), 75, "proche", "à 0,1 point de la cible 75 %"),
        (Unit.PERCENT, Direction.UP, 60, 75, "loin", "à 15 points de la cible 75 %"),
        (Unit.PERCENT, Direction.DOWN, 21, 20, "proche", "à 1 point de la cible 20 %"),
        (Unit.DAYS, Direction.DOWN, 6, 5, "loin", "1 jour de trop, cible 5 jours"),
        (Unit.DAYS, Direction.DOWN, 5, 5, "atteinte", "cible 5 jours atteinte"),
        (Unit.SITES, Direction.DOWN, 3, 0, "loin", "3 lieux de trop, cible 0 lieu"),
    ],
)
def test_a_figure_against_its_target_in_words(
    unit: Unit, direction: Direction, value: int, target: int, kind: str, words: str
) -> None:
    from dashboards.computing import Figure

    found = state(Figure(sheet(unit=unit, direction=direction), Fraction(value)), Decimal(target))
    assert (found.kind, found.words.replace("\u202f", " ").replace("\u00a0", " ")) == (kind, words)


def test_a_rate_also_says_how_many_fiches_are_missing() -> None:
    found = state(figure("boucles_fermees", release(shares=LOOPS)), Decimal(76))
    assert (
        found.words.replace("\u202f", " ").replace("\u00a0", " ")
        == "à 1 point de la cible 76 %, il manque 8 fiches"
    )


def test_a_hidden_figure_is_neither_reached_nor_missed() -> None:
    hidden = release(total=SMALL, months={"1": SMALL})
    found = state(figure("contacts", hidden), Decimal(10))
    assert (found.kind, found.reached) == ("inconnue", False)
    assert "masqué" in found.words


@pytest.mark.django_db
def test_the_page_has_an_anchor_for_every_sheet(world: World, login: object) -> None:
    page = login(world.users["conseiller"]).get("/tableau-de-bord/definitions/")  # type: ignore[operator]
    text = page.content.decode()
    for key in indicators.every():
        assert f'id="{key}"' in text
    assert login(world.users["sans_mandat"]).get("/tableau-de-bord/definitions/").status_code == 200  # type: ignore[operator]
