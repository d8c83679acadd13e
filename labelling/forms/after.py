"""Forms after the selection: convention and its payments, opening, yearly report, proof of publicity."""

from typing import Any

from django import forms
from django.utils import timezone

from labelling.documents.convention import MONTH_NAMES
from labelling.enums_ami import Funder
from labelling.forms.decisions import MONEY, AmountField
from labelling.models import AmiConvention
from labelling.services import conventions, follow_ups, publicity
from labelling.services.conventions import Payment, Terms
from spo_portal.kernel.typography import amount

DAY = {"type": "date"}
ROWS = 4


def day_field(label: str, **options: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
        error_messages={"required": "Indiquez la date.", "invalid": "Écrivez une date."},
        **options,
    )


class ConventionForm(forms.Form):
    """Number, dates, month of the yearly report, and up to ``ROWS`` payments, empty rows left out."""

    numero = forms.CharField(
        label="Numéro de la convention",
        max_length=conventions.NUMBER_MAX,
        error_messages={"required": "Écrivez le numéro de la convention."},
    )
    debut = day_field("À partir du")
    fin = day_field("Jusqu’au")
    mois_bilan = forms.TypedChoiceField(
        label="Bilan annuel remis avant la fin du mois de",
        coerce=int,
        choices=[(number, name) for number, name in enumerate(MONTH_NAMES, 1)],
        help_text="Chaque année, pour l’année précédente.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for n in range(1, ROWS + 1):
            self.fields[f"libelle_{n}"] = forms.CharField(
                label=f"Versement {n}", max_length=conventions.LABEL_MAX, required=False
            )
            self.fields[f"montant_{n}"] = AmountField(
                label="Montant, en euros",
                required=False,
                widget=forms.TextInput(attrs=MONEY),
            )
            self.fields[f"date_{n}"] = day_field("Prévu le", required=False)

    @property
    def rows(self) -> list[tuple[int, Any, Any, Any]]:
        return [
            (n, self[f"libelle_{n}"], self[f"montant_{n}"], self[f"date_{n}"]) for n in range(1, ROWS + 1)
        ]

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        for n in range(1, ROWS + 1):
            names = [f"libelle_{n}", f"montant_{n}", f"date_{n}"]
            if any(name in self.errors for name in names):
                continue
            said = [typed.get(name) for name in names]
            if any(said) and not all(said):
                for name, value in zip(names, said, strict=True):
                    if not value:
                        self.add_error(name, "À remplir, ou laissez toute la ligne vide.")
        return typed

    def terms(self) -> Terms:
        typed = self.cleaned_data
        return Terms(
            number=typed["numero"],
            starts_on=typed["debut"],
            ends_on=typed["fin"],
            follow_up_month=typed["mois_bilan"],
            payments=tuple(
                Payment(typed[f"libelle_{n}"], typed[f"montant_{n}"], typed[f"date_{n}"])
                for n in range(1, ROWS + 1)
                if typed.get(f"libelle_{n}")
            ),
        )


def from_terms(terms: Terms) -> dict[str, Any]:
    """Initial values of the form."""
    values: dict[str, Any] = {
        "numero": terms.number,
        "debut": terms.starts_on,
        "fin": terms.ends_on,
        "mois_bilan": terms.follow_up_month,
    }
    for n, payment in enumerate(terms.payments[:ROWS], 1):
        values |= {
            f"libelle_{n}": payment.label,
            f"montant_{n}": amount(payment.amount),
            f"date_{n}": payment.due_on,
        }
    return values


def terms_of(convention: AmiConvention) -> Terms:
    payments = tuple(Payment(p.label, p.amount, p.due_on) for p in convention.instalments.all())
    return Terms(
        convention.number, convention.starts_on, convention.ends_on, convention.follow_up_month, payments
    )


class SignForm(forms.Form):
    signee_le = day_field("Signée le")


class PaidForm(forms.Form):
    verse_le = day_field("Versé le")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.is_bound:
            self.initial.setdefault("verse_le", timezone.localdate())


class ReasonForm(forms.Form):
    commentaire = forms.CharField(
        label="Pourquoi",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Ce motif reste au dossier et le porteur le lit.",
        error_messages={"required": "Écrivez pourquoi : ce motif reste au dossier."},
    )


class TextsForm(forms.Form):
    """The three texts of a yearly report; ``version`` is the number they were read at."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    activity = forms.CharField(
        label="Activité de l’année",
        max_length=follow_ups.TEXTS["activity"],
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Ce que le lieu a proposé, à qui, et ce qui en est sorti. Sans nom de personne reçue.",
    )
    partners = forms.CharField(
        label="Vie du partenariat",
        max_length=follow_ups.TEXTS["partners"],
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Permanences tenues, réunions, ce que chaque partenaire a apporté.",
    )
    difficulties = forms.CharField(
        label="Difficultés et suites",
        max_length=follow_ups.TEXTS["difficulties"],
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class CheckForm(forms.Form):
    mot = forms.CharField(
        label="Mot au porteur",
        max_length=follow_ups.WORD_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Obligatoire pour renvoyer le bilan : dites ce qui est à reprendre.",
    )


class ProofForm(forms.Form):
    financement = forms.ChoiceField(
        label="Ce fichier montre le financement",
        choices=Funder.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Dites quel financement ce fichier montre."},
    )
    titre = forms.CharField(
        label="Ce que montre le fichier",
        max_length=publicity.TITLE_MAX,
        help_text="Par exemple : plaque à l’entrée, dépliant, page du site.",
        error_messages={"required": "Dites en quelques mots ce que montre le fichier."},
    )
