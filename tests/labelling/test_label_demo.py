"""The demonstration has a dossier of label being written, one submitted, and others further, once."""

import datetime

from django.utils import timezone

from labelling.enums_label import DossierState
from labelling.models import LabelAttachment, LabelDossier, LabelPlace
from spo_portal.demo.label import label_dossiers
from spo_portal.demo.label_state import DAYS, GRANTED, RUNNING, label_state
from spo_portal.kernel.typography import plain_date
from territories.models import Site, User
from tests.factories import World, acting_as_role, make_territory, system
from tests.labelling.label_world import complete_place, make_places, signed_convention


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


def test_each_case_left_with_all_that_a_dossier_holds(world: World) -> None:
    """Granted, running, late, suspended: submitted as any other, with convention, file and figures."""
    accounts = [*(one.pk for one in world.users.values())]
    with system():
        User.objects.filter(pk__in=accounts).update(is_demo=True)
    for site in (world.cio, world.mission, world.douai_site):
        complete_place(site)
        with system():
            network = Site.objects.get(pk=site.pk).reseau
    make_places(world.douai, 1, reseau=network)
    with system():
        first = [make_territory(world.region, f"Premier {n}", f"P{n}") for n in range(2)]
        territories = [*first, world.lille, world.douai]
        for one in territories:
            one.region  # noqa: B018 - read while it may be
    # The owner of the tables fills the demonstration: it sets their triggers aside to date what is done.
    with acting_as_role("spo_owner"):
        assert label_state(territories=territories) == 2
        assert label_state(territories=territories) == 0
    today = timezone.localdate()
    with system():
        rows = {one.territory_id: one for one in LabelDossier.objects.select_related("convention")}
        granted, running = rows[world.lille.pk], rows[world.douai.pk]
        assert (granted.state, running.state) == (DossierState.ACCORDE, DossierState.TRANSMIS)
        for one, case in ((granted, GRANTED), (running, RUNNING)):
            submitted = timezone.localtime(one.submitted_at).date()
            assert submitted == today - datetime.timedelta(DAYS[case][0])
            assert timezone.localtime(one.convention.completed_at).date() < submitted
            assert plain_date(submitted) in {line[5] for line in one.figures["lignes"]}
            assert LabelAttachment.objects.filter(dossier=one, uploaded_at__lt=one.submitted_at).count() == 1
            proposed = LabelPlace.objects.filter(dossier=one, proposal="label")
            held = set(proposed.values_list("site__organisation_id", flat=True))
            assert held
            assert held <= set(one.convention.parties.values_list("organisation_id", flat=True))
