"""A dossier leaves with a convention that bears the organisation of every place proposed (domain § 6)."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from labelling.enums_label import DossierState, LabelPart
from labelling.models import Convention, LabelComplement, LabelDossier, LabelPlace
from labelling.services.completeness import Gap
from labelling.services.convention import opening, parties
from labelling.services.label import answering, complements
from labelling.services.label.completeness import OUTSIDE, completeness_of
from labelling.services.label.material import material_of
from labelling.services.label.places import Wish, propose, propose_all
from labelling.services.label.submission import submit
from spo_portal.kernel.errors import Refused
from territories.models import Organisation
from tests.conftest import LoginAs
from tests.factories import World, make_site, system
from tests.labelling.label_acts import prefect
from tests.labelling.label_world import (
    complete_place,
    coordinator,
    fill_texts,
    make_dossier,
    make_places,
    ready_dossier,
    send,
    sign_with,
    signed_convention,
    submitted,
)
from tests.labelling.test_label_writing_copy import granted


def outside(dossier: LabelDossier) -> list[Gap]:
    """What the dossier says of organisations that are no party."""
    with coordinator(dossier.territory) as by:
        found = completeness_of(material_of(by=by, dossier=dossier))
    assert all(gap.blocking for gap in found.gaps if gap.anchor == OUTSIDE)
    return [gap for gap in found.missing if gap.anchor == OUTSIDE]


@pytest.fixture
def half(world: World) -> LabelDossier:
    """A dossier of Lille complete, but for its convention: the CIO's organisation alone has signed."""
    with system():
        sign_with(world.lille, [world.cio.organisation])
    dossier = make_dossier(world.lille)
    for site in (world.cio, world.mission):
        complete_place(site)
    fill_texts(dossier)
    with coordinator(world.lille) as by:
        propose_all(by=by, dossier=dossier)
    return dossier


def test_a_dossier_does_not_leave_without_the_organisation_of_a_place(
    world: World, half: LabelDossier
) -> None:
    [gap] = outside(half)
    with system():
        name = Organisation.objects.get(pk=world.mission.organisation_id).name
    assert gap.text == (
        f"1\u00a0organisation dont un lieu est proposé n’est pas dans la convention : {name}."
        " Ajoutez-la par un avenant."
    )
    with coordinator(world.lille) as by, pytest.raises(Refused, match="1\u00a0point à compléter"):
        submit(by=by, dossier=half)
    with system():
        assert LabelDossier.objects.filter(pk=half.pk).get().state == DossierState.BROUILLON
    signed_convention(world.lille)
    assert outside(half) == []
    assert send(half).state == DossierState.DEPOSE


def test_the_page_names_them_all_and_leads_to_the_convention(
    world: World, half: LabelDossier, login: LoginAs
) -> None:
    make_places(world.lille, 7)
    with coordinator(world.lille) as by:
        propose_all(by=by, dossier=half)
        absent = material_of(by=by, dossier=half).absent
    assert len(absent) == 8
    [gap] = outside(half)
    assert "et 4 autres" in gap.text
    client = login(world.users["coordinateur"])
    page = client.get(reverse("label_deposer", args=[half.pk])).content.decode()
    mend = reverse("label_partie", args=[half.pk, LabelPart.PIECES])
    assert f'href="{mend}#{OUTSIDE}"' in page
    assert "Déposer auprès du préfet" not in page
    box = client.get(mend).content.decode().split(f'id="{OUTSIDE}"')[1].split("</section>")[0]
    assert all(f"<li>{name}</li>" in box for name in absent.values())
    with system():
        signed = Convention.objects.get(territory=world.lille)
    assert f'href="{reverse("convention", args=[signed.pk])}"' in box
    assert client.post(reverse("label_deposer", args=[half.pk]), {"certifie": "oui"}).status_code == 422


def test_what_must_be_done_follows_the_convention(world: World, half: LabelDossier) -> None:
    """An avenant under way is said, with those it adds; before any signature the parties are still free."""
    with coordinator(world.lille) as by:
        signed = Convention.objects.visible_to(by).get(territory=world.lille)
        amendment = opening.open_amendment(by=by, convention=signed)
    assert outside(half)[0].text.endswith("Ajoutez-la à l’avenant en cours.")
    with coordinator(world.lille) as by:
        body = Organisation.objects.visible_to(by).get(pk=world.mission.organisation_id)
        parties.add_parties(by=by, convention=amendment, organisations=[body])
    assert outside(half)[0].text.endswith("L’avenant en cours l’ajoute, lorsqu’il sera signé par tous.")


def test_before_the_signature_the_parties_are_to_be_completed(world: World) -> None:
    dossier = make_dossier(world.lille)
    complete_place(world.cio)
    with coordinator(world.lille) as by:
        propose(by=by, dossier=dossier, site_id=world.cio.pk, wish=Wish("label"), seen=0)
    assert outside(dossier) == []
    with coordinator(world.lille) as by:
        opening.open_convention(by=by, territory=world.lille)
    assert outside(dossier)[0].text.endswith("Ajoutez-la à ses parties.")


def test_a_partner_or_a_training_body_need_not_sign(world: World, half: LabelDossier) -> None:
    """Only those that commit themselves to receive anybody are parties (GUIDE, « Labellisation »)."""
    with coordinator(world.lille) as by:
        row = LabelPlace.objects.visible_to(by).get(dossier=half, site=world.mission)
        wish = Wish("associe", direction="destinataire", note="Elle ne tient plus de permanence.")
        propose(by=by, dossier=half, site_id=world.mission.pk, wish=wish, seen=row.version)
    assert outside(half) == []


def test_a_place_that_opens_brings_its_organisation_by_an_avenant(world: World) -> None:
    granted(world)
    (new,) = make_places(world.lille, 1)
    with system():
        name = Organisation.objects.get(pk=new.organisation_id).name
    dossier = make_dossier(world.lille, "modification", purpose="Un lieu ouvre à Lille.")
    with coordinator(world.lille) as by:
        propose(by=by, dossier=dossier, site_id=new.pk, wish=Wish("label"), seen=0)
    assert name in outside(dossier)[0].text
    with coordinator(world.lille) as by, pytest.raises(Refused):
        submit(by=by, dossier=dossier)
    amendment = signed_convention(world.lille)
    assert amendment.kind == "avenant"
    sent = send(dossier)
    assert (sent.state, sent.convention_id) == (DossierState.DEPOSE, amendment.pk)


def test_a_place_added_by_a_complement_brings_its_organisation_too(world: World) -> None:
    dossier = submitted(world.lille)
    today = timezone.localdate()
    with prefect(world) as by:
        complements.ask(
            by=by,
            dossier=dossier,
            parts=["lieux"],
            day=today + datetime.timedelta(20),
            text="Ajoutez le lieu.",
        )
    with system():
        new = make_site(world.lille, "Lieu ajouté", world.reseaux["CIO"])
    complete_place(new)
    with coordinator(world.lille) as by:
        propose(by=by, dossier=dossier, site_id=new.pk, wish=Wish("label"), seen=0)
        material = material_of(by=by, dossier=dossier)
        [gap] = answering.gaps_of(material, LabelComplement.objects.visible_to(by).get(dossier=dossier))
        assert gap.text.endswith("de rouvrir aussi les pièces, pour qu’un avenant la remplace.")
        with pytest.raises(Refused, match="1\u00a0point à compléter"):
            answering.answer(by=by, dossier=dossier, text="Le lieu est ajouté.")


def test_the_same_place_of_a_party_needs_nothing_more(world: World) -> None:
    """Two places of one organisation: it signs once."""
    dossier = ready_dossier(world.lille)
    with system():
        again = make_site(world.lille, "Antenne", world.reseaux["CIO"], organisation=world.cio.organisation)
    complete_place(again)
    with coordinator(world.lille) as by:
        propose(by=by, dossier=dossier, site_id=again.pk, wish=Wish("label"), seen=0)
    assert outside(dossier) == []
