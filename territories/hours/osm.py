"""Opening hours in OpenStreetMap's syntax, in and out.

Read: weekday lists and ranges, several times a day, `;` (replaces the days it names), `,` before a weekday
(adds to them), `off`, `24/7`, `PH off`, dated closures (`2026 Dec 24-2027 Jan 02 off "motif"`), the comment
that tells walk-in from appointment (`"sur rendez-vous"`, `"sans rendez-vous"`; none means walk-in). Anything
else is refused in French, never guessed. Source: OpenStreetMap wiki, Key:opening_hours/specification.
"""

from __future__ import annotations

import re
from datetime import date

from spo_portal.kernel.typography import DAYS

from .week import DAY_MINUTES, Closure, HoursError, Slot, Week
from .words import clock, day_runs

MAX_LENGTH = 4000
CODES = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTH_CODES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
APPOINTMENT = "sur rendez-vous"
_DAY = {code.lower(): number for number, code in enumerate(CODES)}
_MONTH = {code.lower(): number for number, code in enumerate(MONTH_CODES, start=1)}
_TOKEN = re.compile(
    r"""\s*(?:(?P<comment>"[^"]*")
    |(?P<always>24/7)
    |(?P<times>\d{1,2}:\d{2}\s?[-–]\s?\d{1,2}:\d{2})
    |(?P<number>\d{1,4})
    |(?P<word>[A-Za-zÀ-ÿ]+)
    |(?P<sign>[;,–-]))""",
    re.VERBOSE,
)
_Token = tuple[str, str]


def parse_osm(text: str) -> Week:
    """The week a line describes; an empty line is a week without hours. HoursError when it can't be read."""
    if len(text) > MAX_LENGTH:
        raise HoursError(f"Horaires trop longs : {MAX_LENGTH} caractères au plus.")
    reader = _Reader(_tokens(text))
    slots: dict[int, list[Slot]] = {day: [] for day in range(7)}
    closures: list[Closure] = []
    holidays_off = False
    adding = False
    while not reader.done():
        if reader.take("sign", ";"):
            adding = False
            continue
        kind, value = reader.peek()
        if kind == "number":
            closures.append(reader.closure())
        elif kind == "word" and value.upper() == "PH":
            reader.next()
            reader.expect_off("PH")
            holidays_off = True
        else:
            for day, found in reader.rule().items():
                slots[day] = slots[day] + found if adding else found
        adding = reader.take("sign", ",")
        if not adding and not reader.done() and not reader.take("sign", ";"):
            raise HoursError(f"Horaires : « {reader.peek()[1]} » n’est pas attendu ici.")
    return Week(tuple(slot for day in slots.values() for slot in day), tuple(closures), holidays_off)


def write_osm(week: Week) -> str:
    """The line for a week; `parse_osm(write_osm(week)) == week`, double quotes of reasons apart."""
    patterns: dict[tuple[tuple[int, int, bool], ...], list[int]] = {}
    for day in range(7):
        pattern = tuple((slot.start, slot.end, slot.walk_in) for slot in week.on(day))
        if pattern:
            patterns.setdefault(pattern, []).append(day)
    rules = []
    for pattern, days in patterns.items():
        names = ",".join(CODES[a] if a == b else f"{CODES[a]}-{CODES[b]}" for a, b in day_runs(days))
        parts = []
        for walk_in in (True, False):
            times = ",".join(f"{_hhmm(a)}-{_hhmm(b)}" for a, b, kind in pattern if kind is walk_in)
            if times:
                parts.append(f"{names} {times}" + ("" if walk_in else f' "{APPOINTMENT}"'))
        rules.append(", ".join(parts))
    if week.holidays_off:
        rules.append("PH off")
    rules += [_closure_text(closure) for closure in week.closures]
    return "; ".join(rules)


def _hhmm(minutes: int) -> str:
    return "{:02d}:{:02d}".format(*divmod(minutes, 60))


def _closure_text(closure: Closure) -> str:
    days = (closure.first_day, closure.last_day)
    first, last = (f"{day.year:04d} {MONTH_CODES[day.month - 1]} {day.day:02d}" for day in days)
    reason = closure.reason.replace('"', "'").strip()
    return (first if first == last else f"{first}-{last}") + " off" + (f' "{reason}"' if reason else "")


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise HoursError(f"Horaires : « {text[position : position + 20].strip()} » n’est pas compris.")
        tokens.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return tokens


class _Reader:
    """Walks the tokens once, left to right."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens, self.at = tokens, 0

    def done(self) -> bool:
        return self.at >= len(self.tokens)

    def peek(self, ahead: int = 0) -> _Token:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ("end", "")

    def next(self) -> _Token:
        token = self.peek()
        self.at += 1
        return token

    def take(self, kind: str, value: str) -> bool:
        if self.peek() == (kind, value):
            self.at += 1
            return True
        return False

    def take_dash(self) -> bool:
        return self.take("sign", "-") or self.take("sign", "–")

    def take_off(self) -> bool:
        kind, value = self.peek()
        found = kind == "word" and value.lower() in ("off", "closed")
        self.at += found
        return found

    def expect_off(self, what: str) -> None:
        if not self.take_off():
            raise HoursError(f"Horaires : après « {what} », seul « off » (fermé) est compris.")

    def rule(self) -> dict[int, list[Slot]]:
        """One rule: weekdays, then times and perhaps a comment, or `off`."""
        if self.peek()[0] == "always":
            self.next()
            days, times = list(range(7)), [(0, DAY_MINUTES)]
        else:
            days = self.weekdays()
            if self.take_off():
                return {day: [] for day in days}
            times = self.times(days)
        if self.peek()[0] == "word" and self.peek()[1].lower() == "open":
            self.next()
        walk_in = self.walk_in()
        return {day: [Slot(day, start, end, walk_in) for start, end in times] for day in days}

    def weekdays(self) -> list[int]:
        if self.peek()[0] == "times":
            return list(range(7))
        days: list[int] = []
        while True:
            first = self.weekday()
            last = self.weekday() if self.take_dash() else first
            days += [(first + step) % 7 for step in range((last - first) % 7 + 1)]
            if self.peek() == ("sign", ",") and self.peek(1)[0] == "word":
                self.next()
                continue
            return sorted(set(days))

    def weekday(self) -> int:
        kind, value = self.next()
        if kind != "word" or value.lower() not in _DAY:
            what = f"« {value} » n’est pas un jour" if value else "il manque un jour à la fin"
            raise HoursError(f"Horaires : {what}. Les jours s’écrivent Mo, Tu, We, Th, Fr, Sa, Su.")
        return _DAY[value.lower()]

    def times(self, days: list[int]) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        while self.peek()[0] == "times":
            found.append(_times(self.next()[1], DAYS[days[0]]))
            if not (self.peek() == ("sign", ",") and self.peek(1)[0] == "times"):
                break
            self.next()
        if not found:
            value = self.peek()[1]
            raise HoursError(
                f"Horaires : après {DAYS[days[-1]]}, il manque les heures, par exemple 09:00-12:00"
                + (f" (lu : « {value} »)." if value else ".")
            )
        return found

    def walk_in(self) -> bool:
        if self.peek()[0] != "comment":
            return True
        text = " ".join(self.next()[1].strip('"').lower().split())
        if text in ("sans rendez-vous", "sans rdv"):
            return True
        if text in (APPOINTMENT, "sur rdv", "by appointment", "on appointment"):
            return False
        raise HoursError(f'Horaires : « {text} » n’est pas compris ; écrivez "{APPOINTMENT}" ou rien.')

    def closure(self) -> Closure:
        first = self.day(None)
        last = self.day(first) if self.take_dash() else first
        self.expect_off(f"{first:%d/%m/%Y}")
        reason = self.next()[1].strip('"').strip() if self.peek()[0] == "comment" else ""
        return Closure(first, last, reason)

    def day(self, base: date | None) -> date:
        """A date `2026 Dec 24`; the end of a range may leave out what does not change (`Dec 31`, `31`)."""
        year, month = (base.year, base.month) if base else (0, 0)
        kind, value = self.peek()
        if kind == "number" and len(value) == 4:
            year = int(self.next()[1])
            kind, value = self.peek()
        if kind == "word" and value.lower() in _MONTH:
            month = _MONTH[self.next()[1].lower()]
            kind, value = self.peek()
        if kind != "number" or not year or not month:
            raise HoursError("Horaires : une fermeture s’écrit par exemple 2026 Dec 24-2026 Dec 31 off.")
        try:
            return date(year, month, int(self.next()[1]))
        except ValueError:
            raise HoursError(f"Horaires : le {value}/{month:02d}/{year} n’existe pas.") from None


def _times(text: str, day: str) -> tuple[int, int]:
    pairs = re.findall(r"(\d+):(\d+)", text)
    start, end = (int(hours) * 60 + int(rest) if int(rest) < 60 else -1 for hours, rest in pairs)
    if min(start, end) < 0:
        raise HoursError(f"Horaires de {day} : « {text} », les minutes vont de 00 à 59.")
    if start >= DAY_MINUTES:
        raise HoursError(f"Horaires de {day} : « {text} » commence après la fin de la journée.")
    if end > DAY_MINUTES:
        raise HoursError(
            f"Horaires de {day} : « {text} » dépasse minuit. Arrêtez le créneau à 24:00 "
            f"et écrivez la suite au lendemain, de 00:00 à {clock(end - DAY_MINUTES)}."
        )
    return start, end
