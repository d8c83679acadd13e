"""Opening hours in OpenStreetMap's syntax, in and out.

Read: weekday lists and ranges, several times a day, `;` (replaces the days it names), `,` before a weekday
(adds to them), `off`, `24/7`, `PH off`, seasons (`Jul 01-Aug 31 Mo-Fr 09:00-12:00`, `Jul-Aug off`,
`2026 Jul 01-2026 Aug 31 …`), dated closures (`2026 Dec 24-2027 Jan 02 off "motif"`), the comment that tells
walk-in from appointment (`"sur rendez-vous"`, `"sans rendez-vous"`; none means walk-in), after the name of
its season if any (`"été : sur rendez-vous"`). A rule of a season changes the days it names, the others stay
ordinary. Anything else is refused in French, never guessed.
Source: OpenStreetMap wiki, Key:opening_hours/specification.
"""

from __future__ import annotations

from .osm_reader import Reader, Rule, Span, tokens_of
from .season import APPOINTMENT, Season, YearDay
from .slot import HoursError, Slot
from .week import Closure, Week
from .words import CODES, MONTH_CODES, day_runs

MAX_LENGTH = 40_000
Patterns = dict[int, tuple[tuple[int, int, bool], ...]]


def parse_osm(text: str) -> Week:
    """The week a line describes; an empty line is a week without hours. HoursError when it can't be read."""
    if len(text) > MAX_LENGTH:
        raise HoursError(f"Horaires trop longs : {MAX_LENGTH} caractères au plus.")
    reader = Reader(tokens_of(text))
    slots: dict[int, list[Slot]] = {day: [] for day in range(7)}
    closures: list[Closure] = []
    seasons: dict[Span, list[tuple[Rule, bool]]] = {}
    holidays_off = False
    adding = False
    while not reader.done():
        if reader.take("sign", ";"):
            adding = False
            continue
        kind, value = reader.peek()
        if kind == "word" and value.upper() == "PH":
            reader.next()
            reader.expect_off("PH")
            holidays_off = True
        elif (span := reader.span()) is not None:
            rule = reader.rule(in_season=True)
            if rule.closed and rule.every_day and not isinstance(span[0], YearDay):
                closures.append(Closure(*span, rule.comment))
            else:
                seasons.setdefault(span, []).append((rule, adding))
        else:
            _apply(slots, reader.rule(in_season=False), adding)
        adding = reader.take("sign", ",")
        if not adding and not reader.done() and not reader.take("sign", ";"):
            raise HoursError(f"Horaires : « {reader.peek()[1]} » n’est pas attendu ici.")
    kept: list[Season] = []
    for span, rules in seasons.items():
        _season(span, rules, slots, kept, closures)
    return Week(_flat(slots), tuple(closures), holidays_off, tuple(kept))


def write_osm(week: Week) -> str:
    """The line for a week; `parse_osm(write_osm(week)) == week`, double quotes of reasons apart."""
    ordinary: Patterns = {day: _pattern(week.on(day)) for day in range(7)}
    rules = _rules(ordinary)
    for season in week.seasons:
        rules += _season_rules(season, ordinary)
    if week.holidays_off:
        rules.append("PH off")
    rules += [_closure_text(closure) for closure in week.closures]
    return "; ".join(rules)


def _apply(slots: dict[int, list[Slot]], rule: Rule, adding: bool) -> None:
    for day, found in rule.days.items():
        slots[day] = slots[day] + found if adding else found


def _flat(slots: dict[int, list[Slot]]) -> tuple[Slot, ...]:
    return tuple(slot for day in slots.values() for slot in day)


def _season(
    span: Span,
    rules: list[tuple[Rule, bool]],
    ordinary: dict[int, list[Slot]],
    seasons: list[Season],
    closures: list[Closure],
) -> None:
    """A season starts from the ordinary week; a dated one that keeps no slot is a closure."""
    slots = {day: list(found) for day, found in ordinary.items()}
    for rule, adding in rules:
        _apply(slots, rule, adding)
    name = next((rule.comment for rule, _ in rules if rule.comment), "")
    first, last = span
    if isinstance(first, YearDay) or isinstance(last, YearDay) or _flat(slots):
        seasons.append(Season(first, last, _flat(slots), name))
    else:
        closures.append(Closure(first, last, name))


def _pattern(slots: tuple[Slot, ...]) -> tuple[tuple[int, int, bool], ...]:
    return tuple((slot.start, slot.end, slot.walk_in) for slot in slots)


def _rules(days: Patterns, prefix: str = "", name: str = "") -> list[str]:
    by_pattern: dict[tuple[tuple[int, int, bool], ...], list[int]] = {}
    for day, pattern in days.items():
        if pattern:
            by_pattern.setdefault(pattern, []).append(day)
    rules = []
    for pattern, chosen in by_pattern.items():
        parts = []
        for walk_in in (True, False):
            times = ",".join(f"{_hhmm(a)}-{_hhmm(b)}" for a, b, kind in pattern if kind is walk_in)
            if times:
                words = " : ".join(word for word in (name, "" if walk_in else APPOINTMENT) if word)
                parts.append(f"{prefix}{_days(chosen)} {times}" + (f' "{words}"' if words else ""))
        rules.append(", ".join(parts))
    return rules


def _season_rules(season: Season, ordinary: Patterns) -> list[str]:
    """All the days of the season and those it closes: the others would stay ordinary."""
    first, last = (_day_text(day) for day in (season.first, season.last))
    prefix = (first if first == last else f"{first}-{last}") + " "
    comment = f' "{season.name}"' if season.name else ""
    if not season.slots:
        return [f"{prefix}off{comment}"]
    rules = _rules({day: _pattern(season.on(day)) for day in range(7)}, prefix, season.name)
    closed = [day for day in range(7) if ordinary[day] and not season.on(day)]
    return rules + ([f"{prefix}{_days(closed)} off"] if closed else [])


def _days(days: list[int]) -> str:
    return ",".join(CODES[a] if a == b else f"{CODES[a]}-{CODES[b]}" for a, b in day_runs(days))


def _hhmm(minutes: int) -> str:
    return "{:02d}:{:02d}".format(*divmod(minutes, 60))


def _day_text(day: object) -> str:
    year = "" if isinstance(day, YearDay) else f"{day.year:04d} "  # type: ignore[attr-defined]
    return f"{year}{MONTH_CODES[day.month - 1]} {day.day:02d}"  # type: ignore[attr-defined]


def _closure_text(closure: Closure) -> str:
    first, last = _day_text(closure.first_day), _day_text(closure.last_day)
    reason = closure.reason.replace('"', "'").strip()
    return (first if first == last else f"{first}-{last}") + " off" + (f' "{reason}"' if reason else "")
