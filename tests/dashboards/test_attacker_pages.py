"""An attacker with all the pages: every filter, period, network, place and export, put together (domain § 8).

Two proofs. What is served comes from releases alone: change every raw figure behind them and not a byte
moves. And all the figures that the pages read of a release, taken together, narrow no hidden small count.
"""

import datetime
import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.test import Client

from contacts.services.fiches import announce
from dashboards.services.build_counts import YEAR, Name, read, relations
from dashboards.services.release import Release
from spo_portal.kernel.privacy import Cell
from tests.dashboards.helpers import fill_now
from tests.factories import World, make_fiche, make_site, system
from tests.kernel.attacker import narrowed
from tests.kernel.publications import Publication

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 11, 24)
THRESHOLD = 4
UNREAD = Cell(None, True, "Masqué pour protéger la case voisine")


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with mock.patch("dashboards.views.questions.timezone.localdate", return_value=TODAY):
        yield


def populate(world: World, seed: int, fiches: int = 90) -> None:
    """Unequal places, three months, few values that are frequent and some that are rare."""
    chance = random.Random(seed)
    with system():
        third = make_site(world.lille, "Pôle emploi", world.reseaux["POLE_EMPLOI"], "PE")
        places = [world.cio, world.mission, third]
        for _ in range(fiches):
            place = chance.choices(places, [6, 3, 1])[0]
            make_fiche(
                place,
                world.lists,
                jour=datetime.date(2026, chance.choice([3, 4, 4, 9]), 1 + chance.randrange(25)),
                statut=chance.choices([1, 5, 9], [6, 3, 1])[0],
                age=chance.choice(["moins_26", "plus_26", ""]),
                sexe=chance.choice(["femme", "homme"]),
                canal=chance.choices(["sur_place", "courriel"], [9, 1])[0],
                demandes=sorted({chance.choices([1, 2, 3], [5, 3, 1])[0] for _ in range(2)}),
                reponses=sorted({chance.choices([1, 2], [3, 1])[0] for _ in range(chance.randrange(3))}),
                reoriented=chance.random() < 0.6,
            )
        for place, month in product(places, (3, 4, 9)):
            announce(world.lille.pk, place.pk, datetime.date(2026, month, 1))
    fill_now()


def questions(world: World) -> list[str]:
    """Every combination of the filter bar, and the sorts."""
    reseaux = ["", *(str(reseau.pk) for reseau in world.reseaux.values())]
    sites = ["", str(world.cio.pk), str(world.mission.pk)]
    asked = product(["", "3", "4", "9"], reseaux, sites, ["", "1", "2", "3"])
    found = [
        f"?mois={month}&reseau={reseau}&lieu={site}&demande={demande}"
        for month, reseau, site, demande in asked
        if not (reseau and site)
    ]
    return [*found, "?comparer=rien", "?tri=fiches", "?tri=-fiches", "?annee=2025"]


def addresses(world: World) -> list[str]:
    """Pages and exports of the territory and of its places."""
    start = f"/tableau-de-bord/territoire/{world.lille.pk}/"
    asked = questions(world)
    found = [start + query for query in asked]
    for site, query in product((world.cio, world.mission), asked):
        if "reseau=&lieu=&" in query:
            found.append(f"/tableau-de-bord/lieu/{site.pk}/{query}")
    for key, month in product(("chiffres", "mois", "demandes", "statut_age", "reseaux", "lieux"), ("", "4")):
        if not (key == "statut_age" and month):
            found.append(f"{start}export/?format=csv&tableau={key}&mois={month}")
    return found


def plain(body: bytes) -> str:
    """An answer without what changes at each request."""
    return re.sub(r'(csrfmiddlewaretoken" value="|X-CSRFToken": ")[^"]*', r"\1", body.decode())


def served(client: Client, urls: list[str]) -> dict[str, str]:
    found = {}
    for url in urls:
        answer = client.get(url)
        assert answer.status_code == 200, url
        body = b"".join(answer) if answer.streaming else answer.content  # type: ignore[arg-type]
        found[url] = plain(body)
    return found


@contextmanager
def noting(year: int) -> Iterator[dict[Name, Cell]]:
    """Every published count that the code of the pages reads of the territory's release of ``year``."""
    noted: dict[Name, Cell] = {}
    cell, values = Release.cell, Release.values

    def part(month: Any = None, reseau: Any = None, site: Any = None) -> tuple[str, ...]:
        if month is not None and (reseau is not None or site is not None):
            kind, key = ("mr", reseau) if reseau is not None else ("ms", site)
            return (kind, str(month), str(key))
        keys = [(kind, str(k)) for kind, k in (("m", month), ("r", reseau), ("s", site)) if k is not None]
        return keys[0] if keys else YEAR

    def note_cell(self: Release, dimension: str, value: str = "", **axis: Any) -> Cell:
        found = cell(self, dimension, value, **axis)
        if self.year == year and self.audience == "inside":
            noted[part(**axis), str(dimension), value] = found
        return found

    def note_values(self: Release, dimension: str, **axis: Any) -> dict[str, Cell]:
        found = values(self, dimension, **axis)
        if self.year == year and self.audience == "inside":
            noted.update({(part(**axis), str(dimension), value): one for value, one in found.items()})
        return found

    with mock.patch.object(Release, "cell", note_cell), mock.patch.object(Release, "values", note_values):
        yield noted


@pytest.mark.parametrize("who", ["coordinateur", "animation"])
def test_not_a_byte_comes_from_anything_but_releases(
    world: World, login: Callable[[Any], Client], who: str
) -> None:
    populate(world, seed=11)
    client = login(world.users[who])
    urls = addresses(world)[::3]
    before = served(client, urls)
    with system(), connection.cursor() as cursor:
        cursor.execute("UPDATE dashboards_rollup SET count = count * 7 + 1000")
        cursor.execute("UPDATE contacts_fichecontact SET statut = 2, age = 'plus_26', canal = 'telephone'")
    after = served(client, urls)
    assert [url for url in urls if before[url] != after[url]] == []


@pytest.mark.parametrize("seed", [1, 2])
def test_all_pages_together_narrow_no_small_count(
    world: World, login: Callable[[Any], Client], seed: int
) -> None:
    populate(world, seed)
    client = login(world.users["coordinateur"])
    with noting(2026) as noted:
        served(client, addresses(world))
    with system():
        found = read(world.lille.pk, 2026)
    shown = {name: noted.get(name, UNREAD) for name in found.counts}
    small = [name for name, count in found.counts.items() if 1 <= count <= THRESHOLD]
    assert len(small) > 20
    assert [name for name in small if not shown[name].masked] == []
    assert sum(not one.masked for one in shown.values()) > 20
    publication = Publication(dict(found.counts), *relations(found))
    assert narrowed(publication, shown, THRESHOLD) == {}


def test_twin_pages_masked_one_table_at_a_time_are_betrayed(world: World) -> None:
    """Were the pages to hide the small counts alone, their totals would give them back."""
    populate(world, seed=1)
    with system():
        found = read(world.lille.pk, 2026)
    counts = found.counts.items()
    shown = {name: UNREAD if 1 <= count <= THRESHOLD else Cell(count) for name, count in counts}
    assert narrowed(Publication(dict(found.counts), *relations(found)), shown, THRESHOLD)
