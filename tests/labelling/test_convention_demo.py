"""The demonstration shows a convention signed and another half-way, named by functions, made once."""

import pytest
from django.db import transaction

from labelling.models import Convention, ConventionSignature
from spo_portal.demo.conventions import conventions
from spo_portal.kernel.tenancy.scope import SYSTEM, apply
from territories.models import User
from tests.factories import World, acting_as_role, make_site, system

pytestmark = pytest.mark.django_db


def test_one_is_signed_and_one_is_half_way(world: World) -> None:
    with system():
        User.objects.filter(email__in=[one.email for one in world.users.values()]).update(is_demo=True)
        for territory in (world.lille, world.douai):
            for number in range(4):
                make_site(territory, f"Lieu {number}", world.reseaux["CIO"], f"D{number}")
    with transaction.atomic(), acting_as_role("spo_worker"):
        apply(SYSTEM)
        assert conventions(territories=[world.niort, world.lille, world.douai]) == 2
        assert conventions(territories=[world.niort, world.lille, world.douai]) == 0
    with system():
        rows = {one.territory_id: one for one in Convention.objects.for_system()}
        signed, half = rows[world.lille.pk], rows[world.douai.pk]
        assert (signed.state, half.state) == ("signee", "signature")
        assert signed.pdf is not None
        names = set(ConventionSignature.objects.for_system().values_list("name", flat=True))
        assert names == {"Signataire de démonstration", ""}
