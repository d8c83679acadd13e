"""The demonstration fills the records once, with confirmations of every age."""

import pytest

from spo_portal.demo.records import records
from spo_portal.kernel.tenancy.scope import NOBODY, scoped
from territories.models import ServiceItem, Site, SiteChange, SiteService
from tests.factories import World, acting_as_role, make_site, system

pytestmark = pytest.mark.django_db


def test_the_records_are_filled_once(world: World) -> None:
    with system():
        for n, level in enumerate(("accueil", "information", "conseil")):
            ServiceItem.objects.create(
                region=world.region, level=level, block=level[:3].upper(), block_name=level,
                code=f"{level[:3].upper()}-1", name="Service", order=n,
            )  # fmt: skip
        for n in range(30):
            make_site(world.lille, f"Lieu {n}", world.reseaux["MISSION_LOCALE"], kind="antenne")
    with scoped(NOBODY), acting_as_role("spo_worker"):
        assert records(seed=1, territories=[world.lille, world.douai]) == 33
    with system():
        sites = Site.objects.filter(territory=world.lille)
        assert {site.confirmed_on is None for site in sites} == {True, False}
        assert sites.get(name="Lieu 0").parent_id == world.mission.pk
        assert SiteService.objects.count() > 30
        assert SiteChange.objects.filter(kind="confirmation").count() > 10
        counts = SiteService.objects.count(), SiteChange.objects.count()
    with scoped(NOBODY), acting_as_role("spo_worker"):
        assert records(seed=1, territories=[world.lille, world.douai]) < 10
    with system():
        assert SiteChange.objects.count() - counts[1] < 10
