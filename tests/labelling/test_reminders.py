"""Reminders 15, 7 and 1 days before, once each, to those who must act; twice or late without harm."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from labelling.models import (
    AmiApplication,
    AmiAssignment,
    AmiComplement,
    AmiFollowUp,
    AmiQuestion,
    AmiReminder,
    AmiSession,
    AmiSessionMember,
)
from labelling.services import reminders
from labelling.services.reminders import in_days, term
from spo_portal.celery import app
from spo_portal.kernel.tenancy.scope import NOBODY, scoped
from territories import grants
from territories.models import Commission
from tests.factories import World, acting_as_role, system
from tests.labelling.ami_world import (
    Porteur,
    make_application,
    make_call,
    make_member,
    make_porteur,
    ready_application,
)
from tests.labelling.mails import drain, stuck

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture
def porteur(world: World) -> Porteur:
    return make_porteur(world.region)


def run(today: datetime.date) -> int:
    """The task of one morning, as the worker."""
    with scoped(NOBODY), acting_as_role("spo_worker"):
        return reminders.run(today=today)["reminded"]


def closing_in(world: World, porteur: Porteur, days: int) -> tuple[AmiApplication, datetime.date]:
    application = make_application(
        make_call(world.region, closes_in=datetime.timedelta(days=days)), world.lille, porteur
    )
    return application, timezone.localdate(application.call.closes_at)


def sent_count() -> int:
    with system():
        return AmiReminder.objects.for_system().count()


def test_a_draft_is_reminded_at_15_7_and_1_day_and_no_other(world: World, porteur: Porteur) -> None:
    _, closes = closing_in(world, porteur, 40)
    days = [n for n in range(40, -1, -1) if run(closes - n * DAY)]
    assert days == [15, 7, 1]
    assert sent_count() == 3


def test_twice_the_same_morning_sends_once(world: World, porteur: Porteur) -> None:
    application, closes = closing_in(world, porteur, 7)
    assert run(closes - 7 * DAY) == 1
    assert run(closes - 7 * DAY) == 0
    [message] = drain()
    assert message.to == [porteur.user.email]
    assert application.title in message.body
    assert f"/ami/dossiers/{application.pk}/" in message.body
    assert run(closes - 7 * DAY) == 0
    assert drain() == []
    assert stuck() == []


def test_a_morning_missed_is_made_up_for_once(world: World, porteur: Porteur) -> None:
    _, closes = closing_in(world, porteur, 40)
    assert [n for n in (16, 12, 11, 3, 2, 0) if run(closes - n * DAY)] == [12, 3, 0]


def test_a_file_opened_the_day_before_gets_one_reminder_only(world: World, porteur: Porteur) -> None:
    _, closes = closing_in(world, porteur, 2)
    assert [n for n in (1, 0) if run(closes - n * DAY)] == [1]
    assert sent_count() == 1


def test_what_was_submitted_meanwhile_is_not_spoken_of(world: World, porteur: Porteur) -> None:
    application, closes = closing_in(world, porteur, 7)
    assert run(closes - 7 * DAY) == 1
    from labelling.services.submission import withdraw

    with porteur.acting() as actor:
        withdraw(by=actor, application=application, reason="Le projet s’arrête.")
    assert not any("échéance" in m.body for m in drain())


def test_several_deadlines_make_one_mail(world: World, porteur: Porteur) -> None:
    _, closes = closing_in(world, porteur, 7)
    closing_in(world, porteur, 7)
    assert run(closes - 7 * DAY) == 2
    [message] = drain()
    assert "2 échéances" in message.subject


def test_writers_are_reminded_and_readers_are_not(world: World, porteur: Porteur) -> None:
    application, closes = closing_in(world, porteur, 7)
    with porteur.acting() as actor:
        for key, permission in (("charge_mission", "change"), ("conseiller", "view")):
            grants.share(
                by=actor, user=world.users[key], obj=application, permission=f"{permission}_amiapplication",
                until=timezone.now() + 30 * DAY,
            )  # fmt: skip
    run(closes - 7 * DAY)
    assert {m.to[0] for m in drain()} == {porteur.user.email, world.users["charge_mission"].email}


def test_a_deadline_put_off_is_reminded_again(world: World, porteur: Porteur) -> None:
    application, closes = closing_in(world, porteur, 20)
    assert run(closes - 7 * DAY) == 1
    from labelling.services.call_life import put_off
    from tests.labelling.ami_world import acting

    with acting(world.users["region"], world.memberships["region"]) as actor:
        put_off(
            by=actor,
            call=application.call,
            after=application.call.closes_at + 10 * DAY,
            reason="Congés d’été.",
        )
    assert run(closes - 6 * DAY) == 0
    assert run(closes + 3 * DAY) == 1


def test_a_scorer_the_region_and_nobody_else(world: World, porteur: Porteur) -> None:
    call = make_call(world.region, closes_in=9 * DAY)
    application = ready_application(call, world.lille, porteur)
    drain()
    now = timezone.now()
    with system():
        AmiQuestion.objects.create(
            call=call, region=world.region, text="Une question ?", asked_by_id=porteur.user.pk
        )
        AmiAssignment.objects.create(
            region=world.region, application=application, scorer=world.users["charge_mission"],
            scorer_label="Chargé", due_at=now + 7 * DAY, assigned_by_label="Région",
        )  # fmt: skip
    # Not declared recevable yet: nothing to note. The question waits for the Region.
    assert run(timezone.localdate(now)) == 1
    assert [m.to for m in drain()] == [[world.users["region"].email]]


def test_the_nearest_of_15_7_and_1_that_is_not_passed() -> None:
    assert [term(n) for n in (16, 15, 14, 8, 7, 6, 2, 1, 0, -1)] == [None, 15, 15, 15, 7, 7, 7, 1, 1, None]
    assert [in_days(n) for n in (0, 1, 7)] == ["aujourd’hui", "demain", "dans 7 jours"]


def test_beat_rings_every_morning_at_seven_in_paris() -> None:
    entry = app.conf.beat_schedule["ami-reminders"]
    assert entry["task"] == "labelling.remind"
    assert (entry["schedule"].hour, entry["schedule"].minute) == ({7}, {0})
    assert app.conf.timezone == "Europe/Paris"


def test_the_task_runs_as_the_worker(world: World, porteur: Porteur) -> None:
    from labelling.tasks import remind

    closing_in(world, porteur, 5)
    with scoped(NOBODY), acting_as_role("spo_worker"):
        assert remind()["reminded"] == 1
        assert remind()["reminded"] == 0


def test_complements_and_yearly_reports_are_asked_of_the_porteur(world: World, porteur: Porteur) -> None:
    application = ready_application(make_call(world.region), world.lille, porteur)
    drain()
    now = timezone.now()
    with system():
        AmiComplement.objects.create(
            application=application, parts=["services"], text="Précisez les horaires.",
            asked_by_label="Région", deadline=now + 7 * DAY,
        )  # fmt: skip
        AmiFollowUp.objects.create(
            application=application, year=2025, due_on=timezone.localdate(now) + 15 * DAY
        )
    assert run(timezone.localdate(now)) == 2
    [message] = drain()
    assert message.to == [porteur.user.email]
    for words in ("Compléter le dossier", "Remettre le bilan 2025", f"/ami/dossiers/{application.pk}/"):
        assert words in message.body
    with system():
        AmiComplement.objects.for_system().update(closed_at=now)
    assert run(timezone.localdate(now) + 6 * DAY) == 0


def test_members_convened_are_reminded_but_those_excused(world: World) -> None:
    call = make_call(world.region)
    with system():
        world.lille.refresh_from_db()
        commission = Commission.objects.for_region(world.region.pk).get(pk=world.lille.commission_id)
    coming, excused = make_member(commission)[0], make_member(commission)[0]
    now = timezone.now()
    with system():
        session = AmiSession.objects.create(
            region=world.region, commission=commission, call=call, starts_at=now + 7 * DAY, state="convoquee",
            convened_at=now, place="Hôtel de Région", created_by_label="Région",
        )  # fmt: skip
        for user, presence in ((coming, "convoque"), (excused, "excuse")):
            AmiSessionMember.objects.create(
                session=session, user=user, label=str(user), email=user.email, presence=presence
            )
    run(timezone.localdate(now))
    assert [m.to for m in drain()] == [[coming.email]]


@pytest.mark.parametrize(
    "page", ["ami_dossier", "ami_noter", "ami_suivi", "ami_convention", "ami_appel", "ami_seance"]
)
def test_every_link_of_a_reminder_leads_somewhere(page: str) -> None:
    assert reverse(page, args=[1]).startswith("/ami/")


def test_a_year_later_nothing_is_left_of_whom_was_reminded(world: World, porteur: Porteur) -> None:
    _, closes = closing_in(world, porteur, 7)
    run(closes - 7 * DAY)
    with system():
        AmiReminder.objects.for_system().update(sent_at=timezone.now() - 366 * DAY)
    run(closes + DAY)
    assert sent_count() == 0
