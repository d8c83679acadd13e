"""The legal clock of the label, on plain dates (Code du travail R. 6111-3 to -5; domain § 6); reads nothing.

Days are calendar days of Europe/Paris, counted from the day after: a step begun on the 1st with 8 days is due
on the 9th, until midnight. While a complement is asked, the clock stands still: from the day after the
request to the day of the answer, the days are not counted. A step is late from the day after its due date.
A request made once the due date has passed does not put it off: what is late stays late.
"""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from labelling.workflows.label import (
    DAYS_FOR_AVIS,
    DAYS_OF_WITHDRAWAL,
    DAYS_TO_DECIDE,
    DAYS_TO_TRANSMIT,
    RENEWAL_MONTHS,
)

Day = datetime.date
ONE = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Suspension:
    """From the day a complement was asked to the day it was answered or closed; no ``last``: still waited."""

    first: Day
    last: Day | None = None


@dataclass(frozen=True)
class StepClock:
    """One step: begun, due, done, in days of Paris. ``start`` None: it has not begun.

    ``projected``: ``start`` or ``due`` is what the calendar foresees, not what happened. ``frozen``: the
    clock stands still today, ``due`` is the date if it ran again today. ``days`` None: no legal delay.
    """

    key: str
    label: str
    days: int | None
    start: Day | None
    due: Day | None
    done_on: Day | None = None
    suspended: int = 0
    frozen: bool = False
    projected: bool = False
    late: bool = False
    left: int | None = None

    @property
    def running(self) -> bool:
        return self.start is not None and self.done_on is None and not self.projected

    @property
    def days_late(self) -> int:
        """How many days past its date: of a step done late, or not done yet."""
        if self.due is None or not self.late:
            return 0
        return (self.done_on - self.due).days if self.done_on else -(self.left or 0)


def suspended_days(start: Day, days: int, suspensions: Iterable[Suspension], today: Day) -> int:
    """Days of this step that are not counted: what of each suspension falls between its start and its end."""
    added = 0
    through = start
    for one in sorted(suspensions, key=lambda s: s.first):
        last = one.last if one.last is not None else max(today, one.first)
        if one.first > start + datetime.timedelta(days=days + added):
            break
        # Two requests of the same day count that day once.
        begin = max(one.first, through)
        if last > begin:
            added += (last - begin).days
            through = last
    return added


def clock_of(
    key: str,
    label: str,
    *,
    days: int | None,
    start: Day | None,
    done_on: Day | None,
    today: Day,
    suspensions: Sequence[Suspension] = (),
    projected: bool = False,
) -> StepClock:
    """The clock of one step as it stands ``today``."""
    if start is None or days is None:
        return StepClock(key, label, days, start, None, done_on, projected=projected)
    upto = min(done_on, today) if done_on else today
    added = suspended_days(start, days, suspensions, upto)
    due = start + datetime.timedelta(days=days + added)
    standing = done_on is None and not projected
    frozen = standing and any(s.last is None and s.first <= due for s in suspensions)
    late = (done_on or today) > due and not frozen if not projected else False
    return StepClock(
        key,
        label,
        days,
        start,
        due,
        done_on,
        suspended=added,
        frozen=frozen,
        projected=projected,
        late=late,
        left=(due - today).days if standing else None,
    )


@dataclass(frozen=True)
class Milestones:
    """What has happened to a dossier, in days of Paris; None for what has not."""

    submitted: Day | None = None
    complete: Day | None = None
    transmitted: Day | None = None
    avis: Day | None = None
    decided: Day | None = None
    stopped: Day | None = None


# Key, words, legal days, from which milestone to which.
STEPS = (
    ("complet", "Réception du dossier complet", None, "submitted", "complete"),
    ("transmettre", "Transmission pour avis", DAYS_TO_TRANSMIT, "complete", "transmitted"),
    ("avis", "Avis de l’instance régionale", DAYS_FOR_AVIS, "transmitted", "avis"),
    ("decider", "Décision du préfet", DAYS_TO_DECIDE, "avis", "decided"),
)


def calendar_of(
    made: Milestones, today: Day, suspensions: Sequence[Suspension] = ()
) -> tuple[StepClock, ...]:
    """The whole calendar of a dossier: what is done, what runs and until when, what the law foresees next.

    A step to come starts on the date the one before is due, or today when that date has passed. A dossier
    not complete yet is foreseen as if it were complete today.
    """
    found: list[StepClock] = []
    foreseen: Day | None = None
    for key, label, days, begins, ends in STEPS:
        start, done = getattr(made, begins), getattr(made, ends)
        projected = start is None
        if made.stopped is not None and done is None:
            break
        if projected and foreseen is None:
            break
        one = clock_of(
            key,
            label,
            days=days,
            start=foreseen if projected else start,
            done_on=done,
            today=today,
            suspensions=() if projected else suspensions,
            projected=projected,
        )
        found.append(one)
        foreseen = None if done else max(one.due or today, today)
    return tuple(found)


def running(calendar: Iterable[StepClock]) -> StepClock | None:
    """The step that waits to be done; None when nothing runs."""
    return next((one for one in calendar if one.running), None)


@dataclass(frozen=True)
class WithdrawalDates:
    """What has happened to a withdrawal, in days of Paris."""

    started: Day
    observed: Day | None = None
    avis_asked: Day | None = None
    avis: Day | None = None
    notified: Day | None = None


def withdrawal_calendar(made: WithdrawalDates, today: Day) -> tuple[StepClock, ...]:
    """Observations, avis, notification: thirty days each, one after the other. Nothing suspends them.

    Observations not given in time are no fault: the step is over, and the préfecture may go on.
    """
    days = DAYS_OF_WITHDRAWAL
    over = made.notified is not None
    answered = made.observed or made.avis_asked or (made.notified if over else None)
    first = clock_of("observations", "Observations du lieu", days=days, start=made.started,
                     done_on=answered, today=today)  # fmt: skip
    found = [first]
    if over and made.avis_asked is None:
        return tuple(found)
    foreseen = max(first.due or today, today) if made.avis_asked is None else None
    second = clock_of("avis", "Avis de l’instance régionale", days=days, start=made.avis_asked or foreseen,
                      done_on=made.avis or (made.notified if over else None), today=today,
                      projected=made.avis_asked is None)  # fmt: skip
    found.append(second)
    if over and made.avis is None:
        return tuple(found)
    foreseen = max(second.due or today, today) if made.avis is None else None
    found.append(clock_of("notification", "Notification de la décision", days=days,
                          start=made.avis or foreseen, done_on=made.notified, today=today,
                          projected=made.avis is None))  # fmt: skip
    return tuple(found)


def months_before(day: Day, months: int) -> Day:
    """The same day so many months before, or the last day of that month (31 May > 28 February)."""
    count = day.year * 12 + day.month - 1 - months
    year, month = divmod(count, 12)
    last = (Day(year + (month == 11), (month + 1) % 12 + 1, 1) - ONE).day
    return Day(year, month + 1, min(day.day, last))


def renewal_from(ends_on: Day) -> Day:
    """From this day, the renewal of a label that ends on ``ends_on`` is asked: three months before."""
    return months_before(ends_on, RENEWAL_MONTHS)
