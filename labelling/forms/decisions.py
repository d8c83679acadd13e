"""Forms of the decision: the decision itself, the amount proposed, an agreement, a withdrawal."""

import datetime
from typing import Any

from django import forms

from labelling.enums_ami import Outcome, PartKey
from labelling.services.decisions import NOTE_MAX, OPINION_MAX, REASONS_MAX
from labelling.services.moments import END_OF_DAY, moment_of
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.money import TYPED_MAX, parse_amount

MONEY = {"inputmode": "decimal", "autocomplete": "off", "spellcheck": "false"}


class AmountField(forms.CharField):
    """An amount typed in French; its value is in centimes, 0 when nothing is typed and nothing is needed."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.TextInput(attrs=MONEY))
        super().__init__(max_length=TYPED_MAX, strip=True, **options)

    def clean(self, value: Any) -> int:
        typed = super().clean(value)
        if not typed:
            return 0
        try:
            return parse_amount(typed)
        except Refused as error:
            raise forms.ValidationError(str(error)) from None


class DecisionForm(forms.Form):
    """What is decided. Parts and date are for « à compléter », the amount for « retenue »."""

    sens = forms.ChoiceField(
        label="Sens",
        choices=Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez le sens de la décision."},
    )
    montant = AmountField(label="Montant accordé, en euros", required=False)
    parties = forms.MultipleChoiceField(
        label="Parties à compléter",
        choices=PartKey.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    echeance = forms.DateField(
        label="À compléter au plus tard le",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Écrivez une date."},
        help_text="Jusqu’à 23 h 59 ce jour-là.",
    )
    motifs = forms.CharField(
        label="Motifs",
        max_length=REASONS_MAX,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Écrivez les motifs : ils figurent dans la lettre au porteur."},
    )

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        sens = typed.get("sens")
        if sens == Outcome.RETENUE and "montant" in typed and not typed["montant"]:
            self.add_error("montant", "Indiquez le montant accordé, en euros.")
        if sens == Outcome.A_COMPLETER:
            if not typed.get("parties"):
                self.add_error("parties", "Cochez les parties à compléter, une au moins.")
            if "echeance" in typed and not typed["echeance"]:
                self.add_error("echeance", "Indiquez jusqu’à quand le porteur complète son dossier.")
        return typed

    def deadline(self) -> datetime.datetime | None:
        """The last second of the day typed, in Paris."""
        day = self.cleaned_data.get("echeance")
        if self.cleaned_data.get("sens") != Outcome.A_COMPLETER or day is None:
            return None
        return moment_of(day, END_OF_DAY, "echeance")


class ProposalForm(forms.Form):
    """The amount the instruction proposes; 0 proposes not to select the project."""

    propose = AmountField(
        label="Montant proposé, en euros",
        help_text="0 pour proposer de ne pas retenir.",
        error_messages={"required": "Indiquez un montant ; 0 pour proposer de ne pas retenir."},
    )
    note = forms.CharField(label="Pourquoi ce montant", required=False, max_length=NOTE_MAX)
    vu = forms.IntegerField(required=False, widget=forms.HiddenInput, initial=0)


class OpinionForm(forms.Form):
    """One officer's word on the proposal."""

    accord = forms.ChoiceField(
        label="Votre position",
        choices=[("oui", "D’accord"), ("non", "Pas d’accord")],
        widget=forms.RadioSelect,
        error_messages={"required": "Dites si vous êtes d’accord."},
    )
    avis_note = forms.CharField(
        label="Note", required=False, max_length=OPINION_MAX, widget=forms.Textarea(attrs={"rows": 2})
    )


class WithdrawForm(forms.Form):
    """Why a decision is taken back before its publication."""

    commentaire = forms.CharField(
        label="Pourquoi retirer cette décision",
        max_length=REASONS_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Écrivez pourquoi : ce motif reste au dossier."},
    )
