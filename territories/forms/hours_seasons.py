"""The whole year of a place: ordinary week, seasons, bank holidays and closures, without any script."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils import timezone

from territories import hours
from territories.forms.hours import MAX_ROWS, WeekForm, initial_of, slots_initial
from territories.forms.hours_fields import DayField
from territories.hours.season import MAX_SEASONS

Rows = Mapping[int, int]


class HoursForm(WeekForm):
    """``WeekForm`` with ``feries`` and seasons: ``s<n>_nom/_du/_au/_repete/_ferme/_retirer``.

    The grid of a season is named ``s<n>j<day>c…``; ``seasons`` gives the numbers of lines of its days. A
    season to take away is not read at all.
    """

    feries = forms.BooleanField(label="Fermé les jours fériés", required=False)

    def __init__(self, *args: Any, seasons: Sequence[Rows] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.season_rows = [
            {day: min(max(rows.get(day, 0), 1), MAX_ROWS) for day in range(7)}
            for rows in seasons[:MAX_SEASONS]
        ]
        for n, rows in enumerate(self.season_rows):
            self._season_fields(n)
            for day, count in rows.items():
                for line in range(count):
                    self._slot_fields(day, line, f"s{n}", f"Saison {n + 1}, ")

    def _season_fields(self, n: int) -> None:
        where = f"Saison {n + 1}"
        self.fields[f"s{n}_nom"] = forms.CharField(label=f"{where}, nom", max_length=60, required=False)
        self.fields[f"s{n}_du"] = DayField(where=where, label=f"{where}, premier jour")
        self.fields[f"s{n}_au"] = DayField(where=where, label=f"{where}, dernier jour")
        for part, words in (
            ("repete", "revient chaque année"),
            ("ferme", "fermé toute la saison"),
            ("retirer", "retirer cette saison"),
        ):
            self.fields[f"s{n}_{part}"] = forms.BooleanField(label=f"{where}, {words}", required=False)

    def rows_of(self, prefix: str = "") -> Rows:
        return self.season_rows[int(prefix[1:])] if prefix else self.rows

    def season_fields(self, n: int) -> dict[str, forms.BoundField]:
        parts = ("nom", "du", "au", "repete", "ferme", "retirer")
        return {part: self[f"s{n}_{part}"] for part in parts}

    def made(
        self, slots: tuple[hours.Slot, ...], closures: tuple[hours.Closure, ...], data: dict[str, Any]
    ) -> hours.Week | None:
        found = [season for n in range(len(self.season_rows)) if (season := self._clean_season(n, data))]
        return None if self.errors else hours.Week(slots, closures, bool(data.get("feries")), tuple(found))

    def clean(self) -> dict[str, Any]:
        # A season to take away holds no error: what is wrong in it goes with it.
        for n in range(len(self.season_rows)):
            if self.cleaned_data.get(f"s{n}_retirer"):
                for name in [name for name in self.errors if name.startswith((f"s{n}_", f"s{n}j"))]:
                    del self.errors[name]
        return super().clean()

    def _clean_season(self, n: int, data: dict[str, Any]) -> hours.Season | None:
        if data.get(f"s{n}_retirer"):
            return None
        slots = () if data.get(f"s{n}_ferme") else self._clean_slots(data, f"s{n}")
        first, last = data.get(f"s{n}_du"), data.get(f"s{n}_au")
        if first is None and last is None and not slots and not data.get(f"s{n}_nom"):
            return None
        for part, value, words in (("du", first, "premier"), ("au", last, "dernier")):
            if value is None:
                self.add_error(f"s{n}_{part}", f"Saison {n + 1} : il manque le {words} jour.")
        if first is None or last is None or self.errors:
            return None
        try:
            return _season(first, last, bool(data.get(f"s{n}_repete")), slots, data.get(f"s{n}_nom") or "")
        except hours.HoursError as error:
            self.add_error(f"s{n}_au", f"Saison {n + 1} : {error}")
            return None


def _season(
    first: datetime.date, last: datetime.date, yearly: bool, slots: tuple[hours.Slot, ...], name: str
) -> hours.Season:
    if not yearly:
        if last < timezone.localdate():
            raise hours.HoursError(
                "ces jours sont déjà passés. Cochez « revient chaque année », ou retirez-la."
            )
        return hours.Season(first, last, slots, name)
    # Over the new year, the last day may be written with the year that follows or with the same one.
    if (last - first).days >= 366:
        raise hours.HoursError("une saison dure moins d’un an ; au-delà, changez la semaine ordinaire.")
    days = (hours.YearDay(first.month, first.day), hours.YearDay(last.month, last.day))
    return hours.Season(*days, slots, name)


def blank_season(typed: Mapping[str, Any], n: int, rows: Rows) -> dict[str, Any]:
    """Initial values of a season just added: every year, with the ordinary week as it stands."""
    own = {f"s{n}_repete": True}
    for day, count in rows.items():
        for line in range(count):
            for part in ("de", "a", "accueil"):
                name = f"j{day}c{line}_{part}"
                if typed.get(name):
                    own[f"s{n}{name}"] = typed[name]
    return own


def hours_initial(
    week: hours.Week, today: datetime.date
) -> tuple[dict[str, Any], dict[int, int], int, list[dict[int, int]]]:
    """Initial values and numbers of lines for everything; what is over is left out."""
    initial, rows, closures = initial_of(week, today)
    initial["feries"] = week.holidays_off
    counts = []
    for n, season in enumerate(season for season in week.seasons if not season.over(today)):
        own, lines = slots_initial(season, f"s{n}")
        counts.append(lines)
        first, last = _shown(season, today)
        initial |= own
        initial |= {
            f"s{n}_nom": season.name,
            f"s{n}_du": first,
            f"s{n}_au": last,
            f"s{n}_repete": season.yearly,
            f"s{n}_ferme": not season.slots,
        }
    return initial, rows, closures, counts


def _shown(season: hours.Season, today: datetime.date) -> tuple[datetime.date, datetime.date]:
    """Two days to show; of a yearly season the next ones that exist: 29 February waits for its year."""
    first, last = season.first, season.last
    if not isinstance(first, hours.YearDay) or not isinstance(last, hours.YearDay):
        return first, last  # type: ignore[return-value]
    for year in range(today.year, today.year + 9):
        try:
            days = (
                datetime.date(year, first.month, first.day),
                datetime.date(year + (last < first), last.month, last.day),
            )
        except ValueError:
            continue
        if days[1] >= today:
            return days
    raise AssertionError(f"no such days: {season}")
