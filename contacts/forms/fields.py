"""Fields that refuse hostile input with a plain sentence: damaged text, lists for scalars, huge numbers."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict

from spo_portal.kernel.privacy import TextRefused, clean_text

ONE_ANSWER = "Une seule réponse est attendue ici."
DAMAGED = "Ce texte contient un caractère abîmé. Effacez-le et tapez-le de nouveau."
_ID = re.compile(r"[0-9]{1,18}", re.ASCII)
_HOUR = re.compile(r"([0-9]{1,2}) ?[:hH] ?([0-9]{2})?(?::00)?", re.ASCII)


class TextField(forms.CharField):
    """One line of text (or several), cleaned; damaged or control characters are refused and said so."""

    def __init__(self, *, multiline: bool = False, too_long: str = "", **kwargs: Any) -> None:
        self.multiline = multiline
        super().__init__(strip=False, **kwargs)
        # The length is counted on the cleaned text, in `clean`; the browser keeps the attribute.
        self.validators = []
        self.too_long = too_long or f"Gardez {self.max_length} caractères au plus."

    def clean(self, value: Any) -> str:
        text = "" if value is None else str(value)
        if "\ufffd" in text:
            raise ValidationError(DAMAGED)
        try:
            text = clean_text(text, multiline=self.multiline)
        except TextRefused as error:
            raise ValidationError(str(error)) from None
        if self.max_length is not None and len(text) > self.max_length:
            raise ValidationError(f"{self.too_long} Il y en a {len(text)}.")
        return str(super().clean(text))


class IdListField(forms.Field):
    """Ids of rows, each once, in the order sent; what is not an id is refused, never converted."""

    widget = forms.SelectMultiple

    def to_python(self, value: Any) -> tuple[int, ...]:
        ids: dict[int, None] = {}
        for text in value or ():
            if not _ID.fullmatch(str(text)):
                raise ValidationError("Une structure choisie n’existe pas. Retirez-la.")
            ids[int(text)] = None
        return tuple(ids)


class IdField(forms.Field):
    """Id of one row, or nothing."""

    def to_python(self, value: Any) -> int | None:
        if value in (None, ""):
            return None
        if not _ID.fullmatch(str(value)):
            raise ValidationError("Cette structure n’existe pas.")
        return int(value)


class HourField(forms.TimeField):
    """« 14:30 » as browsers send it, « 14 h 30 » or « 9h » as people type it."""

    def to_python(self, value: Any) -> datetime.time | None:
        text = str(value or "").replace("\u00a0", " ").strip()
        if not text:
            return None
        found = _HOUR.fullmatch(text)
        if not found or int(found[1]) > 23 or int(found[2] or 0) > 59:
            raise ValidationError("Écrivez l’heure comme 14:30.")
        return datetime.time(int(found[1]), int(found[2] or 0))


def refuse_lists(form: forms.Form, names: Iterable[str]) -> None:
    """Refuse a field sent several times where one answer is expected (statut=1&statut=2)."""
    if isinstance(form.data, MultiValueDict):
        for name in names:
            if len(form.data.getlist(name)) > 1:
                form.add_error(name, ONE_ANSWER)
