"""The save in one statement: same rules as the querysets, no gap in the references, a code drawn again."""

import datetime
import uuid
from unittest import mock

import pytest
from django.utils import timezone

from contacts import codes
from contacts.models import CodeRetour, FicheContact
from contacts.services import fiche_checks, saving
from contacts.services.fiches import DestinationData, FicheData, record_fiche
from spo_portal.kernel.errors import Refused
from territories.models import Organisation, Site
from tests.factories import World, make_site, system


def data(*destinations: int, **changes: object) -> FicheData:
    given = {"jour": timezone.localdate(), "canal": "sur_place", "statut": 5, "demandes": (1,)}
    return FicheData(**(given | changes), destinations=tuple(DestinationData(pk) for pk in destinations))  # type: ignore[arg-type]


def test_structures_are_accepted_by_the_rule_of_the_queryset(world: World) -> None:
    with system():
        training = Organisation.objects.create(region=world.region, name="Formateur", is_training_body=True)
        made = [
            make_site(world.lille, f"Partenaire {direction}", None, direction=direction)
            for direction in ("destinataire", "prescripteur", "les_deux")
        ]
        made += [
            make_site(world.lille, "Organisme", world.reseaux["CIO"], organisation=training),
            make_site(world.lille, "Fermé", world.reseaux["CIO"], active=False),
            world.cio, world.mission, world.douai_site, world.niort_site,
        ]  # fmt: skip
    actor = world.actor("conseiller")
    allowed = set(Site.objects.visible_to(actor).can_be_suggested().values_list("pk", flat=True))
    for site in made:
        assert fiche_checks._all_receive(actor, [site.pk]) == (site.pk in allowed), site.name
    assert not fiche_checks._all_receive(actor, [world.mission.pk, world.niort_site.pk])


def test_a_replay_gives_the_first_fiche_and_no_gap(world: World) -> None:
    actor, key = world.actor("conseiller"), uuid.uuid4()
    first, new = record_fiche(by=actor, data=data(), cle_idempotence=key)
    again, still_new = record_fiche(by=actor, data=data(world.mission.pk), cle_idempotence=key)
    following, _ = record_fiche(by=actor, data=data(), cle_idempotence=uuid.uuid4())
    assert (new, still_new, again.pk) == (True, False, first.pk)
    assert int(following.reference[-6:]) == int(first.reference[-6:]) + 1


def test_a_replay_refused_today_still_gives_the_first_fiche(world: World) -> None:
    actor, key = world.actor("conseiller"), uuid.uuid4()
    first, _ = record_fiche(by=actor, data=data(), cle_idempotence=key)
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    again, new = record_fiche(by=actor, data=data(jour=tomorrow), cle_idempotence=key)
    assert (again.pk, new) == (first.pk, False)
    with pytest.raises(Refused):
        record_fiche(by=actor, data=data(jour=tomorrow), cle_idempotence=uuid.uuid4())


def test_what_is_returned_is_what_is_kept(world: World) -> None:
    actor = world.actor("conseiller")
    asked = data(world.mission.pk, demandes=(2, 1, 2), precisions="Veut un CAP", age="moins_26")
    fiche, _ = record_fiche(by=actor, data=asked, cle_idempotence=uuid.uuid4())
    stored = FicheContact.objects.visible_to(actor).get(pk=fiche.pk)
    for field in FicheContact._meta.concrete_fields:
        assert getattr(fiche, field.attname) == getattr(stored, field.attname), field.name
    assert [d.site_id for d in stored.destinations.all()] == [world.mission.pk]


def test_a_code_already_taken_is_drawn_again(world: World) -> None:
    actor = world.actor("conseiller")
    one, two = uuid.uuid4(), uuid.uuid4()
    taken = codes.derive(b"k", one, 0)
    real = codes.derive

    def collide(key: bytes, fiche_uuid: uuid.UUID, nonce: int) -> str:
        return taken if nonce == 0 else real(key, two, nonce)

    with mock.patch.object(codes, "derive", collide):
        for _ in range(2):
            record_fiche(by=actor, data=data(world.mission.pk), cle_idempotence=uuid.uuid4())
    assert sorted(CodeRetour.objects.visible_to(actor).values_list("nonce", flat=True)) == [0, 1]


def test_the_number_of_a_lost_race_is_given_back(world: World) -> None:
    """The fiche of the same key appears between the look and the write: no number is lost."""
    actor, key = world.actor("conseiller"), uuid.uuid4()
    first, _ = record_fiche(by=actor, data=data(), cle_idempotence=key)
    blind = saving._SAVE.replace("f.cle_idempotence = %(key)s::uuid", "false AND %(key)s::uuid IS NULL")
    assert blind != saving._SAVE
    with mock.patch.object(saving, "_SAVE", blind):
        again, new = record_fiche(by=actor, data=data(), cle_idempotence=key)
    following, _ = record_fiche(by=actor, data=data(), cle_idempotence=uuid.uuid4())
    assert (again.pk, new) == (first.pk, False)
    assert int(following.reference[-6:]) == int(first.reference[-6:]) + 1
