"""Seasons: yearly or dated, 29 February, the new year, the OpenStreetMap line and the words of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from territories.hours import (
    Closure,
    HoursError,
    Season,
    Slot,
    Week,
    YearDay,
    day_ribbon,
    is_open_at,
    parse_osm,
    sentence_calendar,
    sentences,
    slots_on,
    status_at,
    write_osm,
)
from tests.territories.hours_weeks import seasons, weeks

PARIS = ZoneInfo("Europe/Paris")
SUMMER = (YearDay(7, 1), YearDay(8, 31))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    "line",
    [
        "Mo-Fr 09:00-17:00; Jul 01-Aug 31 Mo-Fr 09:00-12:00",
        'Mo-Fr 09:00-17:00; Jul 01-Aug 31 Mo 09:00-12:00 "été"; Jul 01-Aug 31 Tu-Fr off',
        'Mo-Fr 09:00-17:00; Jul 01-Aug 31 Mo-Fr 09:00-12:00 "été", Jul 01-Aug 31 Mo-Fr 14:00-16:00 '
        '"été : sur rendez-vous"',
        'Mo-Fr 09:00-17:00; Aug 01-Aug 15 off "congés d’été"; PH off',
        "Mo-Fr 09:00-17:00; 2026 Jul 01-2026 Aug 31 Mo-Fr 10:00-12:00; 2026 Dec 24-2026 Dec 31 off",
        "Mo-Fr 09:00-17:00; Dec 20-Jan 05 Mo-Fr 10:00-12:00",
        "Mo-Fr 09:00-17:00; Feb 29 Mo-Fr 10:00-12:00",
        "Jul 01-Aug 31 Sa,Su 10:00-18:00",
    ],
)
def test_a_line_with_seasons_comes_back_as_it_was(line: str) -> None:
    assert write_osm(parse_osm(line)) == line


def test_a_rule_of_a_season_leaves_the_other_days_ordinary() -> None:
    week = parse_osm("Mo-Tu 09:00-12:00; Jul-Aug: Mo off, Jul-Aug Tu 14:00-16:00")
    assert week.seasons == (Season(*SUMMER, (Slot(1, 540, 720), Slot(1, 840, 960))),)
    assert parse_osm("Mo 09:00-12:00; Feb off").seasons == (Season(YearDay(2, 1), YearDay(2, 29)),)
    assert parse_osm("Mo 09:00-12:00; Jul 05-20 off").seasons[0].last == YearDay(7, 20)
    assert parse_osm("Mo 09:00-12:00; 2026 Jul 01-31 Mo off").closures == (
        Closure(date(2026, 7, 1), date(2026, 7, 31)),
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Jul 01-Aug 31", "seul « off »"),
        ("Feb 30 off", "n’existe pas"),
        ("Jul 01-Aug 31 Mo-Fr 09:00-12:00; Aug 15-Sep 15 off", "Deux saisons se recouvrent"),
        ("Jul 01- Mo 09:00-12:00", "une saison s’écrit"),
        ("Jul 01-Aug 31 PH off", "n’est pas un jour"),
        ("2026 Jul 01-2028 Aug 31 Mo 09:00-12:00", "dure un an au plus"),
        ("2026 Aug 31-2026 Jul 01 Mo 09:00-12:00", "finit avant de commencer"),
    ],
)
def test_bad_seasons_are_refused_with_what_to_do(line: str, words: str) -> None:
    with pytest.raises(HoursError, match=words):
        parse_osm(line)


def test_two_seasons_that_share_a_day_are_named() -> None:
    summer = Season(*SUMMER, (), "été")
    dated = Season(date(2026, 8, 31), date(2026, 9, 4), (Slot(0, 540, 720),), "rentrée")
    with pytest.raises(HoursError) as refused:
        Week(seasons=(summer, dated))
    assert plain(str(refused.value)) == (
        "Deux saisons se recouvrent : « Été (du 1er juillet au 31 août) » et "
        "« Rentrée (du 31 août au 4 septembre 2026) ». Changez les dates de l’une des deux."
    )
    winter = Season(YearDay(12, 15), YearDay(1, 5))
    assert len(Week(seasons=(summer, winter)).seasons) == 2
    with pytest.raises(HoursError):
        Week(seasons=(winter, Season(YearDay(1, 5), YearDay(1, 20))))
    assert (
        len(Week(seasons=(Season(YearDay(2, 1), YearDay(2, 28)), Season(*[YearDay(2, 29)] * 2))).seasons) == 2
    )
    with pytest.raises(HoursError, match="4 saisons"):
        Week(seasons=[Season(YearDay(month, 1), YearDay(month, 1)) for month in range(1, 10)])  # type: ignore[arg-type]


def test_a_season_needs_two_days_of_the_same_kind_and_a_plain_name() -> None:
    with pytest.raises(HoursError, match="choisissez"):
        Season(YearDay(7, 1), date(2026, 7, 2))
    for name in ('l"été', "été : ici", "Sur  rendez-vous"):
        with pytest.raises(HoursError, match="Nom de saison"):
            Season(*SUMMER, (), name)
    with pytest.raises(HoursError, match="fermetures exceptionnelles"):
        Season(date(2026, 7, 1), date(2026, 7, 2))
    with pytest.raises(HoursError, match="n’existe pas"):
        YearDay.of(2, 30)


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        # From the 29th: from 1 March when February has 28 days.
        ((2, 29), (3, 2), {"2027-02-28": False, "2027-03-01": True, "2028-02-29": True, "2028-02-28": False}),
        # Until the 29th: until the 28th then.
        (
            (2, 10),
            (2, 29),
            {"2027-02-28": True, "2027-03-01": False, "2028-02-29": True, "2028-03-01": False},
        ),
        # The 29th alone holds one year out of four.
        ((2, 29), (2, 29), {"2027-02-28": False, "2027-03-01": False, "2028-02-29": True}),
        # Over the new year.
        (
            (12, 20),
            (1, 5),
            {"2026-12-19": False, "2026-12-20": True, "2027-01-05": True, "2027-01-06": False},
        ),
    ],
)
def test_29_february_and_the_new_year(
    first: tuple[int, int], last: tuple[int, int], days: dict[str, bool]
) -> None:
    season = Season(YearDay(*first), YearDay(*last))
    assert {day: season.covers(date.fromisoformat(day)) for day in days} == days


def test_a_season_replaces_the_whole_week_and_a_closure_wins() -> None:
    week = parse_osm("Mo-Fr 09:00-17:00; Jul 01-Aug 31 Mo 10:00-12:00; Jul 01-Aug 31 Tu-Fr off; PH off")
    assert is_open_at(week, at("2026-07-06T11:00"))
    assert not is_open_at(week, at("2026-07-06T14:00"))
    assert not is_open_at(week, at("2026-07-07T11:00"))
    assert is_open_at(week, at("2026-09-01T11:00"))
    assert plain(status_at(week, at("2026-07-06T13:00")).sentence) == "Fermé jusqu’au lundi 13 juillet à 10 h"
    closed = Week(week.slots, (Closure(date(2026, 7, 6), date(2026, 7, 6)),), True, week.seasons)
    assert not is_open_at(closed, at("2026-07-06T11:00"))
    assert not is_open_at(week, at("2025-07-14T10:30")), "a Monday of the season, but 14 July"
    assert day_ribbon(week, date(2026, 7, 6)).words == "sans rendez-vous de 10\u00a0h à 12\u00a0h"


def test_a_place_open_in_season_only_is_known() -> None:
    week = parse_osm("Jul 01-Aug 31 Sa,Su 10:00-18:00")
    assert week.known
    assert plain(status_at(week, at("2026-03-02T10:00")).sentence) == "Fermé jusqu’au samedi 4 juillet à 10 h"
    assert day_ribbon(week, date(2026, 3, 2)).words == "fermé"
    assert sentences(week, date(2026, 3, 2))[0] == "Hors saison, fermé."
    assert not parse_osm("Jul off").known


def test_the_sentence_of_everything() -> None:
    week = parse_osm(
        'Mo-Fr 09:00-17:00; Jul 01-Aug 31 Mo-Fr 09:00-12:00 "été"; Dec 20-Jan 05 off; PH off; '
        '2026 Mar 03 off "inventaire"; 2026 Dec 07-2026 Dec 08 off "travaux"; 2020 Jan 02 off'
    )
    assert plain(sentence_calendar(week, date(2026, 11, 22))) == (
        "Du lundi au vendredi de 9 h à 17 h, sans rendez-vous. "
        "Été (du 1er juillet au 31 août), chaque année : du lundi au vendredi de 9 h à 12 h, "
        "sans rendez-vous. "
        "Du 20 décembre au 5 janvier, chaque année : fermé. "
        "Fermé les jours fériés. "
        "Fermetures exceptionnelles : du 7 au 8 décembre 2026 (travaux)."
    )
    dated = parse_osm("Mo 09:00-12:00; 2026 Jul 01-2026 Jul 10 Mo 10:00-11:00")
    assert len(sentences(dated, date(2026, 6, 1))) == 3
    assert plain(" ".join(sentences(dated, date(2026, 8, 1)))) == (
        "Le lundi de 9 h à 12 h, sans rendez-vous. Jours fériés : appelez avant de vous déplacer."
    )
    assert sentence_calendar(Week(), date(2026, 1, 1)) == "Horaires non renseignés."


@given(weeks(), st.dates(date(2024, 1, 1), date(2032, 12, 31)))
def test_each_day_has_one_week_and_the_line_tells_the_same(week: Week, day: date) -> None:
    season = week.season_on(day)
    assert sum(s.covers(day) for s in week.seasons) == (season is not None)
    assert slots_on(parse_osm(write_osm(week)), day) == slots_on(week, day)


@settings(deadline=None)  # six years of days, compared one by one
@given(seasons(), seasons())
def test_sharing_a_day_is_what_the_calendar_says(one: Season, other: Season) -> None:
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(6 * 366)]
    assert one.shares_a_day_with(other) == any(one.covers(day) and other.covers(day) for day in days)
    assert one.shares_a_day_with(other) == other.shares_a_day_with(one)
