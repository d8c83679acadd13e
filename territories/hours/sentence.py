"""Hours in plain French: one week, and everything a place says of its year."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from spo_portal.kernel.typography import NNBSP, capital, join

from .season import Season
from .slot import merged
from .week import Closure, Week
from .words import clock, days_fr

UNKNOWN = "Horaires non renseignés"
CALL_ON_HOLIDAYS = f"Jours fériés{NNBSP}: appelez avant de vous déplacer."


def sentence_week(week: Week | Season) -> str:
    """A week in plain French: « du lundi au jeudi de 9 h à 12 h, sans rendez-vous ; … »."""
    patterns: dict[tuple[tuple[int, int, bool], ...], list[int]] = {}
    for weekday in range(7):
        pattern = tuple((s.start, s.end, s.walk_in) for s in merged(week.on(weekday)))
        if pattern:
            patterns.setdefault(pattern, []).append(weekday)
    if not patterns:
        return "fermé" if isinstance(week, Season) else UNKNOWN.lower()
    return f"{NNBSP}; ".join(f"{days_fr(days)} {_pattern(pattern)}" for pattern, days in patterns.items())


def sentence_calendar(week: Week, today: date) -> str:
    """The ordinary week, the seasons, the bank holidays and the closures to come, as one text."""
    return " ".join(sentences(week, today))


def sentences(week: Week, today: date) -> list[str]:
    """The same, sentence by sentence; what is over is left out."""
    if not week.known:
        found = [f"{UNKNOWN}."]
    elif week.slots:
        found = [f"{capital(sentence_week(week))}."]
    else:
        found = ["Hors saison, fermé."]
    for season in week.seasons:
        if not season.over(today):
            every = ", chaque année" if season.yearly else ""
            found.append(f"{season.label}{every}{NNBSP}: {sentence_week(season)}.")
    if week.known:
        holidays = "Fermé les jours fériés." if week.holidays_off else CALL_ON_HOLIDAYS
        found.append(holidays)
    coming = [closure for closure in week.closures if closure.last_day >= today]
    if coming:
        found.append(f"Fermetures exceptionnelles{NNBSP}: {_closures(coming)}.")
    return found


def _closures(closures: Iterable[Closure]) -> str:
    return join(f"{c.period}{f' ({c.reason})' if c.reason else ''}" for c in closures)


def _pattern(pattern: tuple[tuple[int, int, bool], ...]) -> str:
    groups: list[tuple[bool, list[str]]] = []
    for start, end, walk_in in pattern:
        text = f"de {clock(start)} à {clock(end)}"
        if groups and groups[-1][0] is walk_in:
            groups[-1][1].append(text)
        else:
            groups.append((walk_in, [text]))
    kinds = {True: "sans rendez-vous", False: "sur rendez-vous"}
    return ", ".join(f"{join(times)}, {kinds[walk_in]}" for walk_in, times in groups)
