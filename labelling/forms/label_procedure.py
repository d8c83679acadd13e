"""Forms of the State's side of the label: complement, avis, decision, withdrawal, filters."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from labelling.enums_label import LabelAvisSense, LabelPart, PlaceOutcome, PlaceProposal
from labelling.forms.instruction import day_field
from labelling.models import LabelPlace
from labelling.services.label import avis, complements, decision, withdrawal
from labelling.services.label.effects import Outcome, why_not_labelled

Out = PlaceOutcome
# « Favorable » alone would leave who reads it to guess: to the place, or to its withdrawal.
OF_WITHDRAWAL = {
    str(LabelAvisSense.FAVORABLE): "Favorable au retrait",
    str(LabelAvisSense.RESERVES): "Favorable au retrait, avec réserves",
    str(LabelAvisSense.DEFAVORABLE): "Défavorable au retrait",
    str(LabelAvisSense.NON_RENDU): "Non rendu dans le délai",
}


def text_field(
    label: str, most: int, help_text: str = "", *, ask: str = "", required: bool = True, rows: int = 5
) -> Any:
    """``ask``: what is said when the field comes back empty."""
    return forms.CharField(
        label=label,
        max_length=most,
        help_text=help_text,
        required=required,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": ask},
    )


class ComplementForm(forms.Form):
    """What is asked of the territory, in which parts, until when."""

    parties = forms.MultipleChoiceField(
        label="Parties à rouvrir",
        choices=LabelPart.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choisissez au moins une partie à rouvrir."},
    )
    texte = text_field(
        "Ce qui est demandé",
        complements.TEXT_MAX,
        "Le territoire lit ce texte tel quel, sur le dossier et dans le courriel.",
        ask="Écrivez ce que vous demandez au territoire.",
    )
    jour = day_field("Réponse attendue avant le", "Le délai légal reste suspendu jusqu’à la réponse.")


class AvisForm(forms.Form):
    """The avis, as the minutes of the instance give it."""

    sens = forms.ChoiceField(
        label="Sens de l’avis",
        choices=LabelAvisSense.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez le sens de l’avis."},
    )
    rendu_le = day_field("Rendu le", "Le jour de la séance, ou celui où le délai a été constaté.")
    texte = text_field(
        "Texte de l’avis",
        avis.TEXT_MAX,
        "Obligatoire pour des réserves ou un avis défavorable.",
        required=False,
    )


class WithdrawalAvisForm(forms.Form):
    """The avis on a withdrawal; its day is the day it is recorded."""

    sens = forms.ChoiceField(
        label="Sens de l’avis",
        choices=list(OF_WITHDRAWAL.items()),
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez le sens de l’avis."},
    )
    texte = text_field("Texte de l’avis", avis.TEXT_MAX, required=False)


class MotiveForm(forms.Form):
    motif = text_field(
        "Motif du retrait",
        withdrawal.MOTIVE_MAX,
        "Les faits, le critère du label qui n’est plus rempli. Le lieu y répond dans les trente jours.",
        ask="Écrivez le motif : le lieu répond à ce texte.",
    )


class ObservationsForm(forms.Form):
    observations = text_field(
        "Vos observations",
        withdrawal.TEXT_MAX,
        "Lues par la préfecture et l’instance régionale.",
        ask="Écrivez vos observations.",
    )


class SettleForm(forms.Form):
    """The end of a withdrawal: label withdrawn, or kept."""

    sens = forms.ChoiceField(
        label="Décision",
        choices=[("retirer", "Retirer le label"), ("maintenir", "Maintenir le label")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez la décision."},
    )
    numero = forms.CharField(
        label="Numéro de l’acte",
        max_length=withdrawal.NUMBER_MAX,
        required=False,
        help_text="Obligatoire pour un retrait.",
    )
    dernier_jour = day_field(
        "Dernier jour du label", "Pour un retrait : le jour de la notification ou après.", required=False
    )
    motifs = text_field(
        "Motifs de la décision", withdrawal.TEXT_MAX, ask="Écrivez les motifs : le lieu les lira."
    )

    def clean(self) -> dict[str, Any]:
        """What a withdrawal alone asks is said with the rest, not at the next try."""
        data = super().clean() or self.cleaned_data
        if data.get("sens") == "retirer" and not data.get("numero"):
            self.add_error("numero", "Écrivez le numéro de l’acte.")
        return data


class ReasonForm(forms.Form):
    motifs = text_field("Pourquoi", withdrawal.TEXT_MAX, ask="Dites pourquoi : le lieu lit ce texte.", rows=3)


class DecisionForm(forms.Form):
    """What is decided, when it starts and ends, and of each place. The act itself is joined after."""

    sens = forms.ChoiceField(
        label="Décision",
        choices=[("accorder", "Accorder le label"), ("refuser", "Refuser le label")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez d’accorder ou de refuser."},
    )
    decide_le = day_field("Acte daté du")
    debut = day_field("Label à partir du", required=False)
    fin = day_field("Jusqu’au", "Cinq ans par défaut ; une date plus proche est possible.", required=False)
    motifs = text_field(
        "Motifs", decision.REASONS_MAX, "Obligatoires pour un refus. Le territoire les lit.", required=False
    )

    def __init__(
        self, *args: Any, places: Sequence[LabelPlace], proposed: Mapping[int, Outcome], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.places = places
        for row in places:
            outcome = proposed.get(row.pk, Outcome(Out.NONE))
            self.fields[f"decision-{row.pk}"] = forms.ChoiceField(
                label=f"Décision pour {row.site.name}",
                choices=_choices(row),
                required=False,
                initial=outcome.kind,
                widget=forms.Select,
            )
            self.fields[f"motif-{row.pk}"] = forms.CharField(
                label=f"Motif pour {row.site.name}",
                max_length=decision.REASON_MAX,
                required=False,
                initial=outcome.reason,
            )

    def rows(self) -> list[tuple[LabelPlace, BoundField, BoundField]]:
        return [(row, self[f"decision-{row.pk}"], self[f"motif-{row.pk}"]) for row in self.places]

    def act(self, *, number: str = "", file_name: str = "", content: bytes = b"") -> decision.Act:
        """What was typed, as the service takes it. Valid forms only."""
        data = self.cleaned_data
        outcomes = {
            row.pk: Outcome(data.get(f"decision-{row.pk}", ""), data.get(f"motif-{row.pk}", ""))
            for row in self.places
        }
        return decision.Act(
            granted=data["sens"] == "accorder",
            number=number,
            decided_on=data["decide_le"],
            starts_on=data["debut"],
            ends_on=data["fin"],
            reasons=data["motifs"],
            outcomes=outcomes,
            file_name=file_name,
            content=content,
        )

    def hidden(self) -> list[tuple[str, str]]:
        """Every answer, for the page that confirms."""
        found = []
        for name in self.fields:
            value = self.cleaned_data.get(name)
            text = value.isoformat() if isinstance(value, datetime.date) else str(value or "")
            found.append((name, text))
        return found


def _choices(row: LabelPlace) -> list[tuple[str, str]]:
    """What may be decided of this place: a place that can't be labelled is not offered the label."""
    found = [(str(kind), str(kind.label)) for kind in Out if kind]
    if why_not_labelled(row):
        found = [one for one in found if one[0] != Out.LABELLISE]
    if row.proposal == PlaceProposal.ECARTE:
        found.insert(0, ("", "Hors du dossier, rien ne change"))
    return found


class ActForm(forms.Form):
    """The act signed by the préfet."""

    numero = forms.CharField(
        label="Numéro de l’acte",
        max_length=decision.NUMBER_MAX,
        error_messages={"required": "Écrivez le numéro de l’acte."},
    )
    fichier = forms.FileField(
        label="Acte signé (PDF)",
        help_text="Le fichier est gardé avec son empreinte et ne change plus.",
        error_messages={"required": "Joignez l’acte signé, en PDF."},
    )
