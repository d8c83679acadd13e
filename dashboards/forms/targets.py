"""One field per indicator that may bear a target; an empty one follows the region's default, or has none."""

import datetime
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms

from dashboards.indicators import Indicator, Unit
from dashboards.services.targets import FIRST_YEAR, LARGEST, WHOLE, last_year
from spo_portal.kernel.typography import number

UNITS = {
    Unit.FICHES: "fiches dans l’année",
    Unit.PERCENT: "%",
    Unit.DAYS: "jours",
    Unit.SITES: "lieux",
    Unit.HOURS: "heures par semaine",
}


class TargetsForm(forms.Form):
    """The targets of one area and year. ``sheets`` are the indicators, ``vu`` the mark of what was shown."""

    annee = forms.IntegerField(widget=forms.HiddenInput)
    vu = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, sheets: Iterable[Indicator], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sheets = list(sheets)
        for sheet in self.sheets:
            self.fields[sheet.key] = self._field(sheet)

    def _field(self, sheet: Indicator) -> forms.DecimalField:
        top = sheet.ceiling or LARGEST
        whole = sheet.unit in WHOLE
        digits = "un nombre entier" if whole else "un nombre, une décimale au plus"
        words = f"{sheet.label} : écrivez {digits}, de 0 à {number(top)}."
        return forms.DecimalField(
            label=f"{sheet.label}, en {UNITS[sheet.unit]}",
            required=False,
            min_value=Decimal(0),
            max_value=top,
            decimal_places=0 if whole else 1,
            localize=True,
            error_messages=dict.fromkeys(
                (
                    "invalid", "min_value", "max_value", "max_decimal_places", "max_digits",
                    "max_whole_digits",
                ),
                words,
            ),
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "w-num"}),
        )  # fmt: skip

    def values(self) -> Mapping[str, Decimal | None]:
        """What was typed, by indicator."""
        return {sheet.key: self.cleaned_data.get(sheet.key) for sheet in self.sheets}


def year_asked(text: str | None, today: datetime.date) -> int:
    """The year of the address; anything absurd is this year."""
    if text and text.isascii() and text.isdecimal() and len(text) == 4:
        year = int(text)
        if FIRST_YEAR <= year <= last_year():
            return year
    return today.year
