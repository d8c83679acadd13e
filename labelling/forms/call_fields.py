"""Pieces of the forms of a call: days and hours of Paris, and where a refusal stands."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from labelling.services import moments
from spo_portal.kernel.errors import Refused

DAY_WRONG = "Écrivez une date, par exemple 15/12/2026."
HOUR_WRONG = "Écrivez une heure, par exemple 23:59:59."


def area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def day(label: str, **more: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "w-date"})
    return forms.DateField(
        label=label, required=False, widget=widget, error_messages={"invalid": DAY_WRONG}, **more
    )


def hour(label: str, **more: Any) -> forms.TimeField:
    widget = forms.TimeInput(format="%H:%M:%S", attrs={"type": "time", "step": "1", "class": "w-heure"})
    return forms.TimeField(
        label=label, required=False, widget=widget, error_messages={"invalid": HOUR_WRONG}, **more
    )


def read_moment(form: forms.Form, name: str, default: datetime.time) -> datetime.datetime | None:
    """The instant typed in the two fields of ``name``; an error on its field when it has none."""
    day, at = form.cleaned_data.get(f"{name}_jour"), form.cleaned_data.get(f"{name}_heure")
    if day is None:
        return None
    try:
        return moments.moment_of(day, at if at is not None else default)
    except Refused as refusal:
        field = "jour" if "année" in str(refusal) else "heure"
        form.add_error(f"{name}_{field}", str(refusal))
        return None


# Where a service's field stands on the form, when the names differ.
ALIASES: Mapping[str, str] = {
    "limite": "limite_jour",
    "ouverture": "ouverture_jour",
    "questions": "questions_jour",
    "slug": "slug",
}


def refuse(refusal: Refused, form: forms.Form, lines: Sequence[forms.Form] = ()) -> None:
    """Put a service's refusal under the field it names; « texte-2 » is the field of the third line."""
    name, _, place = (refusal.field or "").partition("-")
    if place.isdigit() and int(place) < len(lines):
        line = lines[int(place)]
        line.add_error(name if name in line.fields else None, str(refusal))
        return
    found = name if name in form.fields else ALIASES.get(name)
    form.add_error(found if found in form.fields else None, str(refusal))
