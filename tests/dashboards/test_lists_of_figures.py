"""Figures across versions of the lists: each box keeps its line, in the words of the year shown."""

import datetime

import pytest

from contacts.models import ListVersion
from dashboards.services.figures import territory_figures
from dashboards.services.fill import fill_cell
from tests.factories import World, make_fiche, make_lists, system

pytestmark = pytest.mark.django_db
MONTH = datetime.date(2026, 11, 1)


def version(world: World, number: int, starts_on: datetime.date, demandes: dict[int, str]) -> ListVersion:
    made = make_lists(world.region, number, starts_on)
    made.items["demande"] = [{"n": n, "code": word.lower(), "label": word} for n, word in demandes.items()]
    made.save()
    return made


def demandes(world: World, month: datetime.date = MONTH) -> dict[str, int | None]:
    figures = territory_figures(by=world.actor("coordinateur"), territory=world.lille, month=month)
    return {line.label: line.year.value for line in figures.demandes}


@pytest.fixture
def filled(world: World) -> World:
    """Six fiches on box 7 of the first lists, then lists without it."""
    with system():
        for _ in range(6):
            make_fiche(world.cio, world.lists, jour=datetime.date(2026, 3, 2), demandes=[7])
        fill_cell(world.cio.pk, datetime.date(2026, 3, 1))
        version(world, 2, datetime.date(2026, 7, 1), {1: "Métiers", 8: "Mobilité"})
    return world


def test_a_box_dropped_in_the_year_keeps_its_line(filled: World) -> None:
    assert demandes(filled) == {"Autre": 6, "Métiers": 0, "Mobilité": 0}


def test_lists_of_next_year_say_nothing_of_this_one(filled: World) -> None:
    with system():
        version(filled, 3, datetime.date(2027, 1, 1), {1: "Plus tard"})
    assert demandes(filled) == {"Autre": 6, "Métiers": 0, "Mobilité": 0}
    assert demandes(filled, datetime.date(2027, 2, 1)) == {"Plus tard": 0}
