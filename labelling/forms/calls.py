"""Forms of a call being written: text, frame, checklist and grid.

A form only reads what was typed; the rules are the services', which name the field they refuse.
"""

import datetime
from collections.abc import Sequence
from typing import Any

from django import forms

from labelling.forms.call_fields import area, day, hour, read_moment
from labelling.models import AmiCall, AmiCriterion, AmiGridCriterion
from labelling.models.call import NOTE_MAX
from labelling.services import moments
from labelling.services.call_content import CriterionRow, Frame, GridRow
from labelling.services.calls import SCORERS_MAX
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.money import parse_amount
from spo_portal.kernel.typography import amount

TAKE_OUT = "Retirer cette ligne"


class SeenForm(forms.Form):
    """``vu``: version of the call that the page was drawn from."""

    vu = forms.CharField(required=False, max_length=12, widget=forms.HiddenInput)

    @property
    def seen(self) -> int:
        text = self.cleaned_data.get("vu") or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


class TextForm(SeenForm):
    titre = forms.CharField(label="Titre", max_length=200, required=False)
    slug = forms.CharField(
        label="Adresse de la page",
        max_length=60,
        required=False,
        help_text="La fin de l’adresse publique, en minuscules : appel-2026.",
    )
    resume = forms.CharField(
        label="Résumé",
        max_length=600,
        required=False,
        widget=area(3),
        help_text="Ce que la liste des appels montre.",
    )
    contact = forms.CharField(
        label="Contact",
        max_length=200,
        required=False,
        help_text="Une adresse de service ou un téléphone, lisible par tous.",
    )

    @classmethod
    def initial_of(cls, call: AmiCall) -> dict[str, object]:
        return {
            "titre": call.title,
            "slug": call.slug,
            "resume": call.summary,
            "contact": call.contact,
            "vu": call.version,
        }


class SectionForm(forms.Form):
    titre = forms.CharField(label="Titre de la partie", max_length=160, required=False)
    texte = forms.CharField(
        label="Texte",
        max_length=12_000,
        required=False,
        widget=area(10),
        help_text="Une ligne vide sépare deux paragraphes. Un tiret en début de ligne fait une liste.",
    )


class FrameForm(SeenForm):
    ouverture_jour = day("Ouverture des dépôts", help_text="Vide : à la publication de l’appel.")
    ouverture_heure = hour("Heure d’ouverture")
    limite_jour = day("Date limite de dépôt")
    limite_heure = hour("Heure limite")
    questions_jour = day("Questions jusqu’au")
    questions_heure = hour("Heure")
    enveloppe = forms.CharField(
        label="Enveloppe, en euros",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "w-num"}),
        help_text="Ce que la Région peut attribuer à l’ensemble des projets retenus.",
    )
    notes = forms.IntegerField(
        label="Notes attendues par dossier",
        min_value=1,
        max_value=SCORERS_MAX,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), f"Demandez de 1 à {SCORERS_MAX} notes."
        ),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "w-num"}),
    )
    commissions = forms.MultipleChoiceField(
        label="Commissions concernées",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Leurs bassins peuvent répondre. Une commission couvre de un à trois bassins.",
        error_messages={"invalid_choice": "Une des commissions choisies n’est pas de la région."},
    )

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["commissions"].choices = choices  # type: ignore[attr-defined]

    @classmethod
    def initial_of(cls, call: AmiCall, commissions: Sequence[int]) -> dict[str, object]:
        found: dict[str, object] = {
            "limite_heure": moments.END_OF_DAY,
            "questions_heure": moments.END_OF_DAY,
            "enveloppe": amount(call.envelope) if call.envelope else "",
            "notes": call.scorers_wanted,
            "commissions": [str(pk) for pk in commissions],
            "vu": call.version,
        }
        for name, moment in (
            ("ouverture", call.opens_at),
            ("limite", call.closes_at),
            ("questions", call.questions_until),
        ):
            if moment is not None:
                local = moments.in_paris(moment)
                found |= {f"{name}_jour": local.date(), f"{name}_heure": local.time()}
        return found

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, default in (
            ("ouverture", datetime.time(0)),
            ("limite", moments.END_OF_DAY),
            ("questions", moments.END_OF_DAY),
        ):
            data[name] = read_moment(self, name, default)
        data["centimes"] = 0
        if data.get("enveloppe"):
            try:
                data["centimes"] = parse_amount(data["enveloppe"])
            except Refused as refusal:
                self.add_error("enveloppe", str(refusal))
        return data

    def frame(self) -> Frame:
        data = self.cleaned_data
        return Frame(
            opens_at=data["ouverture"],
            closes_at=data["limite"],
            questions_until=data["questions"],
            envelope=data["centimes"],
            scorers_wanted=data["notes"],
            commissions=tuple(int(pk) for pk in data["commissions"]),
        )


class RowForm(forms.Form):
    """A line with its rank; ``retirer`` takes it out. The line to add, left blank, is no line."""

    rang = forms.IntegerField(
        label="Rang",
        required=False,
        min_value=0,
        max_value=999,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "w-rang"}),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), "Écrivez un rang, de 1 à 999."),
    )
    retirer = forms.BooleanField(label=TAKE_OUT, required=False)
    # The fields that make a line a line.
    said: tuple[str, ...] = ()

    @property
    def kept(self) -> bool:
        data = self.cleaned_data
        return not data.get("retirer") and any(data.get(name) for name in self.said)


class CriterionForm(RowForm):
    code = forms.CharField(required=False, max_length=24, widget=forms.HiddenInput)
    texte = forms.CharField(label="Critère", max_length=400, required=False, widget=area(2))
    section = forms.ChoiceField(label="Partie du texte", required=False)
    piece = forms.BooleanField(label="Une pièce est demandée", required=False)
    said = ("texte", "code")

    def __init__(self, *args: Any, sections: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["section"].choices = sections  # type: ignore[attr-defined]

    @classmethod
    def initial_of(cls, one: AmiCriterion, place: int) -> dict[str, object]:
        return {
            "rang": place,
            "code": one.code,
            "texte": one.text,
            "section": str(one.section),
            "piece": one.evidence_wanted,
        }

    def row(self) -> CriterionRow:
        data = self.cleaned_data
        return CriterionRow(int(data.get("section") or 0), data["texte"], data["piece"], data["code"])


class GridForm(RowForm):
    critere = forms.CharField(label="Critère de notation", max_length=120, required=False)
    aide = forms.CharField(label="Ce qui est regardé", max_length=400, required=False, widget=area(2))
    poids = forms.IntegerField(
        label="Poids, en %",
        required=False,
        min_value=1,
        max_value=100,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "w-rang"}),
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), "Un poids est un pourcentage, de 1 à 100."
        ),
    )
    said = ("critere", "aide", "poids", "rang")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for note in range(NOTE_MAX + 1):
            self.fields[f"note{note}"] = forms.CharField(
                label=f"Note {note}", max_length=200, required=False, widget=area(2)
            )

    @property
    def notes(self) -> list[forms.BoundField]:
        return [self[f"note{note}"] for note in range(NOTE_MAX + 1)]

    @classmethod
    def initial_of(cls, one: AmiGridCriterion, place: int) -> dict[str, object]:
        levels = {f"note{note}": words for note, words in enumerate(one.levels)}
        return {"rang": place, "critere": one.label, "aide": one.help, "poids": one.weight} | levels

    def row(self) -> GridRow:
        data = self.cleaned_data
        levels = [data[f"note{note}"] for note in range(NOTE_MAX + 1)]
        return GridRow(data["critere"], data["poids"] or 0, levels, data["aide"])


def ordered(formset: Any) -> list[Any]:
    """The lines kept, by rank; one without a rank comes last, ties stay as they stood."""
    kept = [form for form in formset.forms if form.kept]
    return sorted(kept, key=lambda form: form.cleaned_data.get("rang") or 1000)
