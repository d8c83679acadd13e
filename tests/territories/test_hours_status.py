"""What a visitor reads at a given moment: sentences, bank holidays, closures, clock changes, ribbon."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territories.hours import (
    Closure,
    OpenKind,
    Segment,
    Slot,
    Week,
    day_ribbon,
    french_holidays,
    holiday_name,
    is_open_at,
    parse_osm,
    sentence_week,
    status_at,
)
from territories.hours.words import days_fr
from tests.territories.hours_weeks import weeks

SPLIT = 'Mo-Th 08:30-12:30, Mo-Th 12:30-16:30 "sur rendez-vous"; Fr 09:00-12:00'

PARIS = ZoneInfo("Europe/Paris")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("line", "moment", "kind", "sentence"),
    [
        ("Mo-Fr 08:30-18:00", "2026-11-24T10:42", "walk_in", "Sans rendez-vous jusqu’à 18 h"),
        (SPLIT, "2026-11-24T10:42", "walk_in", "Sans rendez-vous jusqu’à 12 h 30"),
        (SPLIT, "2026-11-24T12:30", "appointment", "Sur rendez-vous jusqu’à 16 h 30"),
        ("Mo-Fr 14:00-17:00", "2026-11-24T10:42", "closed", "Ouvre à 14 h, sans rendez-vous"),
        (SPLIT, "2026-11-24T16:30", "closed", "Ouvre demain à 8 h 30, sans rendez-vous"),
        (SPLIT, "2026-11-27T12:00", "closed", "Fermé jusqu’à lundi 8 h 30"),
        ("", "2026-11-24T10:42", "closed", "Horaires non renseignés"),
        (
            'Mo 09:00-12:00 "sur rendez-vous"',
            "2026-11-22T09:00",
            "closed",
            "Ouvre demain à 9 h, sur rendez-vous",
        ),
        ("Mo 09:00-12:00", "2026-11-23T13:00", "closed", "Fermé jusqu’au lundi 30 novembre à 9 h"),
        ("Mo 09:00-12:00", "2026-12-28T13:00", "closed", "Fermé jusqu’au lundi 4 janvier 2027 à 9 h"),
        ("Mo-Fr 09:00-12:00,12:00-17:00", "2026-11-24T10:00", "walk_in", "Sans rendez-vous jusqu’à 17 h"),
        ("Mo-Su 00:00-24:00", "2026-11-24T23:59", "walk_in", "Sans rendez-vous jusqu’à 24 h"),
    ],
)
def test_the_sentence_is_the_one_of_the_screen(line: str, moment: str, kind: str, sentence: str) -> None:
    status = status_at(parse_osm(line), at(moment))
    assert (status.kind, plain(status.sentence)) == (kind, sentence)
    assert status.known == bool(line)


def test_a_bank_holiday_is_never_silent() -> None:
    week = parse_osm("Mo-Fr 09:00-12:00")
    suffix = " ; jour férié, appelez avant de vous déplacer"
    today = status_at(week, at("2026-11-11T10:00"))
    assert plain(today.sentence) == "Sans rendez-vous jusqu’à 12 h" + suffix
    assert (today.kind, today.holiday) == (OpenKind.WALK_IN, "armistice")
    eve = status_at(week, at("2026-11-10T15:00"))
    assert plain(eve.sentence) == "Ouvre demain à 9 h, sans rendez-vous" + suffix
    ordinary = status_at(week, at("2026-11-12T10:00"))
    assert (ordinary.holiday, plain(ordinary.sentence)) == ("", "Sans rendez-vous jusqu’à 12 h")
    assert status_at(week, at("2026-11-11T10:00"), holidays={}).holiday == ""


def test_a_site_may_say_it_closes_on_bank_holidays() -> None:
    status = status_at(parse_osm("Mo-Fr 09:00-12:00; PH off"), at("2026-11-11T10:00"))
    assert plain(status.sentence) == "Ouvre demain à 9 h, sans rendez-vous"


def test_an_exceptional_closure_closes_the_day_and_says_so() -> None:
    closure = Closure(date(2026, 12, 24), date(2026, 12, 31), "congés")
    week = Week(parse_osm("Mo-Fr 09:00-12:00").slots, (closure,))
    status = status_at(week, at("2026-12-24T10:00"))
    assert status.closure == closure
    assert plain(status.sentence).startswith(
        "Fermé exceptionnellement jusqu’au vendredi 1er janvier 2027 à 9 h"
    )
    assert status.holiday == "jour de l’an"
    now = at("2026-11-24T10:00")
    last = status_at(Week(week.slots, (Closure(now.date(), now.date()),)), now)
    assert plain(last.sentence) == "Fermé exceptionnellement, ouvre demain à 9 h, sans rendez-vous"
    ever = status_at(Week(week.slots, (Closure(date(2026, 1, 1), date(2036, 1, 1)),)), now)
    assert (ever.sentence, ever.until, ever.next_walk_in) == ("Fermé exceptionnellement", None, None)


def test_the_next_walk_in_slot_is_told_beside_an_appointment() -> None:
    status = status_at(parse_osm(SPLIT), at("2026-11-24T13:00"))
    assert status.is_open
    assert status.until == at("2026-11-24T16:30")
    assert status.next_walk_in == at("2026-11-25T08:30")
    assert (
        status_at(parse_osm('Mo 09:00-12:00 "sur rendez-vous"'), at("2026-11-24T13:00")).next_walk_in is None
    )


def test_a_moment_elsewhere_is_read_in_paris() -> None:
    week = parse_osm("Mo-Fr 09:00-12:00")
    assert is_open_at(week, datetime(2026, 11, 24, 8, 0, tzinfo=UTC))
    assert not is_open_at(week, datetime(2026, 7, 21, 10, 0, tzinfo=UTC))
    with pytest.raises(ValueError, match="aware"):
        is_open_at(week, datetime(2026, 11, 24, 9, 0))  # noqa: DTZ001


def test_walk_in_only_leaves_appointments_out() -> None:
    week, moment = parse_osm(SPLIT), at("2026-11-24T13:00")
    assert is_open_at(week, moment)
    assert not is_open_at(week, moment, walk_in_only=True)


CLOCK_CHANGES = st.sampled_from(
    [datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)]
)
MOMENTS = st.builds(
    lambda start, minutes: start + timedelta(minutes=minutes), CLOCK_CHANGES, st.integers(0, 30 * 60)
) | st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(weeks(), MOMENTS)
def test_the_state_always_ends_later_and_agrees_with_is_open(week: Week, now: datetime) -> None:
    status = status_at(week, now)
    assert status.is_open == is_open_at(week, now)
    assert (status.kind is OpenKind.WALK_IN) == is_open_at(week, now, walk_in_only=True)
    for moment in (status.until, status.next_walk_in):
        assert moment is None or moment > now
    assert status.sentence


@pytest.mark.parametrize(
    ("now", "open_"),
    [
        ("2026-03-29T00:30+00:00", False),  # 1 h 30, winter time
        ("2026-03-29T01:00+00:00", True),  # 3 h: 2 h never was
        ("2026-10-25T00:30+00:00", True),  # 2 h 30, summer time
        ("2026-10-25T01:30+00:00", True),  # 2 h 30 again, winter time
        ("2026-10-25T03:00+00:00", False),  # 4 h
    ],
)
def test_the_days_clocks_change(now: str, open_: bool) -> None:
    week = Week((Slot(6, 120, 240, True),))
    status = status_at(week, datetime.fromisoformat(now))
    assert status.is_open is open_
    if open_:
        assert status.until is not None
        assert status.until.astimezone(PARIS).hour == 4


@given(weeks(), st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.integers(0, 1439))
def test_the_ribbon_stays_inside_its_bounds(week: Week, day: date, minute: int) -> None:
    now = datetime(day.year, day.month, day.day, *divmod(minute, 60), tzinfo=PARIS)
    ribbon = day_ribbon(week, day, now)
    edge = 0.0
    for segment in ribbon.segments:
        assert segment.width > 0
        assert edge - 0.11 <= segment.x <= segment.x + segment.width <= 220.1
        edge = segment.x + segment.width
    assert sum(segment.kind == "live" for segment in ribbon.segments) <= 1
    assert ribbon.now_x is None or 0 <= ribbon.now_x <= 220
    assert ribbon.words


def test_the_ribbon_is_the_one_of_the_directory() -> None:
    day, week = date(2026, 11, 24), parse_osm(SPLIT)
    ribbon = day_ribbon(week, day, at("2026-11-24T10:42"))
    assert ribbon.segments == (Segment(10.0, 80.0, "live"), Segment(90.0, 80.0, "appt"))
    assert ribbon.now_x == 54.0
    assert day_ribbon(week, day).segments[0].kind == "walk"
    assert day_ribbon(week, day, at("2026-11-25T10:42")).now_x is None
    assert day_ribbon(week, date(2026, 11, 28)).words == "fermé"
    assert day_ribbon(Week(), day).words == "horaires non renseignés"


def test_the_week_in_plain_french() -> None:
    line = 'Mo-Th 09:00-12:00, Mo-Th 13:30-17:00 "sur rendez-vous"; Fr 09:00-12:00,14:00-16:00'
    assert plain(sentence_week(parse_osm(line))) == (
        "du lundi au jeudi de 9 h à 12 h, sans rendez-vous, de 13 h 30 à 17 h, sur rendez-vous ; "
        "le vendredi de 9 h à 12 h et de 14 h à 16 h, sans rendez-vous"
    )
    assert sentence_week(Week()) == "horaires non renseignés"
    assert days_fr([0, 2, 3, 4]) == "le lundi et du mercredi au vendredi"
    assert days_fr(range(7)) == "tous les jours"


@pytest.mark.parametrize(
    ("year", "day"),
    [
        (2024, "2024-03-31"),
        (2025, "2025-04-20"),
        (2026, "2026-04-05"),
        (2027, "2027-03-28"),
        (2038, "2038-04-25"),
    ],
)
def test_the_days_that_follow_easter(year: int, day: str) -> None:
    easter = date.fromisoformat(day)
    for after, name in ((1, "lundi de Pâques"), (39, "Ascension"), (50, "lundi de Pentecôte")):
        assert holiday_name(easter + timedelta(days=after)) == name


def test_the_eleven_bank_holidays_of_2026() -> None:
    assert [day.strftime("%d/%m") for day in french_holidays(2026)] == (
        ["01/01", "06/04", "01/05", "08/05", "14/05", "25/05", "14/07", "15/08", "01/11", "11/11", "25/12"]
    )
    assert list(french_holidays(2026).values())[:2] == ["jour de l’an", "lundi de Pâques"]
    assert holiday_name(date(2026, 4, 7)) == ""


@given(st.integers(2008, 2100))
def test_a_year_has_its_eleven_bank_holidays(year: int) -> None:
    days = french_holidays(year)
    assert len(days) in (10, 11)  # Ascension may fall on 1 or 8 May
    assert sum(day.weekday() == 0 and name.startswith("lundi") for day, name in days.items()) == 2
