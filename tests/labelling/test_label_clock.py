"""The legal clock: one case with every date by hand, then its laws on any dates (R. 6111-3 to -5)."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelling.services.label.legal_clock import (
    Milestones,
    Suspension,
    WithdrawalDates,
    calendar_of,
    clock_of,
    renewal_from,
    running,
    suspended_days,
    withdrawal_calendar,
)

D = datetime.date
days = st.dates(D(2024, 1, 1), D(2032, 12, 31))
lengths = st.sampled_from((8, 20, 30))


def due(start: D, length: int, *suspensions: Suspension, today: D) -> D | None:
    return clock_of(
        "x", "x", days=length, start=start, done_on=None, today=today, suspensions=suspensions
    ).due


def test_one_dossier_with_every_date_by_hand() -> None:
    """Complete on Monday 2 March 2026; two complements, the first across the change of hour of 29 March.

    transmit: 2 March + 8 = 10 March; done on the 9th.
    avis: 9 March + 30 = 8 April; asked on 20 March, answered on 3 April: 14 days > 22 April; done the 21st.
    decision: 21 April + 20 = 11 May; asked on 4 May, closed on the 6th: 2 days > 13 May; done the 15th: late.
    """
    made = Milestones(D(2026, 2, 20), D(2026, 3, 2), D(2026, 3, 9), D(2026, 4, 21), D(2026, 5, 15))
    asked = (Suspension(D(2026, 3, 20), D(2026, 4, 3)), Suspension(D(2026, 5, 4), D(2026, 5, 6)))
    told = [(c.key, c.start, c.due, c.done_on, c.suspended, c.late, c.days_late)
            for c in calendar_of(made, D(2026, 6, 1), asked)]  # fmt: skip
    assert told == [
        ("complet", D(2026, 2, 20), None, D(2026, 3, 2), 0, False, 0),
        ("transmettre", D(2026, 3, 2), D(2026, 3, 10), D(2026, 3, 9), 0, False, 0),
        ("avis", D(2026, 3, 9), D(2026, 4, 22), D(2026, 4, 21), 14, False, 0),
        ("decider", D(2026, 4, 21), D(2026, 5, 13), D(2026, 5, 15), 2, True, 2),
    ]


def test_a_leap_day_counts_as_a_day() -> None:
    assert due(D(2028, 2, 21), 8, today=D(2028, 2, 21)) == D(2028, 2, 29)
    assert due(D(2027, 2, 21), 8, today=D(2027, 2, 21)) == D(2027, 3, 1)


def test_a_delay_crosses_the_year() -> None:
    assert due(D(2026, 12, 20), 30, today=D(2026, 12, 20)) == D(2027, 1, 19)


def test_the_last_hour_of_october_is_one_day_still() -> None:
    """25 October 2026 lasts 25 hours; 29 March 2026, 23."""
    assert due(D(2026, 10, 20), 8, today=D(2026, 10, 20)) == D(2026, 10, 28)
    assert due(D(2026, 3, 25), 8, today=D(2026, 3, 25)) == D(2026, 4, 2)


def test_a_suspension_counts_only_for_the_step_it_falls_in() -> None:
    """Answered on the day the dossier is transmitted: the days before belong to the step before."""
    asked = (Suspension(D(2026, 3, 4), D(2026, 3, 12)),)
    made = Milestones(D(2026, 2, 20), D(2026, 3, 2), D(2026, 3, 12))
    transmit, avis = calendar_of(made, D(2026, 3, 13), asked)[1:3]
    assert (transmit.due, transmit.suspended, transmit.late) == (D(2026, 3, 18), 8, False)
    assert (avis.due, avis.suspended) == (D(2026, 4, 11), 0)


def test_while_it_stands_still_nothing_is_late_and_the_days_left_stay() -> None:
    """8 days from 2 March, asked on the 4th: 6 days are left, whatever the day."""
    made = Milestones(D(2026, 2, 20), D(2026, 3, 2))
    for today in (D(2026, 3, 4), D(2026, 3, 20), D(2026, 6, 1)):
        step = running(calendar_of(made, today, (Suspension(D(2026, 3, 4)),)))
        assert step is not None
        assert (step.frozen, step.late, step.left) == (True, False, 6)


def test_asked_too_late_puts_nothing_off() -> None:
    """Due on 10 March, asked on the 12th: the dossier is late, before and after."""
    made = Milestones(D(2026, 2, 20), D(2026, 3, 2))
    step = running(calendar_of(made, D(2026, 3, 15), (Suspension(D(2026, 3, 12)),)))
    assert step is not None
    assert (step.due, step.late, step.frozen, step.days_late) == (D(2026, 3, 10), True, False, 5)


def test_the_steps_to_come_are_foreseen_from_what_runs() -> None:
    """Complete on 2 March, seen on the 5th: 10 March, 9 April, 29 April."""
    made = Milestones(D(2026, 2, 20), D(2026, 3, 2))
    told = [(c.key, c.due, c.projected) for c in calendar_of(made, D(2026, 3, 5))]
    assert told[1:] == [
        ("transmettre", D(2026, 3, 10), False),
        ("avis", D(2026, 4, 9), True),
        ("decider", D(2026, 4, 29), True),
    ]


def test_what_is_late_is_foreseen_from_today() -> None:
    made = Milestones(D(2026, 2, 20), D(2026, 3, 2))
    assert [c.due for c in calendar_of(made, D(2026, 4, 1))][1:] == [
        D(2026, 3, 10), D(2026, 5, 1), D(2026, 5, 21),
    ]  # fmt: skip


def test_a_dossier_given_up_runs_no_more() -> None:
    made = Milestones(D(2026, 2, 20), D(2026, 3, 2), stopped=D(2026, 3, 5))
    assert running(calendar_of(made, D(2026, 6, 1))) is None
    assert [c.key for c in calendar_of(made, D(2026, 6, 1))] == ["complet"]


def test_a_withdrawal_with_every_date_by_hand() -> None:
    """Started on 15 January 2026: 14 February; asked on the 16th: 18 March; given on the 10th: 9 April."""
    started = WithdrawalDates(D(2026, 1, 15))
    assert [(c.due, c.projected) for c in withdrawal_calendar(started, D(2026, 1, 20))] == [
        (D(2026, 2, 14), False), (D(2026, 3, 16), True), (D(2026, 4, 15), True),
    ]  # fmt: skip
    made = WithdrawalDates(D(2026, 1, 15), None, D(2026, 2, 16), D(2026, 3, 10), D(2026, 4, 12))
    told = [(c.due, c.done_on, c.days_late) for c in withdrawal_calendar(made, D(2026, 6, 1))]
    assert told == [
        (D(2026, 2, 14), D(2026, 2, 16), 2),
        (D(2026, 3, 18), D(2026, 3, 10), 0),
        (D(2026, 4, 9), D(2026, 4, 12), 3),
    ]


@pytest.mark.parametrize(
    ("ends", "opens"),
    [
        (D(2031, 3, 1), D(2030, 12, 1)),
        (D(2031, 5, 31), D(2031, 2, 28)),
        (D(2028, 5, 31), D(2028, 2, 29)),
        (D(2031, 1, 15), D(2030, 10, 15)),
        (D(2031, 12, 31), D(2031, 9, 30)),
    ],
)
def test_a_renewal_is_asked_three_months_before(ends: D, opens: D) -> None:
    assert renewal_from(ends) == opens


@given(days, lengths)
def test_without_a_suspension_the_due_date_is_so_many_days_later(start: D, length: int) -> None:
    assert due(start, length, today=start) == start + datetime.timedelta(length)


@given(days, lengths, st.integers(0, 400))
def test_late_is_after_the_due_date_and_never_before(start: D, length: int, after: int) -> None:
    today = start + datetime.timedelta(after)
    step = clock_of("x", "x", days=length, start=start, done_on=None, today=today)
    assert step.late == (after > length)
    assert step.left == length - after


gaps = st.lists(st.tuples(st.integers(0, 15), st.integers(0, 40)), max_size=4)


@given(days, lengths, gaps, st.integers(0, 300))
def test_the_clock_is_the_days_counted_one_by_one(
    start: D, length: int, waits: list[tuple[int, int]], after: int
) -> None:
    """The law said day by day: a day counts unless it follows a request that waits."""
    asked, at = [], start
    for gap, wait in waits:
        first = at + datetime.timedelta(gap)
        at = first + datetime.timedelta(wait)
        asked.append(Suspension(first, at))
    today = max(at, start + datetime.timedelta(after))
    counted, day = 0, start
    while counted < length:
        day += datetime.timedelta(1)
        counted += not any(s.first < day <= s.last for s in asked)  # type: ignore[operator]
    # A request of the very due day still comes in time.
    last = day
    for one in asked:
        if one.first == last and one.last is not None:
            last += one.last - one.first
    assert due(start, length, *asked, today=today) == last


@given(days, lengths, gaps)
def test_a_suspension_never_brings_a_date_forward(
    start: D, length: int, waits: list[tuple[int, int]]
) -> None:
    at, asked, before = start, [], start + datetime.timedelta(length)
    for gap, wait in waits:
        first = at + datetime.timedelta(gap)
        at = first + datetime.timedelta(wait)
        asked.append(Suspension(first, at))
        found = due(start, length, *asked, today=at)
        assert found is not None
        assert found >= before
        before = found


@given(days, lengths, st.integers(0, 60), st.integers(0, 60))
def test_what_came_before_the_step_suspends_nothing(start: D, length: int, back: int, wait: int) -> None:
    """Only the overlap: a request of the step before takes off what follows the start of this one."""
    first = start - datetime.timedelta(back)
    last = first + datetime.timedelta(wait)
    assert suspended_days(start, length, [Suspension(first, last)], last) == max(0, (last - start).days)


@given(days, st.integers(0, 120), st.integers(0, 29))
def test_days_left_stay_while_a_complement_waits(start: D, wait: int, asked_after: int) -> None:
    first = start + datetime.timedelta(asked_after)
    today = first + datetime.timedelta(wait)
    step = clock_of(
        "x", "x", days=30, start=start, done_on=None, today=today, suspensions=[Suspension(first)]
    )
    assert (step.left, step.late, step.frozen) == (30 - asked_after, False, True)
