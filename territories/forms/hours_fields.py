"""Times and days as people type them: 24:00 is an end, 29 February of an ordinary year is explained."""

import datetime
import re
from calendar import isleap
from typing import Any

from django import forms

_MIDNIGHT = re.compile(r"\s*24\s*[:hH]\s*(00)?\s*")
_ISO = re.compile(r"\s*(\d{4})-(\d{1,2})-(\d{1,2})\s*")
_FRENCH = re.compile(r"\s*(\d{1,2})/(\d{1,2})/(\d{4})\s*")


class EndTimeField(forms.TimeField):
    """A closing time: 24:00 and 00:00 are both the end of the day."""

    def to_python(self, value: Any) -> datetime.time | None:
        if isinstance(value, str) and _MIDNIGHT.fullmatch(value):
            return datetime.time(0)
        return super().to_python(value)


class DayField(forms.DateField):
    """A day; one that does not exist in its year is refused with what to write."""

    def __init__(self, *, where: str, label: str) -> None:
        super().__init__(
            label=label,
            required=False,
            error_messages={"invalid": f"{where} : choisissez une date."},
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        )
        self.where = where

    def to_python(self, value: Any) -> datetime.date | None:
        year, month, day = _numbers(value)
        if (month, day) == (2, 29) and not isleap(year):
            raise forms.ValidationError(
                f"{self.where} : {year} n’a pas de 29 février. Écrivez le 28 février ou le 1er mars."
            )
        return super().to_python(value)


def _numbers(value: Any) -> tuple[int, int, int]:
    """Year, month, day typed; zeros when it is no such text."""
    text = value if isinstance(value, str) else ""
    if found := _ISO.fullmatch(text):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _FRENCH.fullmatch(text):
        return int(found[3]), int(found[2]), int(found[1])
    return 0, 0, 0
