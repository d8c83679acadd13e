"""Hostile cells in a file of places: told line by line, never a fault of the page."""

import contextlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from territories.services.exchange.cells import degrees, staff
from tests.conftest import LoginAs
from tests.factories import World, system

pytestmark = pytest.mark.django_db
HEAD = "identifiant;territoire;nom;organisation;réseau;code insee;latitude;longitude;agents\n"
NUMBERS = ("NaN", "-nan", "sNaN", "Infinity", "1e9999999", "9e999999", "1e999999", "-1e-999999999", "1" * 500)


@pytest.mark.parametrize("typed", NUMBERS)
def test_a_number_that_no_comparison_takes_is_one_sentence(typed: str) -> None:
    for read in (degrees(90), staff):
        with contextlib.suppress(ValueError):
            assert abs(read(typed) or 0) <= 5000


def test_a_file_of_hostile_numbers_is_shown_line_by_line(world: World, login: LoginAs) -> None:
    client: Client = login(world.users["coordinateur"])
    with system():
        world.cio.commune_id = "59350"
        world.cio.save(update_fields=["commune"])
    lines = "".join(
        f"{world.cio.reference_id};LIL;{world.cio.name};;;59350;{one};{one};{one}\n" for one in NUMBERS
    )
    answer = client.post(
        reverse("annuaire_import"), {"fichier": SimpleUploadedFile("lieux.csv", (HEAD + lines).encode())}
    )
    assert answer.status_code == 302
    page = client.get(answer.headers["Location"])
    assert page.status_code == 200
    assert page.context["plan"].created + page.context["plan"].changed == 0
