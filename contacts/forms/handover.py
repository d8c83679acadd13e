"""What is typed for the part handed over only: used once, never stored (domain § 3)."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError

from contacts.forms.fields import TextField, refuse_lists
from contacts.services.handover import Typed
from contacts.sheet import POSTAL_LINES, SENTENCE_MAX
from spo_portal.kernel.mail import plain_address

_LINE_MAX = 50
_POSTAL_MAX = POSTAL_LINES * (_LINE_MAX + 1)


class PrintForm(forms.Form):
    """A free sentence and, for a letter, the lines of a postal address."""

    phrase = TextField(
        label="Une phrase pour la personne", required=False, max_length=SENTENCE_MAX, multiline=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )  # fmt: skip
    adresse_postale = TextField(
        label="Adresse postale", required=False, max_length=_POSTAL_MAX, multiline=True,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
    )  # fmt: skip

    def clean_adresse_postale(self) -> tuple[str, ...]:
        lines = tuple(line for line in self.cleaned_data["adresse_postale"].split("\n") if line)
        if len(lines) > POSTAL_LINES:
            raise ValidationError(f"Une adresse tient en {POSTAL_LINES} lignes : il y en a {len(lines)}.")
        long = next((line for line in lines if len(line) > _LINE_MAX), None)
        if long:
            raise ValidationError(
                f"Gardez {_LINE_MAX} caractères au plus par ligne, comme sur une enveloppe."
            )
        return lines

    def clean(self) -> None:
        refuse_lists(self, ("phrase", "adresse_postale"))

    def typed(self) -> Typed:
        return Typed(sentence=self.cleaned_data["phrase"], postal=self.cleaned_data["adresse_postale"])


class MailForm(forms.Form):
    """One address, used for one sending, and the same free sentence."""

    courriel = forms.EmailField(
        label="Ou l’envoyer par courriel", max_length=254, validators=[plain_address],
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "Écrivez l’adresse de la personne, comme prenom@exemple.fr",
            "invalid": "Cette adresse n’est pas complète : écrivez-la comme prenom@exemple.fr",
            "max_length": "Cette adresse est trop longue.",
        },
    )  # fmt: skip
    phrase_courriel = TextField(
        label="Une phrase pour la personne", required=False, max_length=SENTENCE_MAX,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )  # fmt: skip

    def clean(self) -> None:
        refuse_lists(self, ("courriel", "phrase_courriel"))

    def typed(self) -> Typed:
        return Typed(sentence=self.cleaned_data["phrase_courriel"])
