"""What one table hides is shown by no other table of the page, nor by the region's page (domain § 8)."""

import pytest
from django.utils import timezone

from contacts.services.fiches import announce
from dashboards.services.figures import Figures, region_lines, territory_figures
from spo_portal.kernel import outbox
from tests.factories import World, acting_as_role, make_fiche, system

pytestmark = pytest.mark.django_db


def _figures(world: World) -> Figures:
    with system():
        announce(world.lille.pk, world.cio.pk, timezone.localdate())
    with acting_as_role("spo_worker"):
        while outbox.drain():
            pass
    month = timezone.localdate().replace(day=1)
    return territory_figures(by=world.actor("coordinateur"), territory=world.lille, month=month)


def test_a_total_one_table_hides_is_shown_by_no_other(world: World) -> None:
    """Two ages of four each: shown anywhere, the total of eight would say exactly four and four."""
    with system():
        for n in range(8):
            make_fiche(world.cio, world.lists, statut=1, age="moins_26" if n % 2 else "plus_26")
    figures = _figures(world)
    tables = (*figures.statuts, *figures.ages, *figures.reseaux, *figures.demandes)
    cells = [cell for line in tables for cell in (line.month, line.year)]
    cells += [figures.contacts.month, figures.contacts.year, figures.series[-1].now, figures.reoriented.month]
    assert not [cell for cell in cells if cell.value]
    region = region_lines(by=world.actor("animation"), month=figures.month)
    line = next(line for line in region if line.territory == world.lille)
    assert line.month.masked
    assert line.year.masked


def test_the_share_of_answers_does_not_give_back_the_hidden_re_orientations(world: World) -> None:
    """Two solved on the spot hide the twenty re-oriented: « 10 answers, 50 % » would say twenty."""
    said = {"suite": "recue", "suite_at": timezone.now(), "suite_source": "personne"}
    with system():
        for n in range(22):
            make_fiche(world.cio, world.lists, reoriented=n < 20, **(said if n < 10 else {}))
    figures = _figures(world)
    assert figures.contacts.year.value == 22
    assert figures.reoriented.year.masked
    assert figures.answered.year.masked
    assert figures.answered_share_year.masked
