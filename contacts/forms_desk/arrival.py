"""A code and what became of the person who bears it."""

from django import forms

from contacts import codes
from contacts.enums import Suite

_ATTRS = {
    "class": "w-code",
    "autocomplete": "off",
    "autocapitalize": "characters",
    "spellcheck": "false",
    "maxlength": "30",
}
HINT = (
    "8 signes et un signe de contrôle, avec ou sans espaces. "
    "Ni O ni 0, ni I ni 1 : ces signes ne sont pas utilisés."
)

OUTCOMES = [
    (Suite.RECUE, "Reçue"),
    (Suite.RENDEZ_VOUS, "Rendez-vous fixé"),
    (Suite.REORIENTEE, "Réorientée ailleurs"),
    (Suite.NE_CONVIENT_PAS, "Ne convient pas"),
    (Suite.JAMAIS_VENUE, "Jamais venue"),
]
OUTCOME_HINTS = {
    "recue": "La personne a été reçue aujourd’hui.",
    "rendez_vous": "Elle reviendra à une date convenue.",
    "reorientee": "Vous l’avez adressée à une autre structure.",
    "ne_convient_pas": "La demande ne relève pas de votre structure.",
    "jamais_venue": "Le rendez-vous est passé, sans nouvelle.",
}
PUBLIC_OUTCOMES = [
    (Suite.RECUE, "J’y suis allé(e) et j’ai été reçu(e)"),
    (Suite.RENDEZ_VOUS, "J’ai obtenu un rendez-vous"),
    (Suite.REORIENTEE, "On m’a envoyé(e) vers une autre structure"),
    (Suite.NE_CONVIENT_PAS, "Ce n’était pas le bon endroit pour ma demande"),
    (Suite.JAMAIS_VENUE, "Je n’y suis pas allé(e)"),
]


class ArrivalForm(forms.Form):
    """Code typed with or without spaces, dashes, in any case; then one of the five outcomes."""

    code = forms.CharField(
        label="Code de la fiche remise",
        max_length=64,
        help_text=HINT,
        widget=forms.TextInput(attrs=_ATTRS),
        error_messages={
            "required": "Tapez le code qui figure sur la fiche.",
            "max_length": "Ce code est trop long : il compte 9 signes.",
        },
    )
    suite = forms.ChoiceField(
        label="Que s’est-il passé ?",
        choices=OUTCOMES,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Dites ce qui s’est passé : choisissez une des cinq réponses.",
            "invalid_choice": "Choisissez une des cinq réponses.",
        },
    )

    def clean_code(self) -> str:
        """A misread sign is told at once, without costing an attempt."""
        typed = str(self.cleaned_data["code"])
        hint = codes.hint(typed)
        if hint:
            raise forms.ValidationError(hint)
        return codes.normalise(typed)


class PublicArrivalForm(ArrivalForm):
    """The same, in the words of the person, without a login."""

    field_order = ["code", "suite"]
    suite = forms.ChoiceField(
        label="Que s’est-il passé ?",
        choices=PUBLIC_OUTCOMES,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez la réponse qui vous ressemble le plus.",
            "invalid_choice": "Choisissez une des cinq réponses.",
        },
    )
