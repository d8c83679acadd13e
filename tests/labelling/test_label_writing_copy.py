"""A renewal and a modification start from what was granted (domain § 6)."""

import pytest
from django.db import connection
from django.utils import timezone

from labelling.enums_label import DossierKind, PlaceOutcome, PlaceProposal
from labelling.models import LabelAttachment, LabelDossier, LabelPlace, LabelSection
from labelling.services.label import attachments, withdrawal
from labelling.services.label.changes import changes_of
from labelling.services.label.material import material_of
from labelling.services.label.opening import open_dossier
from labelling.services.label.places import Wish, propose
from spo_portal.kernel.errors import Refused
from territories.models import Site
from tests.factories import World, acting_as_role, system
from tests.labelling.ami_after import photo
from tests.labelling.label_acts import age_withdrawal, prefect, started
from tests.labelling.label_world import coordinator, make_dossier, make_places, ready_dossier, send


def granted(world: World) -> LabelDossier:
    """A dossier of Lille granted: the CIO labelled, the mission locale refused, written straight."""
    dossier = ready_dossier(world.lille)
    with coordinator(world.lille) as by:
        attachments.add_file(by=by, dossier=dossier, title="Carte", name="carte.png", content=photo("red"))
    send(dossier)
    with acting_as_role("spo_owner"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SELECT set_config('app.system', '1', true)")
        for table in ("labeldossier", "labelplace"):
            cursor.execute(f"ALTER TABLE labelling_{table} DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE labelling_labeldossier SET state = 'accorde', complete_at = now(),"
            " transmitted_at = now(), avis_at = now(), decided_at = now(),"
            " submitted_at = least(submitted_at, now()) WHERE id = %s",
            [dossier.pk],
        )
        cursor.execute(
            "UPDATE labelling_labelplace SET outcome = CASE WHEN site_id = %s THEN %s ELSE %s END,"
            " outcome_reason = 'Les horaires ne suffisent pas.' WHERE dossier_id = %s",
            [world.cio.pk, PlaceOutcome.LABELLISE, PlaceOutcome.REFUSE, dossier.pk],
        )
        for table in ("labeldossier", "labelplace"):
            cursor.execute(f"ALTER TABLE labelling_{table} ENABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SELECT set_config('app.system', '', true)")
    return dossier


def test_a_renewal_does_not_ask_again_for_a_label_withdrawn_since(world: World) -> None:
    granted(world)
    row = started(world, world.cio)
    age_withdrawal(row, started=31)
    with prefect(world) as by:
        row = withdrawal.ask_avis(by=by, row=row)
        row = withdrawal.record_avis(by=by, row=row, sense="favorable", text="Vu.")
        withdrawal.settle(
            by=by, row=row, key="retirer", reasons="Motif.", number="A-9", ends_on=timezone.localdate()
        )
    made = make_dossier(world.lille, DossierKind.RENOUVELLEMENT)
    with system():
        place = LabelPlace.objects.for_system().get(dossier=made, site=world.cio)
    assert place.proposal == PlaceProposal.ECARTE


def test_a_renewal_takes_everything_with_it(world: World) -> None:
    source = granted(world)
    made = make_dossier(world.lille, DossierKind.RENOUVELLEMENT)
    assert made.parent_id == source.pk
    with system():
        texts = LabelSection.objects.for_system().filter(dossier=made)
        assert {one.key: one.text for one in texts} == {
            one.key: one.text for one in LabelSection.objects.for_system().filter(dossier=source)
        }
        places = {one.site_id: one for one in LabelPlace.objects.for_system().filter(dossier=made)}
        file = LabelAttachment.objects.for_system().get(dossier=made)
        kept = LabelAttachment.objects.for_system().get(dossier=source)
    assert places[world.cio.pk].proposal == PlaceProposal.LABEL
    refused = places[world.mission.pk]
    assert (refused.proposal, refused.motive) == (PlaceProposal.ASSOCIE, "lieu_non_eligible")
    assert refused.note == "Les horaires ne suffisent pas."
    assert not refused.outcome
    assert not refused.eligibility
    assert (file.sha256, file.title) == (kept.sha256, "Carte")


def test_a_first_request_is_refused_after_a_label(world: World) -> None:
    granted(world)
    with coordinator(world.lille) as by, pytest.raises(Refused, match="renouvellement"):
        open_dossier(by=by, territory=world.lille)


def test_the_dossier_of_another_territory_is_no_parent(world: World) -> None:
    source = granted(world)
    with coordinator(world.douai) as by, pytest.raises(Refused, match="première demande"):
        open_dossier(by=by, territory=world.douai, kind=DossierKind.RENOUVELLEMENT, parent=source)


def test_a_modification_says_who_enters_leaves_and_moves(world: World) -> None:
    granted(world)
    made = make_dossier(world.lille, DossierKind.MODIFICATION, purpose="Le CIO déménage, un lieu ouvre.")
    (new,) = make_places(world.lille, 1)
    with system():
        Site.objects.for_system().filter(pk=world.cio.pk).update(address="9 rue du Modèle")
    with coordinator(world.lille) as by:
        propose(by=by, dossier=made, site_id=new.pk, wish=Wish("label"), seen=0)
        found = changes_of(by=by, dossier=made, ground=material_of(by=by, dossier=made).ground)
        assert {(one.site.pk, one.kind) for one in found} == {(world.cio.pk, "demenage"), (new.pk, "entre")}
        propose(by=by, dossier=made, site_id=world.cio.pk, wish=Wish("ecarte"), seen=1)
        found = changes_of(by=by, dossier=made, ground=material_of(by=by, dossier=made).ground)
    assert {(one.site.pk, one.kind) for one in found} == {(world.cio.pk, "sort"), (new.pk, "entre")}
