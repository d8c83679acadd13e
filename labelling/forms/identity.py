"""Name of the project, and who speaks for the porteur: a function, never a name of ours."""

from django import forms


class IdentityForm(forms.Form):
    title = forms.CharField(label="Nom du projet", max_length=160, strip=True)
    contact_name = forms.CharField(
        label="Fonction de l’interlocuteur",
        max_length=120,
        required=False,
        help_text="Celle ou celui à qui la Région s’adresse : direction, responsable du lieu…",
    )
    contact_email = forms.EmailField(
        label="Courriel de l’interlocuteur",
        required=False,
        error_messages={"invalid": "Écrivez un courriel comme accueil@structure.fr."},
    )
    contact_phone = forms.CharField(label="Téléphone de l’interlocuteur", max_length=20, required=False)
    vu = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)
