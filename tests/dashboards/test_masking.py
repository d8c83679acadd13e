"""Small counts are masked before they leave the service, whoever reads them (domain § 8)."""

import re

import pytest
from django.utils import timezone

from contacts.services.fiches import announce
from dashboards.enums import Dimension
from dashboards.services.release import territory_release
from tests.dashboards.helpers import fill_now
from tests.factories import World, make_fiche, system

pytestmark = pytest.mark.django_db


def record(world: World, count: int) -> None:
    with system():
        for n in range(count):
            make_fiche(world.cio, world.lists, statut=1 + n % 2, age="moins_26" if n % 3 else "")
        announce(world.lille.pk, world.cio.pk, timezone.localdate())
    fill_now()


@pytest.mark.parametrize(("count", "hidden"), [(0, False), (1, True), (4, True), (5, False), (12, False)])
def test_one_to_four_contacts_are_hidden(world: World, count: int, hidden: bool) -> None:
    record(world, count)
    today = timezone.localdate()
    release = territory_release(by=world.actor("coordinateur"), territory=world.lille, year=today.year)
    contacts = release.cell(Dimension.CONTACTS, month=today.month)
    assert contacts.masked is hidden
    if hidden:
        assert release.masked
        assert contacts.value is None
        assert not any(cell.value for cell in release.values(Dimension.DEMANDE).values())
    else:
        assert contacts.value == count


def test_the_page_says_so_and_shows_no_small_number(world: World, login: object) -> None:
    record(world, 3)
    client = login(world.users["coordinateur"])  # type: ignore[operator]
    page = client.get(f"/tableau-de-bord/territoire/{world.lille.pk}/")
    assert page.status_code == 200
    text = page.content.decode()
    assert '<span class="mask">masqué' in text
    assert "de 1 à 4 fiches" in text
    tables = re.findall(r"<td[^>]*>([^<]*)</td>", text)
    assert "3" not in [cell.strip() for cell in tables]
