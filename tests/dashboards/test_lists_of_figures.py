"""Figures across versions of the lists: each box keeps its line, in the words of the year shown."""

import datetime

import pytest

from contacts.models import ListVersion
from contacts.services.fiches import announce
from dashboards.services.blocks import demandes as table_of
from dashboards.services.labels import labels
from dashboards.services.release import territory_release
from dashboards.services.slices import Slice
from dashboards.views.questions import ask_territory
from tests.dashboards.helpers import fill_now
from tests.factories import World, make_fiche, make_lists, system

pytestmark = pytest.mark.django_db


def version(world: World, number: int, starts_on: datetime.date, demandes: dict[int, str]) -> ListVersion:
    made = make_lists(world.region, number, starts_on)
    made.items["demande"] = [{"n": n, "code": word.lower(), "label": word} for n, word in demandes.items()]
    made.save()
    return made


def demandes(world: World, year: int = 2026) -> dict[str, int | None]:
    """The table of demandes of a year's page, by word."""
    by = world.actor("coordinateur")
    words = labels(by=by, region=world.region, year=year, territory=world.lille)
    release = territory_release(by=by, territory=world.lille, year=year)
    table = table_of(Slice(release), words, None, None)
    return {row.label: row.values[1].value for row in table.rows}  # type: ignore[union-attr]


@pytest.fixture
def filled(world: World) -> World:
    """Six fiches on box 7 of the first lists, then lists without it."""
    with system():
        for _ in range(6):
            make_fiche(world.cio, world.lists, jour=datetime.date(2026, 3, 2), demandes=[7])
        announce(world.lille.pk, world.cio.pk, datetime.date(2026, 3, 2))
        version(world, 2, datetime.date(2026, 7, 1), {1: "Métiers", 8: "Mobilité"})
    fill_now()
    return world


def test_a_box_dropped_in_the_year_keeps_its_line(filled: World) -> None:
    assert demandes(filled) == {"Autre": 6, "Métiers": 0, "Mobilité": 0}


def test_lists_of_next_year_say_nothing_of_this_one(filled: World) -> None:
    with system():
        version(filled, 3, datetime.date(2027, 1, 1), {1: "Plus tard"})
    assert demandes(filled) == {"Autre": 6, "Métiers": 0, "Mobilité": 0}
    assert demandes(filled, 2027).get("Plus tard") == 0


def test_the_page_offers_the_words_of_its_year(filled: World) -> None:
    asked = ask_territory({"annee": "2026"}, filled.actor("coordinateur"), filled.lille)
    assert set(asked.filters.choices.demandes.values()) >= {"Autre", "Métiers", "Mobilité"}
