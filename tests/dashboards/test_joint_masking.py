"""What one table hides is shown by no other table of the page, nor by the region's page (domain § 8)."""

import pytest
from django.utils import timezone

from contacts.services.fiches import announce
from dashboards.enums import Dimension
from dashboards.services.figures_page import FiguresPage
from dashboards.services.release import Release
from dashboards.services.summaries import summaries
from dashboards.services.tables import is_masked
from dashboards.views.questions import Question, ask_territory
from spo_portal.kernel.privacy import Cell
from tests.dashboards.helpers import fill_now
from tests.factories import World, make_fiche, system

pytestmark = pytest.mark.django_db


def _asked(world: World, **get: str) -> Question:
    return ask_territory(get, world.actor("coordinateur"), world.lille)


def _fill(world: World) -> None:
    with system():
        announce(world.lille.pk, world.cio.pk, timezone.localdate())
    fill_now()


def _counts(page: FiguresPage) -> list[Cell]:
    return [
        value
        for table in page.tables()
        for row in table.rows
        for value in row.values
        if isinstance(value, Cell)
    ]


def test_a_total_one_table_hides_is_shown_by_no_other(world: World) -> None:
    """Two ages of four each: shown anywhere, the total of eight would say exactly four and four."""
    with system():
        for n in range(8):
            make_fiche(world.cio, world.lists, statut=1, age="moins_26" if n % 2 else "plus_26")
    _fill(world)
    month = str(timezone.localdate().month)
    for get in ({}, {"mois": month}, {"reseau": str(world.cio.reseau_id)}, {"lieu": str(world.cio.pk)}):
        asked = _asked(world, **get)
        shown = [cell.value for cell in _counts(asked.page) if cell.value]
        ages = [t for t in asked.page.tables() if t.key in {"age", "statut_age"}]
        hidden = [value for t in ages for row in t.rows for value in row.values if is_masked(value)]
        # Either the eight is hidden everywhere, or it is shown and says nothing of the two fours.
        assert 4 not in shown, get
        assert hidden, get
        assert 8 not in shown or _free(asked.release), get
    animation = world.actor("animation")
    lille = summaries(by=animation, territory_ids=[world.lille.pk], year=timezone.localdate().year)
    assert not any(cell.value == 4 for cell in lille[world.lille.pk].values(Dimension.AGE).values())


def _free(release: Release) -> bool:
    """The reasons of the two ages leave more than one way to add up to eight."""
    ages = release.values(Dimension.AGE)
    return all("entre" not in cell.reason for cell in ages.values() if cell.masked)


def test_the_share_of_answers_does_not_give_back_the_hidden_re_orientations(world: World) -> None:
    """Two solved on the spot hide the twenty re-oriented: « 10 answers, 50 % » would say twenty."""
    said = {"suite": "recue", "suite_at": timezone.now(), "suite_source": "personne"}
    with system():
        for n in range(22):
            make_fiche(world.cio, world.lists, reoriented=n < 20, **(said if n < 10 else {}))
    _fill(world)
    page = _asked(world).page
    contacts, reoriented, closed = page.bigs[:3]
    assert contacts.text == "22"
    assert reoriented.text == "masqué"
    assert closed.text == "masqué"
    assert not any("fiche" in words for words in (*reoriented.versus, *closed.versus))
