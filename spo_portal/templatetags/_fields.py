"""How a Django form field becomes the portal's markup: label, hint, error and control tied together by ids.

RGAA 11.1 and 11.10: each control has its label, its help and its error are announced with it
(aria-describedby), and the error summary at the top links to the control itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from spo_portal.kernel.typography import no_break

CHIP_STYLES = ("chips", "seg", "statuts", "topics", "checks", "outcomes")

# Sentences that do not say by themselves which field they are about.
_NEEDS_LABEL = ("ce champ", "cette valeur", "saisissez", "assurez-vous", "sélectionnez", "veuillez")


@dataclass(frozen=True)
class Choice:
    """One radio or checkbox: what it sends, what it says, and the key that picks it."""

    name: str
    value: str
    label: str
    id: str
    type: str
    checked: bool
    required: bool
    disabled: bool
    key: str
    hint: str


@dataclass(frozen=True)
class SummaryLine:
    """One line of the error summary; `target` is empty when no control is concerned."""

    target: str
    text: str


def field_kind(field: BoundField) -> str:
    """Say which markup a field needs: hidden, group, check, file, password or input."""
    widget = field.field.widget
    if field.is_hidden:
        return "hidden"
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "group"
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, forms.FileInput):
        return "file"
    if isinstance(widget, forms.PasswordInput):
        return "password"
    return "input"


def shortcut_key(position: int) -> str:
    """Give the digit that picks a choice: 1 to 9, then 0 for the tenth; none beyond."""
    if position <= 9:
        return str(position)
    return "0" if position == 10 else ""


def choices_of(field: BoundField, *, keys: bool, hints: dict[str, str]) -> list[Choice]:
    """List the choices of a group; an empty value ("---------") is never shown as a chip."""
    shown = [widget for widget in field.subwidgets if str(widget.data["value"]) != ""]
    return [
        Choice(
            name=widget.data["name"],
            value=str(widget.data["value"]),
            label=str(widget.data["label"]),
            id=widget.data["attrs"].get("id", ""),
            type=widget.data["type"],
            checked=bool(widget.data["selected"]),
            required=bool(widget.data["attrs"].get("required")),
            disabled=bool(widget.data["attrs"].get("disabled")),
            key=shortcut_key(position) if keys else "",
            hint=hints.get(str(widget.data["value"]), ""),
        )
        for position, widget in enumerate(shown, start=1)
    ]


def describedby(field: BoundField, *, hint: str, remaining: int | None) -> str:
    """Name what must be read with the control, the error first."""
    parts = []
    if field.errors:
        parts.append(f"{field.auto_id}_erreur")
    if hint:
        parts.append(f"{field.auto_id}_aide")
    if remaining is not None:
        parts.append(f"{field.auto_id}_reste")
    return " ".join(parts)


def remaining_characters(field: BoundField) -> int | None:
    """Count what may still be typed, as the server counts it; None when the field has no limit."""
    limit = getattr(field.field, "max_length", None)
    if limit is None:
        return None
    return int(limit) - len(str(field.value() or "").replace("\r\n", "\n"))


def render_control(field: BoundField, described: str, css: str, extra: dict[str, Any]) -> str:
    """Render the widget with the portal's class and the ids of what describes it."""
    own = str(field.field.widget.attrs.get("class", ""))
    classes = " ".join(part for part in ("input", own, css) if part)
    attrs: dict[str, Any] = dict(extra)
    if field_kind(field) == "check":
        classes = " ".join(part for part in (own, css) if part)
    if classes:
        attrs["class"] = classes
    if described:
        attrs["aria-describedby"] = described
    if not field.errors:
        return str(field.as_widget(attrs=attrs))
    return str(field.as_widget(attrs={**attrs, "aria-invalid": "true"}))


def target_of(field: BoundField) -> str:
    """Give the id to focus for a field: the first choice of a group, else the control."""
    if field_kind(field) == "group":
        shown = choices_of(field, keys=False, hints={})
        return shown[0].id if shown else ""
    return "" if field.is_hidden else field.id_for_label


def flatten(sources: Iterable[Any]) -> Iterator[forms.BaseForm | forms.BaseFormSet]:
    """Walk forms and formsets alike, skipping what is neither: a screen may give whatever it has."""
    for source in sources:
        if isinstance(source, forms.BaseFormSet):
            yield source
            yield from source.forms
        elif isinstance(source, forms.BaseForm):
            yield source


def summary_lines(*sources: Any) -> list[SummaryLine]:
    """Collect every error of the given forms, in the order of the screen."""
    lines: list[SummaryLine] = []
    for form in flatten(sources):
        if not form.is_bound:
            continue
        if isinstance(form, forms.BaseFormSet):
            lines += [SummaryLine("", no_break(str(message))) for message in form.non_form_errors()]
            continue
        lines += [SummaryLine("", no_break(str(message))) for message in form.non_field_errors()]
        for field in form:
            lines += [SummaryLine(target_of(field), _with_label(field, str(text))) for text in field.errors]
    return lines


def _with_label(field: BoundField, text: str) -> str:
    if field.label and text.lower().startswith(_NEEDS_LABEL):
        text = f"{field.label} : {text[:1].lower()}{text[1:]}"
    return no_break(text)
