"""The demonstration shows a convention signed and another half-way, named by functions, made once."""

import pytest
from django.db import transaction
from django.utils import timezone

from labelling.models import Convention, ConventionParty, ConventionSignature
from spo_portal.demo.conventions import conventions
from spo_portal.kernel import outbox
from spo_portal.kernel.tenancy.scope import SYSTEM, apply
from spo_portal.kernel.typography import plain_date
from territories.models import Site, User
from tests.factories import World, acting_as_role, make_site, system

pytestmark = pytest.mark.django_db


def test_one_is_signed_and_one_is_half_way(world: World) -> None:
    with system():
        User.objects.filter(email__in=[one.email for one in world.users.values()]).update(is_demo=True)
        for territory in (world.lille, world.douai):
            for number in range(4):
                make_site(territory, f"Lieu {number}", world.reseaux["CIO"], f"D{number}")
    # The demonstration is filled by the owner of the tables, who alone may set their triggers aside.
    with transaction.atomic(), acting_as_role("spo_owner"):
        apply(SYSTEM)
        assert conventions(territories=[world.niort, world.lille, world.douai]) == 2
        assert conventions(territories=[world.niort, world.lille, world.douai]) == 0
    with transaction.atomic(), acting_as_role("spo_worker"):
        apply(SYSTEM)
        while outbox.drain():
            pass
    with system():
        rows = {one.territory_id: one for one in Convention.objects.for_system()}
        signed, half = rows[world.lille.pk], rows[world.douai.pk]
        assert (signed.state, half.state) == ("signee", "signature")
        # Signed some days ago, and its text says the days it was signed for.
        assert signed.completed_at is not None
        assert signed.starts_on == timezone.localtime(signed.completed_at).date() < timezone.localdate()
        assert plain_date(signed.starts_on) in signed.text
        assert signed.pdf is not None
        # A dossier leaves with the organisation of each of its places: all of them sign.
        bodies = Site.objects.filter(territory=world.lille).values_list("organisation_id", flat=True)
        parties = ConventionParty.objects.filter(convention=signed)
        assert set(parties.values_list("organisation_id", flat=True)) == set(bodies)
        names = set(ConventionSignature.objects.for_system().values_list("name", flat=True))
        assert names == {"Signataire de démonstration", ""}
