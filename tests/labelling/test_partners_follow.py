"""Partnerships follow the préfet's decision, once, and never take a training body in."""

import pytest
from django.utils import timezone

from labelling.models import AssociatedPartner, LabelDossier, LabelPlace
from labelling.services.partner.follow import follow_places, on_label_moved
from labelling.services.partner.keeping import Terms, add_partner
from spo_portal.kernel.outbox import Event
from territories.models import Organisation, Site
from tests.factories import World, system

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


def decide(world: World, outcome: str, **fields: str) -> None:
    """What the worker does, twice, once that outcome is decided for the Mission locale."""
    for _ in range(2):
        with system():
            site = Site.objects.for_system().select_related("organisation", "reseau").get(pk=world.mission.pk)
            follow_places([LabelPlace(site=site, outcome=outcome, **fields)])


def held(world: World) -> list[AssociatedPartner]:
    with system():
        return list(AssociatedPartner.objects.for_system().filter(site=world.mission).order_by("pk"))


def direction(world: World) -> str:
    with system():
        return Site.objects.for_system().get(pk=world.mission.pk).direction


def test_an_associated_place_becomes_a_partner_once(world: World) -> None:
    decide(world, "associe", direction="prescripteur", motive="lieu_non_eligible")
    (row,) = held(world)
    assert (row.direction, row.motive, row.since, row.saved_by_label) == (
        "prescripteur", "lieu_non_eligible", TODAY, "Décision du préfet",
    )  # fmt: skip
    assert direction(world) == "prescripteur"


def test_a_labelled_place_is_a_partner_no_more(world: World) -> None:
    add_partner(by=world.actor("coordinateur"), site=world.mission, terms=Terms("prescripteur"), since=TODAY)
    decide(world, "labellise")
    (row,) = held(world)
    assert (row.until, "labellisé" in row.end_reason) == (TODAY, True)
    assert direction(world) == ""


def test_a_training_body_is_left_out(world: World) -> None:
    with system():
        Organisation.objects.for_system().filter(pk=world.mission.organisation_id).update(
            is_training_body=True
        )
    decide(world, "associe", direction="les_deux")
    assert held(world) == []


def test_a_dossier_that_is_not_granted_changes_nothing(world: World) -> None:
    with system():
        dossier = LabelDossier.objects.create(
            region=world.region, territory=world.lille, kind="initiale", created_by_label="Coordination"
        )
        on_label_moved([Event(1, "labelling.label_moved", world.lille.pk, {"dossier": dossier.pk})])
    assert held(world) == []
