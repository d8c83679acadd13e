"""The form that makes an API token."""

from django import forms

from dashboards.services.tokens import DAYS

WORDS = {30: "30 jours", 90: "3 mois", 180: "6 mois", 365: "1 an"}


class TokenForm(forms.Form):
    """What the token is for, and for how long."""

    name = forms.CharField(
        label="À quoi servira ce jeton",
        max_length=80,
        help_text="Le nom du programme ou du tableau, pour le reconnaître plus tard.",
        error_messages={"required": "Écrivez à quoi servira ce jeton."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    days = forms.TypedChoiceField(
        label="Durée",
        coerce=int,
        choices=[(days, WORDS[days]) for days in DAYS],
        initial=90,
        help_text="Le plus court qui convient. Passé ce jour, il faut en créer un autre.",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez une durée.",
            "invalid_choice": "Choisissez une durée de la liste.",
        },
    )
