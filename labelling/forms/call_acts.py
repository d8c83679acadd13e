"""Forms of what is done with a call: started, put off, corrected, cancelled, asked about, answered."""

from typing import Any

from django import forms

from labelling.forms.call_fields import area, day, hour, read_moment
from labelling.services import moments


class TitleForm(forms.Form):
    titre = forms.CharField(label="Titre", max_length=200, error_messages={"required": "Donnez un titre."})


class ReasonForm(forms.Form):
    motif = forms.CharField(
        label="Motif",
        max_length=400,
        required=False,
        widget=area(3),
        help_text="Il est publié avec l’appel.",
    )


class PutOffForm(ReasonForm):
    limite_jour = day("Nouvelle date limite de dépôt")
    limite_heure = hour("Heure limite", initial=moments.END_OF_DAY)

    field_order = ("limite_jour", "limite_heure", "motif")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["limite"] = read_moment(self, "limite", moments.END_OF_DAY)
        if data["limite"] is None and not self.errors:
            self.add_error("limite_jour", "Choisissez la nouvelle date limite.")
        return data


class ErratumForm(forms.Form):
    texte = forms.CharField(
        label="Rectificatif",
        max_length=2000,
        required=False,
        widget=area(5),
        help_text="Dites ce qui est remplacé et par quoi. Le rectificatif publié ne se modifie plus.",
    )


class QuestionForm(forms.Form):
    question = forms.CharField(
        label="Votre question",
        max_length=1000,
        required=False,
        widget=area(4),
        help_text="Elle sera publiée avec la réponse, sans dire qui la pose : n’y écrivez pas qui vous êtes.",
    )


class AnswerForm(forms.Form):
    question = forms.CharField(
        label="Question publiée",
        max_length=1000,
        required=False,
        widget=area(3),
        help_text="Retirez ce qui ferait reconnaître qui la pose.",
    )
    reponse = forms.CharField(label="Réponse", max_length=4000, required=False, widget=area(5))
