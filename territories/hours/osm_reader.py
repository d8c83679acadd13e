"""Reads one line of opening hours, token by token; `osm` makes a week of what it finds."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from spo_portal.kernel.typography import DAYS

from .season import APPOINTMENT, RESERVED, YearDay
from .slot import DAY_MINUTES, HoursError, Slot
from .words import CODES, MONTH_CODES

_DAY = {code.lower(): number for number, code in enumerate(CODES)}
_MONTH = {code.lower(): number for number, code in enumerate(MONTH_CODES, start=1)}
_LEAP = 2024
_TOKEN = re.compile(
    r"""\s*(?:(?P<comment>"[^"]*")
    |(?P<always>24/7)
    |(?P<times>\d{1,2}:\d{2}\s?[-–]\s?\d{1,2}:\d{2})
    |(?P<number>\d{1,4})
    |(?P<word>[A-Za-zÀ-ÿ]+)
    |(?P<sign>[;,:–-]))""",
    re.VERBOSE,
)
Token = tuple[str, str]
Span = tuple[YearDay, YearDay] | tuple[date, date]


@dataclass(frozen=True)
class Rule:
    """Slots of the weekdays a rule names; none on a day means closed. ``comment`` names a season."""

    days: dict[int, list[Slot]]
    comment: str = ""
    closed: bool = False
    every_day: bool = False


def tokens_of(text: str) -> list[Token]:
    tokens: list[Token] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise HoursError(f"Horaires : « {text[position : position + 20].strip()} » n’est pas compris.")
        tokens.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return tokens


class Reader:
    """Walks the tokens once, left to right."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens, self.at = tokens, 0

    def done(self) -> bool:
        return self.at >= len(self.tokens)

    def peek(self, ahead: int = 0) -> Token:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ("end", "")

    def next(self) -> Token:
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

    def span(self) -> Span | None:
        """The days a rule is bound to: two dates, two days of the year, whole months; None without any."""
        kind, value = self.peek()
        if kind == "number":
            start = self.date(None)
            last = self.date(start) if self.take_dash() else start
            return self._end((start, last), f"{start:%d/%m/%Y}")
        if kind != "word" or value.lower() not in _MONTH:
            return None
        first = self.year_day(None, last=False)
        until = first if not self.take_dash() else self.year_day(first, last=True)
        if until == first and self.tokens[self.at - 1][0] == "word":
            until = YearDay(first.month, monthrange(_LEAP, first.month)[1])
        return self._end((first, until), value)

    def _end(self, span: Span, what: str) -> Span:
        self.take("sign", ":")
        if self.done() or self.peek()[1] in (";", ","):
            raise HoursError(
                f"Horaires : après « {what} », seul « off » (fermé) est compris, "
                "ou des jours avec leurs heures."
            )
        return span

    def rule(self, *, in_season: bool) -> Rule:
        """One rule: weekdays, then times and perhaps a comment, or `off`. A season may close every day."""
        if in_season and self.take_off():
            return Rule({day: [] for day in range(7)}, self.words(), closed=True, every_day=True)
        if self.peek()[0] == "always":
            self.next()
            days, times = list(range(7)), [(0, DAY_MINUTES)]
        else:
            days = self.weekdays()
            if self.take_off():
                comment = self.words() if in_season else ""
                return Rule({day: [] for day in days}, comment, closed=True)
            times = self.times(days)
        if self.peek()[0] == "word" and self.peek()[1].lower() == "open":
            self.next()
        walk_in, name = self.comment(in_season=in_season)
        return Rule({day: [Slot(day, start, end, walk_in) for start, end in times] for day in days}, name)

    def words(self) -> str:
        """A free comment, or nothing."""
        return self.next()[1].strip('"').strip() if self.peek()[0] == "comment" else ""

    def comment(self, *, in_season: bool) -> tuple[bool, str]:
        """Walk-in or not, and the name of the season written before it."""
        text = " ".join(self.words().split())
        if not text:
            return True, ""
        if text.lower() in RESERVED:
            return RESERVED[text.lower()], ""
        if not in_season:
            raise HoursError(f'Horaires : « {text} » n’est pas compris ; écrivez "{APPOINTMENT}" ou rien.')
        name, _, kind = text.rpartition(":")
        if name and kind.strip().lower() in RESERVED:
            return RESERVED[kind.strip().lower()], name.strip()
        return True, text

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

    def year_day(self, base: YearDay | None, *, last: bool) -> YearDay:
        """`Jul 01`; a month alone is its first day, or its last one; the end may leave the month out."""
        month = base.month if base else 0
        kind, value = self.peek()
        if kind == "word" and value.lower() in _MONTH:
            month = _MONTH[self.next()[1].lower()]
            if not (self.peek()[0] == "number" and len(self.peek()[1]) < 3):
                return YearDay(month, monthrange(_LEAP, month)[1] if last else 1)
        elif kind != "number":
            raise HoursError("Horaires : une saison s’écrit par exemple Jul 01-Aug 31 Mo-Fr 09:00-12:00.")
        return YearDay.of(month, int(self.next()[1]))

    def date(self, base: date | None) -> date:
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
        rest = end - DAY_MINUTES
        raise HoursError(
            f"Horaires de {day} : « {text} » dépasse minuit. Arrêtez le créneau à 24:00 "
            f"et écrivez la suite au lendemain, de 00:00 à {rest // 60:02d}:{rest % 60:02d}."
        )
    return start, end
