"""The week and the closures of a place, as many lines as needed, without any script."""

import datetime
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils import timezone

from spo_portal.kernel.typography import DAYS
from territories import hours
from territories.forms.hours_fields import DayField, EndTimeField

MAX_ROWS, MAX_CLOSURES = 10, 40
WALK_IN, APPOINTMENT = "sans", "sur"
KINDS = [(WALK_IN, "Sans rendez-vous"), (APPOINTMENT, "Sur rendez-vous")]


class WeekForm(forms.Form):
    """Lines ``j<day>c<n>_de/_a/_accueil`` and ``f<n>_du/_au/_motif``; an empty line is no line.

    ``rows`` gives the number of lines of each day, ``closures`` those of closures. After validation ``week``
    holds what was typed; errors stand on the field that can be corrected.
    """

    motif = forms.CharField(
        label="Pourquoi passer sous 50 %",
        max_length=200,
        required=False,
        help_text="Gardé avec la date et votre rôle ; lu par la coordination du territoire.",
    )
    vu = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, rows: Mapping[int, int], closures: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = {day: min(max(rows.get(day, 0), 1), MAX_ROWS) for day in range(7)}
        self.closure_rows = min(max(closures, 1), MAX_CLOSURES)
        self.week: hours.Week | None = None
        for day, count in self.rows.items():
            for n in range(count):
                self._slot_fields(day, n)
        for n in range(self.closure_rows):
            self._closure_fields(n)

    def _slot_fields(self, day: int, n: int, prefix: str = "", of: str = "") -> None:
        where = f"{of}{DAYS[day].capitalize()}, créneau {n + 1}"
        bad = {"invalid": f"{where} : écrivez une heure comme 09:00."}
        name = f"{prefix}j{day}c{n}"
        for part, words, field in (("de", "de", forms.TimeField), ("a", "jusqu’à", EndTimeField)):
            self.fields[f"{name}_{part}"] = field(
                label=f"{where}, {words}",
                required=False,
                error_messages=bad,
                widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
            )
        self.fields[f"{name}_accueil"] = forms.ChoiceField(
            label=f"{where}, accueil", choices=KINDS, required=False, initial=WALK_IN
        )

    def _closure_fields(self, n: int) -> None:
        where = f"Fermeture {n + 1}"
        for part, words in (("du", "premier jour"), ("au", "dernier jour")):
            self.fields[f"f{n}_{part}"] = DayField(where=where, label=f"{where}, {words}")
        self.fields[f"f{n}_motif"] = forms.CharField(label=f"{where}, motif", max_length=120, required=False)

    def slot_lines(self, day: int, prefix: str = "") -> list[dict[str, forms.BoundField]]:
        return [
            {part: self[f"{prefix}j{day}c{n}_{part}"] for part in ("de", "a", "accueil")}
            for n in range(self.rows_of(prefix)[day])
        ]

    def rows_of(self, prefix: str = "") -> Mapping[int, int]:
        """Numbers of lines of each day of one grid."""
        return self.rows

    def closure_lines(self) -> list[dict[str, forms.BoundField]]:
        return [
            {part: self[f"f{n}_{part}"] for part in ("du", "au", "motif")} for n in range(self.closure_rows)
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        slots = self._clean_slots(data)
        closures = [
            c for c in (self._clean_closure(n, data) for n in range(self.closure_rows)) if c is not None
        ]
        if not self.errors:
            try:
                self.week = self.made(slots, tuple(closures), data)
            except hours.HoursError as error:
                self.add_error(None, str(error))
        return data

    def made(
        self, slots: tuple[hours.Slot, ...], closures: tuple[hours.Closure, ...], data: dict[str, Any]
    ) -> hours.Week | None:
        """The hours typed; raises HoursError, or adds errors of its own and makes nothing."""
        return hours.Week(slots, closures)

    def _clean_slots(self, data: dict[str, Any], prefix: str = "") -> tuple[hours.Slot, ...]:
        slots: list[hours.Slot] = []
        for day in range(7):
            slots += self._clean_day(day, data, prefix)
        return tuple(slots)

    def _clean_day(self, day: int, data: dict[str, Any], prefix: str) -> list[hours.Slot]:
        kept: list[hours.Slot] = []
        for n in range(self.rows_of(prefix)[day]):
            name = f"{prefix}j{day}c{n}"
            if f"{name}_de" in self.errors or f"{name}_a" in self.errors:
                continue
            start, end = data.get(f"{name}_de"), data.get(f"{name}_a")
            if start is None and end is None:
                continue
            if start is None or end is None:
                missing, words = (f"{name}_de", "du début") if start is None else (f"{name}_a", "de la fin")
                self.add_error(
                    missing, f"{DAYS[day].capitalize()}, créneau {n + 1} : il manque l’heure {words}."
                )
                continue
            try:
                slot = hours.Slot.of(day, start, end, data.get(f"{name}_accueil") != APPOINTMENT)
            except hours.HoursError as error:
                self.add_error(f"{name}_a", str(error))
                continue
            try:
                hours.Week((*kept, slot))
            except hours.HoursError as error:
                self.add_error(f"{name}_de", str(error))
                continue
            kept.append(slot)
        return kept

    def _clean_closure(self, n: int, data: dict[str, Any]) -> hours.Closure | None:
        if f"f{n}_du" in self.errors or f"f{n}_au" in self.errors:
            return None
        first, last, reason = data.get(f"f{n}_du"), data.get(f"f{n}_au"), data.get(f"f{n}_motif") or ""
        if first is None and last is None:
            if reason:
                self.add_error(f"f{n}_du", f"Fermeture {n + 1} : il manque le premier jour.")
            return None
        if first is None:
            self.add_error(f"f{n}_du", f"Fermeture {n + 1} : il manque le premier jour.")
            return None
        today = timezone.localdate()
        last = last or first
        if last < today:
            self.add_error(f"f{n}_du", f"Fermeture {n + 1} : ces jours sont déjà passés.")
            return None
        if last > today + datetime.timedelta(days=3 * 366):
            self.add_error(
                f"f{n}_au", f"Fermeture {n + 1} : une fermeture se note au plus trois ans à l’avance."
            )
            return None
        try:
            return hours.Closure(first, last, reason)
        except hours.HoursError as error:
            words = str(error)
            self.add_error(f"f{n}_au", f"Fermeture {n + 1} : {words[:1].lower()}{words[1:]}")
            return None


def initial_of(week: hours.Week, today: datetime.date) -> tuple[dict[str, Any], dict[int, int], int]:
    """Initial values and numbers of lines of the form for ``week``; closures that are over are left out."""
    initial, rows = slots_initial(week)
    coming = [closure for closure in week.closures if closure.last_day >= today]
    for n, closure in enumerate(coming):
        initial |= {
            f"f{n}_du": closure.first_day,
            f"f{n}_au": closure.last_day,
            f"f{n}_motif": closure.reason,
        }
    return initial, rows, len(coming) + 1


def slots_initial(week: hours.Week | hours.Season, prefix: str = "") -> tuple[dict[str, Any], dict[int, int]]:
    """Initial values of one grid, and its numbers of lines."""
    initial: dict[str, Any] = {}
    rows: dict[int, int] = {}
    for day in range(7):
        slots = week.on(day)
        rows[day] = len(slots)
        for n, slot in enumerate(slots):
            name = f"{prefix}j{day}c{n}"
            initial[f"{name}_de"] = slot.start_time
            initial[f"{name}_a"] = slot.end_time
            initial[f"{name}_accueil"] = WALK_IN if slot.walk_in else APPOINTMENT
    return initial, rows
