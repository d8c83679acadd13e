"""Opening hours: the OpenStreetMap line, the 50 % rule and the real reference lines."""

from __future__ import annotations

import csv
from datetime import time
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territories.hours import (
    HALF,
    HoursError,
    Slot,
    Week,
    missing_minutes,
    opening_minutes,
    parse_osm,
    reference_week,
    share_of,
    simplest_fix,
    split_line,
    to_minutes,
    walk_in_minutes,
    walk_in_share,
    write_osm,
)
from tests.territories.hours_weeks import weeks

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "data" / "structures.csv"

SAMPLES = [
    "",
    "Mo-Th 08:45-12:30,13:45-17:30; Fr 08:45-12:30",
    "Mo,Tu,Th,Fr 09:00-12:30,14:00-17:30; We 14:00-17:30",
    "Mo,We-Fr 08:30-12:00; Tu 13:30-17:30; Sa 09:00-12:00",
    'Mo-Th 08:30-12:45, Mo-Th 12:45-16:30 "sur rendez-vous"; Fr 09:00-12:00',
    'Mo-Fr 09:00-17:00 "sur rendez-vous"',
    "Mo-Su 00:00-24:00",
    "Fr 20:00-24:00; Sa 00:00-02:00",
    "Mo 09:00-12:00; PH off",
    'Mo 09:00-12:00; 2026 Dec 24-2027 Jan 02 off "congés de fin d’année"; 2027 May 07 off',
]


@pytest.mark.parametrize("line", SAMPLES)
def test_a_line_comes_back_as_it_was(line: str) -> None:
    assert write_osm(parse_osm(line)) == line


@given(weeks())
def test_any_week_survives_the_round_trip(week: Week) -> None:
    assert parse_osm(write_osm(week)) == week


@given(st.text(max_size=60) | st.text("MoTuWeFrSaPH0123456789:-,; \"'off", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        week = parse_osm(text)
    except HoursError:
        return
    assert parse_osm(write_osm(week)) == week


@given(weeks())
def test_the_share_stays_between_none_and_all(week: Week) -> None:
    share = walk_in_share(week)
    assert (share is None) == (not week.slots)
    if share is not None:
        assert 0 <= share <= 1
        assert (missing_minutes(week) == 0) == (share >= HALF)
    assert walk_in_minutes(week) <= opening_minutes(week) <= 7 * 1440


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Mo 22:00-26:00", "dépasse minuit"),
        ("Mo 22:00-02:00", "passe minuit"),
        ("Mo 24:30-25:00", "commence après la fin"),
        ("Mo 17:00-09:00", "avant le début"),
        ("Mo 09:00-09:00", "commence et finit"),
        ("Mo 09:00-12:00,11:00-13:00", "recouvre"),
        ("Mo 09:75-12:00", "les minutes vont de 00 à 59"),
        ("Lu 09:00-12:00", "« Lu » n’est pas un jour"),
        ("Mo", "il manque les heures"),
        ("Mo-", "il manque un jour"),
        ("Mo 9h-12h", "il manque les heures"),
        ("Mo 09:00-12:00 demain", "n’est pas attendu"),
        ('Mo 09:00-12:00 "vacances scolaires"', "n’est pas compris"),
        ("Mo sunrise-sunset", "il manque les heures"),
        ("2026 Feb 30 off", "n’existe pas"),
        ("2026 Dec 24-2026 Dec 20 off", "finit avant de commencer"),
        ("2026 Dec 24", "seul « off »"),
        ("PH 09:00-12:00", "seul « off »"),
        ("Mo 09:00-12:00 @", "n’est pas compris"),
        ("M" * 40_001, "trop longs"),
    ],
)
def test_bad_lines_are_refused_with_what_to_do(line: str, words: str) -> None:
    with pytest.raises(HoursError, match=words):
        parse_osm(line)


def test_a_semicolon_replaces_a_day_and_a_comma_adds_to_it() -> None:
    assert write_osm(parse_osm("Mo-Fr 09:00-12:00; We 14:00-18:00")) == (
        "Mo,Tu,Th,Fr 09:00-12:00; We 14:00-18:00"
    )
    assert write_osm(parse_osm("Mo-Fr 09:00-12:00, We 14:00-18:00")) == (
        "Mo,Tu,Th,Fr 09:00-12:00; We 09:00-12:00,14:00-18:00"
    )
    assert write_osm(parse_osm("Mo-We 09:00-12:00; Tu off")) == "Mo,We 09:00-12:00"
    assert write_osm(parse_osm("24/7")) == "Mo-Su 00:00-24:00"
    assert write_osm(parse_osm("Sa-Mo 9:00-12:00")) == "Mo,Sa,Su 09:00-12:00"
    assert write_osm(parse_osm('2026 Dec 24-31 off "congés"')) == '2026 Dec 24-2026 Dec 31 off "congés"'


def test_an_end_at_midnight_is_the_end_of_the_day() -> None:
    slot = Slot.of(4, time(20), time(0))
    assert (slot.end, slot.minutes, slot.end_time) == (1440, 240, time(0))
    with pytest.raises(HoursError, match="sans secondes"):
        to_minutes(time(9, 0, 30))


@pytest.mark.parametrize(("start", "end", "day"), [(-1, 60, 0), (0, 1441, 0), (0, 60, 7), (1440, 1440, 0)])
def test_a_slot_out_of_the_week_is_refused(start: int, end: int, day: int) -> None:
    with pytest.raises(HoursError):
        Slot(day, start, end)


def test_the_fifty_percent_rule_on_the_screen_of_hours() -> None:
    week = parse_osm(
        "Mo 09:00-12:00,13:30-17:30; "
        'Tu,We 09:00-12:00, Tu,We 13:30-17:30 "sur rendez-vous"; '
        'Th 09:00-12:00,13:30-17:30 "sur rendez-vous"; '
        'Fr 13:30-17:30, Fr 09:00-12:00 "sur rendez-vous"'
    )
    assert (walk_in_minutes(week), opening_minutes(week)) == (17 * 60, 35 * 60)
    assert walk_in_share(week) == Fraction(17, 35)
    assert missing_minutes(week) == 30
    assert simplest_fix(week) == Slot(3, 540, 720, False)
    better = parse_osm("Mo 09:00-12:00")
    assert simplest_fix(better) is None
    assert share_of([week, better, Week()]) == Fraction(20, 38)
    assert share_of([]) is None


def test_appointments_told_by_a_note_are_written_in_the_line() -> None:
    note = "Accueil ouvert uniquement sur rendez-vous de 12h45 à 16h30."
    line = split_line("Mo-Th 08:30-16:30; Fr 09:00-12:00", note, 1200)
    assert line == 'Mo-Th 08:30-12:45, Mo-Th 12:45-16:30 "sur rendez-vous"; Fr 09:00-12:00'
    assert split_line("Mo-Fr 09:00-12:00; Sa 09:00-12:00", "", 900) == (
        'Mo-Fr 09:00-12:00; Sa 09:00-12:00 "sur rendez-vous"'
    )


def test_seasons_of_a_reference_line_follow_what_is_known_of_the_week() -> None:
    line = "Mo-Fr 09:00-12:00; Sa 09:00-12:00; Jul 01-Aug 31 Mo 09:00-12:00; Jul 01-Aug 31 Tu-Sa off; PH off"
    known = reference_week(line, "", 1080)
    assert known.certain
    assert known.week == parse_osm(line)
    partly = reference_week(line, "", 900)
    assert partly.certain
    assert walk_in_minutes(partly.week) == 900
    assert [slot.walk_in for slot in partly.week.seasons[0].slots] == [False]
    assert partly.week.holidays_off
    noted = reference_week("Mo 09:00-17:00; Jul off", "uniquement sur rendez-vous de 12h à 17h", 180)
    assert [slot.minutes for slot in noted.week.slots] == [180, 300]
    assert len(noted.week.seasons) == 1


def test_nobody_is_sent_in_vain_when_the_walk_in_part_is_unknown() -> None:
    unknown = reference_week("Mo-Fr 09:00-12:00", "Accueil possible sur rendez-vous.")
    assert not unknown.certain
    assert walk_in_minutes(unknown.week) == 0
    assert not reference_week("Mo-Fr 09:00-12:00", "", 17).certain
    assert not reference_week("").certain
    assert reference_week('Mo 09:00-12:00 "sur rendez-vous"').certain


@pytest.mark.skipif(not REFERENCE.exists(), reason="les données de référence ne sont pas à côté du projet")
def test_every_real_line_survives_and_gives_its_minutes() -> None:
    with REFERENCE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    for row in rows:
        line, walk_in = row["horaires_osm"], row["minutes_sans_rdv"]
        week = parse_osm(line)
        assert write_osm(week) == line
        assert opening_minutes(week) == int(row["minutes_semaine"] or 0)
        found = reference_week(line, row["horaires_note"], int(walk_in) if walk_in else None)
        assert found.certain == (walk_in != ""), row["id"]
        if walk_in:
            assert walk_in_minutes(found.week) == int(walk_in)
        assert opening_minutes(found.week) == opening_minutes(week)
        assert parse_osm(write_osm(found.week)) == found.week
