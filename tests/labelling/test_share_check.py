"""The nightly check of the 50 % rule: a fall is told once, a return closes it, no label ever changes."""

import datetime
from collections.abc import Callable

import pytest

from labelling.models import Labellisation, LabelShareCheck
from labelling.services import share_check
from labelling.services.label_standing import label_standings
from labelling.services.todo import todo
from labelling.tasks import check_shares
from spo_portal.celery import app
from spo_portal.kernel import outbox
from territories import hours
from territories.models import Site
from territories.services import standing
from territories.services.hours import Rows, write_week
from tests.factories import World, acting_as_role, make_site, open_week, system
from tests.labelling.mails import drain

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 6, 24)
UNDER = 'Mo 09:00-12:00; Tu-We 09:00-12:00 "sur rendez-vous"'


def label(site: Site, status: str = "labellise") -> None:
    Labellisation.objects.create(
        region_id=site.region_id, territory_id=site.territory_id, site=site, status=status,
        starts_on="2025-01-01", ends_on="2029-12-31", source="arrêté",
    )  # fmt: skip


def set_week(site: Site, line: str) -> None:
    with system():
        write_week(Site.objects.for_system().get(pk=site.pk), hours.parse_osm(line), rows=Rows())


def night(day: datetime.date = DAY) -> dict[str, int]:
    with acting_as_role("spo_worker"):
        return share_check.run(today=day)


def rows() -> dict[str, LabelShareCheck]:
    with system():
        found = LabelShareCheck.objects.for_system().select_related("site", "reseau", "territory")
        return {share_check.name_of(row): row for row in found}


@pytest.fixture
def labelled(world: World) -> World:
    with system():
        label(world.cio)
    return world


def sent() -> list[str]:
    return sorted(message.to[0] for message in drain())


def test_a_fall_is_told_once_to_those_who_can_act(labelled: World) -> None:
    people = sorted(labelled.users[key].email for key in ("referent", "coordinateur"))
    assert night() == {"checked": 2, "fallen": 0, "closed": 0, "told": 0}
    assert sent() == []
    set_week(labelled.cio, UNDER)
    assert night() == {"checked": 2, "fallen": 2, "closed": 0, "told": 2}
    assert sent() == people
    assert night() == {"checked": 2, "fallen": 0, "closed": 0, "told": 0}
    assert night(DAY + datetime.timedelta(days=1))["fallen"] == 0
    assert sent() == []
    row = rows()[labelled.cio.name]
    assert (row.walk_in_minutes, row.opening_minutes, row.fell_on) == (180, 540, DAY)
    with system():
        assert Labellisation.objects.for_system().get(site=labelled.cio).ends_on.year == 2029


def test_a_return_closes_the_alert_and_a_new_fall_is_told_again(labelled: World) -> None:
    set_week(labelled.cio, UNDER)
    night()
    set_week(labelled.cio, "Mo-Fr 09:00-12:00")
    assert night()["closed"] == 2
    assert {row.alerted_at for row in rows().values()} == {None}
    assert sent() == [], "what is back above 50 % is no longer told"
    set_week(labelled.cio, UNDER)
    assert night()["told"] == 2
    assert len(sent()) == 2


def test_the_mail_names_the_share_and_the_screen_keeps_it(labelled: World) -> None:
    set_week(labelled.cio, UNDER)
    night()
    message = drain()[0]
    text = message.body.replace("\u202f", " ")
    assert f"{labelled.cio.name} : 33,3 % sans rendez-vous" in text
    assert message.subject == "Sous 50 % sans rendez-vous : 2 alertes"
    for key, count in (("referent", 1), ("coordinateur", 2), ("conseiller", 0)):
        actor = labelled.actor(key)
        with system():
            items = [item for item in todo(by=actor) if item.group == "Règle des 50 %"]
        assert len(items) == count, key
    assert "33,3\u202f%" in items[0].what if items else True


def test_the_season_that_comes_is_what_counts(labelled: World) -> None:
    set_week(labelled.cio, 'Mo-Fr 09:00-12:00; Jul 01-Aug 31 Mo-Fr 09:00-12:00 "sur rendez-vous"')
    assert night(datetime.date(2026, 6, 20))["fallen"] == 0
    # From Monday 29 June two days are ordinary, three of the season: 40 %.
    assert night(datetime.date(2026, 6, 29))["fallen"] == 2
    assert night(datetime.date(2026, 9, 1))["closed"] == 2


def test_a_network_falls_with_its_other_places_and_a_closed_week_is_not_judged(labelled: World) -> None:
    with system():
        other = make_site(labelled.lille, "CIO voisin", labelled.reseaux["CIO"])
        open_week(other, walk_in=False, start=480, end=1140)
    assert night()["fallen"] == 1
    network = rows()[f"réseau {labelled.reseaux['CIO'].short_name}, {labelled.lille.name}"]
    assert network.fell_on == DAY
    assert rows()[labelled.cio.name].fell_on is None
    set_week(other, "")
    set_week(labelled.cio, "Mo-Fr 09:00-12:00; Jun 20-Jul 31 off")
    assert night()["checked"] == 0
    assert len(rows()) == 2, "nothing new is known: what was said stays"


def test_a_place_that_loses_its_label_is_followed_no_more(labelled: World) -> None:
    with system():
        label(labelled.mission, "associe")
    set_week(labelled.cio, UNDER)
    night()
    assert labelled.mission.name not in rows()
    with system():
        Labellisation.objects.for_system().filter(site=labelled.cio).update(ends_on="2026-06-23")
    assert night()["closed"] == 2
    assert rows() == {}
    assert sent() == []


def test_what_an_account_that_left_would_read_is_not_sent(labelled: World) -> None:
    set_week(labelled.cio, UNDER)
    night()
    with system():
        labelled.users["referent"].is_active = False
        labelled.users["referent"].save()
    assert sent() == [labelled.users["coordinateur"].email]
    with system():
        outbox.emit(share_check.FALLEN, tenant_id=None, payload={"user": "x"})
        outbox.emit(
            share_check.FALLEN,
            tenant_id=None,
            payload={"user": labelled.users["conseiller"].pk, "checks": []},
        )
    assert sent() == []


def test_the_task_is_scheduled_and_runs(labelled: World) -> None:
    assert app.conf.beat_schedule["walk-in-shares"]["task"] == check_shares.name
    with acting_as_role("spo_worker"):
        assert check_shares()["checked"] == 2


def test_labels_are_told_to_the_app_below(labelled: World) -> None:
    with system():
        label(labelled.mission, "associe")
    by = labelled.actor("referent")
    with system():
        words = standing.standings(by=by, sites=[labelled.cio.pk, labelled.mission.pk], day=DAY)
    assert dict(words) == {labelled.cio.pk: "labellisé", labelled.mission.pk: "partenaire associé"}
    assert label_standings in standing._providers


def test_coming_minutes_follow_each_day(world: World) -> None:
    week: Callable[[str], hours.Week] = hours.parse_osm
    assert hours.coming_minutes(week("Mo-Su 09:00-10:00; Jul 01-Aug 31 off"), datetime.date(2026, 6, 28)) == (
        180,
        180,
    )
    assert hours.coming_minutes(week('Mo 09:00-10:00; Mo 10:00-11:00 "sur rendez-vous"; PH off'), DAY) == (
        0,
        60,
    )
