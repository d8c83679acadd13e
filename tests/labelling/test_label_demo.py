"""The demonstration has a dossier of label being written and one submitted, once."""

from labelling.enums_label import DossierState
from labelling.models import LabelDossier
from spo_portal.demo.label import label_dossiers
from territories.models import User
from tests.factories import World, acting_as_role, system
from tests.labelling.label_world import complete_place, signed_convention


def test_one_is_written_and_one_is_submitted(world: World) -> None:
    with system():
        accounts = [world.users["coordinateur"].pk, world.users["coordinateur_douai"].pk]
        User.objects.filter(pk__in=accounts).update(is_demo=True)
    for site in (world.cio, world.mission, world.douai_site):
        complete_place(site)
    with system():
        territories = [world.lille, world.niort, world.douai]
        for one in territories:
            one.region  # noqa: B018 - read while it may be
    signed_convention(world.lille)
    with acting_as_role("spo_worker"):
        assert label_dossiers(territories=territories) == 2
        assert label_dossiers(territories=territories) == 0
    with system():
        states = dict(LabelDossier.objects.for_system().values_list("territory_id", "state"))
    assert states == {world.lille.pk: DossierState.DEPOSE, world.douai.pk: DossierState.BROUILLON}
