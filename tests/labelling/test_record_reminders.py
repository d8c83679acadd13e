"""Every six months, one mail with a personal link; reading changes nothing; « À faire » tells the same."""

import datetime
import re

import pytest
from django.utils import timezone

from labelling.models import AmiReminder
from labelling.services import record_reminders, todo
from spo_portal.kernel.tenancy.scope import NOBODY, scoped
from territories.models import Membership, Site
from tests.conftest import LoginAs
from tests.factories import World, acting_as_role, system
from tests.labelling.mails import drain, stuck

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture
def today(world: World) -> datetime.date:
    """Every place was confirmed yesterday, but the CIO and the Mission locale of Lille: seven months ago."""
    today = timezone.localdate()
    with system():
        Site.objects.all().update(confirmed_on=today - DAY)
        old = Site.objects.filter(pk__in=[world.cio.pk, world.mission.pk])
        old.update(confirmed_on=today - 215 * DAY)
    return today


def run(today: datetime.date) -> int:
    with scoped(NOBODY), acting_as_role("spo_worker"):
        return record_reminders.run(today=today)["records_asked"]


def test_each_keeper_is_asked_once_a_period(world: World, today: datetime.date) -> None:
    assert run(today) == 2
    mails = {mail.to[0]: mail for mail in drain()}
    assert set(mails) == {world.users["referent"].email, world.users["referent_mission"].email}
    assert mails[world.users["referent"].email].subject == "La fiche de « CIO de Lille » est-elle à jour ?"
    assert stuck() == []
    assert run(today) == run(today + 30 * DAY) == 0
    assert run(today + 180 * DAY) > 0


def test_the_link_of_the_mail_opens_the_button(world: World, login: LoginAs, today: datetime.date) -> None:
    run(today)
    mail = next(m for m in drain() if m.to == [world.users["referent"].email])
    path = re.search(r"https?://[^/\s]+(/annuaire/confirmer/\S+)", str(mail.body))
    assert path is not None
    client = login(world.users["referent"])
    assert "Tout est à jour" in client.get(path[1]).text
    with system():
        assert Site.objects.get(pk=world.cio.pk).confirmed_on == today - 215 * DAY
    assert login(world.users["referent_mission"]).get(path[1]).status_code == 404
    client.post(f"/annuaire/{world.cio.pk}/confirmer/")
    with system():
        assert Site.objects.get(pk=world.cio.pk).confirmed_on == today


def test_without_a_referent_the_coordinator_is_asked(world: World, today: datetime.date) -> None:
    with system():
        Membership.objects.filter(role="referent").update(ends_on=today - DAY, starts_on=today - 9 * DAY)
    assert run(today) == 2
    [mail] = drain()
    assert mail.to == [world.users["coordinateur"].email]
    assert "Les fiches de 2 lieux" in mail.subject
    assert "CIO de Lille" in mail.body
    assert "Mission locale de Lille" in mail.body


def test_what_was_confirmed_or_closed_meanwhile_is_not_asked(world: World, today: datetime.date) -> None:
    run(today)
    with system():
        Site.objects.filter(pk=world.cio.pk).update(confirmed_on=today)
        Site.objects.filter(pk=world.mission.pk).update(active=False)
    assert drain() == []
    assert stuck() == []


def test_a_record_never_confirmed_counts_from_its_last_change(world: World, today: datetime.date) -> None:
    with system():
        Site.objects.all().update(confirmed_on=None, changed_at=timezone.now())
    assert run(today) == 0
    later = run(today + 200 * DAY)
    assert later > 0
    with system():
        assert set(AmiReminder.objects.for_system().values_list("days", flat=True)) == {0}


def test_a_period_starts_every_six_months() -> None:
    site = Site(confirmed_on=datetime.date(2025, 8, 31))
    found = [
        record_reminders.period(site, datetime.date(2026, *day))
        for day in ((2, 27), (2, 28), (8, 30), (8, 31))
    ]
    first, second = datetime.date(2026, 2, 28), datetime.date(2026, 8, 31)
    assert found == [None, first, first, second]


def items(world: World, key: str) -> list[todo.Item]:
    return [item for item in todo.todo(by=world.actor(key)) if item.group == "Fiches des lieux"]


def test_what_is_to_do_says_it_too(world: World, login: LoginAs, today: datetime.date) -> None:
    [mine] = items(world, "referent")
    assert (mine.about, mine.late) == ("CIO de Lille", True)
    assert [item.what for item in items(world, "coordinateur")] == [
        "Faire confirmer 2\u00a0fiches", "Vérifier 2\u00a0fiches",
    ]  # fmt: skip
    assert items(world, "conseiller") == items(world, "animation") == []
    page = login(world.users["referent"]).get("/ami/a-faire/")
    assert "Confirmer que la fiche du lieu est à jour" in page.text
    with system():
        Site.objects.all().update(confirmed_on=today, checked_on=today + DAY)
    assert items(world, "referent") == items(world, "coordinateur") == []
