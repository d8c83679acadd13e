"""Small counts are masked before they leave the service, whoever reads them (domain § 8)."""

import pytest
from django.utils import timezone

from contacts.services.fiches import announce
from dashboards.services.figures import territory_figures
from spo_portal.kernel import outbox
from tests.factories import World, acting_as_role, make_fiche, system

pytestmark = pytest.mark.django_db


def record(world: World, count: int) -> None:
    with system():
        for n in range(count):
            make_fiche(world.cio, world.lists, statut=1 + n % 2, age="moins_26" if n % 3 else "")
        announce(world.lille.pk, world.cio.pk, timezone.localdate())
    with acting_as_role("spo_worker"):
        while outbox.drain():
            pass


@pytest.mark.parametrize(("count", "hidden"), [(0, False), (1, True), (4, True), (5, False), (12, False)])
def test_one_to_four_contacts_are_hidden(world: World, count: int, hidden: bool) -> None:
    record(world, count)
    by = world.actor("coordinateur")
    figures = territory_figures(by=by, territory=world.lille, month=timezone.localdate().replace(day=1))
    assert figures.contacts.month.masked is hidden
    if hidden:
        assert figures.masked
        assert figures.contacts.month.value is None
        assert not any(line.month.value for line in figures.demandes)
    else:
        assert figures.contacts.month.value == count


def test_the_page_says_so_and_shows_no_small_number(world: World, login: object) -> None:
    record(world, 3)
    client = login(world.users["coordinateur"])  # type: ignore[operator]
    page = client.get(f"/tableau-de-bord/territoire/{world.lille.pk}/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "masqu" in text or "moins de 5" in text
    assert ">3<" not in text.replace(" ", "").replace("\n", "")
