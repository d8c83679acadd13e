"""Releases are built from the rollups: what is shown is the recount, what is hidden says nothing."""

import datetime

import pytest
from django.utils import timezone

from contacts.services.fiches import announce
from dashboards.enums import Audience, Dimension
from dashboards.services.release import region_release, site_release, territory_release
from dashboards.services.summaries import summaries
from tests.dashboards.helpers import fill_now
from tests.factories import World, make_fiche, system

pytestmark = pytest.mark.django_db


def today() -> datetime.date:
    return timezone.localdate()


def record(world: World, count: int, **fields: object) -> None:
    with system():
        for n in range(count):
            make_fiche(world.cio, world.lists, **({"statut": 1 + n % 2} | fields))
        announce(world.lille.pk, world.cio.pk, *{fields.get("jour", today())})
    fill_now()


def test_a_territory_site_and_region_are_published(world: World) -> None:
    record(world, 120)
    year = today().year
    release = territory_release(by=world.actor("coordinateur"), territory=world.lille, year=year)
    assert release.audience == Audience.INSIDE
    assert release.cell(Dimension.CONTACTS).value == 120
    assert release.cell(Dimension.STATUT, "1").value == 60
    assert release.cell(Dimension.CONTACTS, month=today().month).value == 120
    assert release.cell(Dimension.CONTACTS, reseau=world.cio.reseau_id).value == 120
    assert release.cell(Dimension.CONTACTS, site=world.cio.pk).value == 120
    assert release.cell(Dimension.CONTACTS, month=today().month, site=world.cio.pk).value == 120
    own = site_release(by=world.actor("referent"), site=world.cio, year=year)
    assert own.cell(Dimension.CONTACTS).value == 120
    neighbour = territory_release(by=world.actor("coordinateur_douai"), territory=world.lille, year=year)
    assert neighbour.audience == Audience.OUTSIDE
    assert neighbour.cell(Dimension.CONTACTS).value == 120
    assert region_release(by=world.actor("coordinateur_douai"), region=world.region, year=year).cell(
        Dimension.CONTACTS
    ).value == 120  # fmt: skip
    found = summaries(by=world.actor("animation"), territory_ids=[world.lille.pk, world.douai.pk], year=year)
    assert found[world.lille.pk].cell(Dimension.CONTACTS).value == 120
    assert found[world.douai.pk].empty
