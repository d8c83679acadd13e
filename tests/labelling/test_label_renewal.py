"""Renewal and reminders of the label: told three months before, once; a label not renewed ends by itself."""

import datetime

import pytest
from django.core import mail
from django.utils import timezone

from labelling.models import LabelDossier, Labellisation
from labelling.services import reminders, todo
from labelling.services.label import decision, renewal
from labelling.services.label.effects import Outcome
from spo_portal.kernel import outbox
from tests.factories import World, acting_as_role, system
from tests.labelling import label_world
from tests.labelling.label_acts import age, prefect, transmitted, with_avis

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj<</Type/Page>>endobj\nstartxref\n9\n%%EOF\n"


def granted(world: World, ends_on: datetime.date) -> LabelDossier:
    """A label granted by the procedure, whose last day is then moved."""
    dossier = with_avis(world, label_world.submitted(world.lille))
    today = timezone.localdate()
    with prefect(world) as by:
        outcomes = {row.pk: Outcome("labellise") for row in decision.places_of(by, dossier)}
        act = decision.Act(
            granted=True, number="A-1", decided_on=today, starts_on=today, outcomes=outcomes,
            ends_on=today.replace(year=today.year + 4), file_name="acte.pdf", content=PDF,
        )  # fmt: skip
        decision.decide(by=by, dossier=dossier, act=act)
    with system():
        Labellisation.objects.update(starts_on=today - datetime.timedelta(1500), ends_on=ends_on)
    return dossier


def todos(world: World) -> list[str]:
    with label_world.coordinator(world.lille) as by:
        return [item.what for item in todo.todo(by=by) if item.group == "Labels"]


def drained() -> list[str]:
    mail.outbox.clear()
    with acting_as_role("spo_worker"):
        while outbox.drain():
            pass
    return sorted(f"{one.to[0]} {one.subject}" for one in mail.outbox)


def run(today: datetime.date | None = None) -> None:
    with acting_as_role("spo_worker"):
        reminders.run(today=today)


def test_a_label_far_from_its_end_asks_for_nothing(world: World) -> None:
    granted(world, timezone.localdate() + datetime.timedelta(200))
    assert todos(world) == []


def test_three_months_before_the_coordinator_is_to_ask_again(world: World) -> None:
    dossier = granted(world, timezone.localdate() + datetime.timedelta(80))
    assert todos(world) == ["Demander le renouvellement du label"]
    label_world.make_dossier(world.lille, kind="renouvellement", parent=dossier)
    assert todos(world) == []


def test_a_label_not_renewed_ends_by_itself(world: World) -> None:
    granted(world, timezone.localdate() - datetime.timedelta(1))
    assert todos(world) == ["Demander de nouveau le label, expiré"]
    with prefect(world) as by:
        [one] = renewal.endings(by=by)
    assert one.expired(timezone.localdate())
    with system():
        assert not Labellisation.objects.in_force(timezone.localdate()).exists()


def test_the_reminder_of_a_renewal_is_sent_once(world: World) -> None:
    """Seven days before the three months: one mail, and no second one that morning or the next."""
    today = timezone.localdate()
    ends = today + datetime.timedelta(7 + 92)
    granted(world, ends)
    drained()
    assert 0 <= (renewal.renewal_from(ends) - today).days <= 15
    run()
    subject = [line for line in drained() if "renouvellement" in line]
    assert len(subject) == 1
    assert subject[0].startswith(world.users["coordinateur"].email)
    run()
    assert drained() == []


def test_the_prefecture_is_reminded_of_a_decision_and_not_while_the_clock_stands_still(world: World) -> None:
    dossier = with_avis(world, label_world.submitted(world.lille))
    age(dossier, avis=14)
    drained()
    run()
    told = [line for line in drained() if "Décider du label" in line]
    assert [line.split()[0] for line in told] == [world.users["prefecture"].email]


def test_the_animation_is_reminded_of_an_avis(world: World) -> None:
    dossier = transmitted(world, label_world.submitted(world.lille))
    age(dossier, transmitted=29)
    drained()
    run()
    told = [line for line in drained() if "Rendre l’avis" in line]
    assert [line.split()[0] for line in told] == [world.users["animation"].email]


def test_a_labelled_place_closed_asks_for_an_amendment(world: World) -> None:
    dossier = granted(world, timezone.localdate() + datetime.timedelta(900))
    with system():
        world.cio.active = False
        world.cio.save()
    assert todos(world) == ["Ouvrir une modification du label : un lieu labellisé est fermé"]
    label_world.make_dossier(world.lille, kind="modification", parent=dossier, purpose="Le CIO ferme.")
    assert todos(world) == []
