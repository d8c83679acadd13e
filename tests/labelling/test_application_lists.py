"""Lists and reading pages ask the same number of questions of one file as of many."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from labelling.models import AmiContribution, AmiProgressLine
from labelling.services.timeline import SENTENCES
from labelling.workflows import ami as flow
from territories import grants
from tests.conftest import LoginAs
from tests.factories import World, make_territory, system
from tests.labelling import ami_world

pytestmark = pytest.mark.django_db


def asked(client: object, url: str) -> int:
    client.get(url)  # type: ignore[attr-defined]
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.get(url).status_code == 200  # type: ignore[attr-defined]
    return len(found)


def test_my_files_at_one_and_at_many(world: World, login: LoginAs) -> None:
    porteur = ami_world.make_porteur(world.region)
    ami_world.make_application(ami_world.make_call(world.region), world.lille, porteur)
    client, url = login(porteur.user, porteur.membership), reverse("ami_mes_dossiers")
    one = asked(client, url)
    with system():
        bassins = [make_territory(world.region, f"Bassin {n}") for n in range(8)]
    call = ami_world.make_call(world.region)
    for bassin in bassins:
        ami_world.make_application(call, bassin, porteur)
    # One more call is open: its clock is read.
    assert asked(client, url) == one + 1


def test_a_file_at_one_line_and_at_many(world: World, login: LoginAs) -> None:
    porteur = ami_world.make_porteur(world.region)
    call = ami_world.make_call(world.region)
    file = ami_world.ready_application(call, world.lille, porteur, submitted=False)
    client = login(porteur.user, porteur.membership)
    url = reverse("ami_dossier", args=[file.pk])
    one = asked(client, url)
    with system():
        for n in range(12):
            AmiProgressLine.objects.bulk_create(
                [AmiProgressLine(application=file, position=n + 2, initial="a", target="b")]
            )
            AmiContribution.objects.create(
                application=file,
                region_id=file.region_id,
                partner_name=f"P{n}",
                email="a@b.example",
                text="x",
            )
    assert asked(client, url) == one


def test_groups_say_why_a_file_is_there(world: World, login: LoginAs) -> None:
    porteur = ami_world.make_porteur(world.region)
    file = ami_world.make_application(ami_world.make_call(world.region), world.lille, porteur)
    url = reverse("ami_mes_dossiers")
    key = "charge_mission"
    client = login(world.users[key], world.memberships[key])
    assert "Aucun dossier ne vous est ouvert" in client.get(url).content.decode()
    with porteur.acting() as by:
        grants.share(
            by=by,
            user=world.users[key],
            obj=file,
            permission="view_amiapplication",
            until=timezone.now() + datetime.timedelta(days=2),
        )
    page = client.get(url).content.decode()
    assert "Dossiers partagés avec vous" in page
    assert "Commencer un dossier" not in page


def test_every_move_has_its_sentence() -> None:
    assert set(flow.MOVES) <= SENTENCES.keys()
