"""Forms of the convention multipartite: settings, parties, signatories, signature, check."""

from typing import Any

from django import forms

from labelling.enums_convention import Capacity, PartyNeed
from labelling.services.convention.acts import REASON_MAX
from labelling.services.convention.signing import NAME_MAX
from spo_portal.kernel.mail import plain_address
from territories.models import Organisation

FUNCTION_MAX = 160
ONE_LINE = forms.TextInput(attrs={"autocomplete": "off"})
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
LONG = forms.Textarea(attrs={"rows": 4})
FUNCTION_HINT = "Par exemple « Présidence de la mission locale » : une fonction, pas un nom."


def _reason(label: str, hint: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=REASON_MAX,
        widget=LONG,
        help_text=hint,
        error_messages={"required": "Écrivez pourquoi : ce motif reste dans l’historique."},
    )


def _mail(label: str, hint: str = "") -> forms.EmailField:
    return forms.EmailField(
        label=label,
        max_length=254,
        validators=[plain_address],
        help_text=hint,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "Écrivez l’adresse de courriel.",
            "invalid": "Écrivez une adresse comme accueil@organisme.fr.",
        },
    )


class FactsForm(forms.Form):
    title = forms.CharField(label="Titre", max_length=200, widget=ONE_LINE)
    contact = _mail("Courriel de la coordination", "Les signataires s’y adressent avant de signer.")
    starts_on = forms.DateField(label="Premier jour", widget=DAY)
    ends_on = forms.DateField(label="Dernier jour", widget=DAY)


class PartiesForm(forms.Form):
    organisations = forms.MultipleChoiceField(
        label="Organisations",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choisissez au moins une organisation."},
    )
    need = forms.ChoiceField(label="Signatures demandées", choices=PartyNeed.choices, initial=PartyNeed.UN)

    def __init__(self, *args: Any, organisations: list[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {str(one.pk): one for one in organisations}
        self.fields["organisations"].choices = [(key, one.name) for key, one in self.known.items()]

    def chosen(self) -> list[Organisation]:
        return [self.known[key] for key in self.cleaned_data["organisations"]]


class NeedForm(forms.Form):
    need = forms.ChoiceField(
        label="Signatures demandées", choices=PartyNeed.choices, widget=forms.RadioSelect
    )


class SignatoryForm(forms.Form):
    capacity = forms.ChoiceField(label="Qualité", choices=Capacity.choices, widget=forms.RadioSelect)
    function = forms.CharField(
        label="Fonction", max_length=FUNCTION_MAX, widget=ONE_LINE, help_text=FUNCTION_HINT
    )
    email = _mail("Courriel", "Le lien personnel y est envoyé : une adresse lue par ce signataire seul.")


class ReasonForm(forms.Form):
    reason = _reason("Motif", "Ce motif reste dans l’historique de la convention.")


class PresentForm(forms.Form):
    """``reason`` is asked once a text was shown."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Ce qui change, et pourquoi",
        max_length=REASON_MAX,
        required=False,
        widget=LONG,
        help_text="Les signataires le liront dans leur courriel.",
    )


class SignForm(forms.Form):
    """``seen``: fingerprint of the text that is on the page."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
    name = forms.CharField(
        label="Vos prénom et nom",
        max_length=NAME_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text="Ils figurent dans la convention signée.",
        error_messages={"required": "Écrivez votre nom : il figure dans la convention signée."},
    )
    function = forms.CharField(
        label="Votre fonction",
        max_length=FUNCTION_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
        error_messages={"required": "Écrivez votre fonction, par exemple « présidente »."},
    )
    agreed = forms.BooleanField(
        label="J’ai lu ce texte en entier et j’ai pouvoir de signer pour cette organisation.",
        error_messages={"required": "Cochez la case : vous avez lu le texte et vous avez pouvoir de signer."},
    )


class RefuseForm(forms.Form):
    refus = forms.CharField(
        label="Motif du refus",
        max_length=REASON_MAX,
        widget=LONG,
        help_text="La coordination du territoire le lira.",
        error_messages={"required": "Dites en quelques mots pourquoi : la coordination lira ce motif."},
    )


class CheckForm(forms.Form):
    empreinte = forms.CharField(
        label="Empreinte",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Les 64 lettres et chiffres imprimés à la fin de la convention.",
    )
    document = forms.FileField(
        label="Ou le document PDF signé",
        required=False,
        help_text="Son empreinte est calculée pendant la requête : le fichier n’est pas gardé.",
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf,.pdf"}),
    )
