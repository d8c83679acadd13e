"""The place proposed: one of the directory, or a new one."""

import re
from typing import Any

from django import forms

from labelling.services.dossier import Place

EXISTING, NEW = "existant", "nouveau"
MODES = [(EXISTING, "Un lieu déjà dans l’annuaire"), (NEW, "Un nouveau lieu")]
WRONG_MAIL = "Écrivez un courriel comme accueil@structure.fr."


class PlaceForm(forms.Form):
    """Where the place is, how to reach it. A draft may leave all of it empty; what is there must be right."""

    mode = forms.ChoiceField(label="Le lieu mutualisé", choices=MODES, widget=forms.RadioSelect)
    site = forms.IntegerField(required=False, widget=forms.HiddenInput)
    nom = forms.CharField(label="Nom du lieu", max_length=160, required=False)
    adresse = forms.CharField(label="Adresse", max_length=200, required=False)
    complement = forms.CharField(label="Complément d’adresse", max_length=200, required=False)
    code_postal = forms.CharField(label="Code postal", max_length=5, required=False)
    commune = forms.CharField(max_length=5, required=False, widget=forms.HiddenInput)
    telephone = forms.CharField(label="Téléphone", max_length=20, required=False)
    courriel = forms.EmailField(
        label="Courriel", max_length=254, required=False, error_messages={"invalid": WRONG_MAIL}
    )
    site_web = forms.URLField(
        label="Site internet",
        required=False,
        assume_scheme="https",
        error_messages={"invalid": "Écrivez une adresse comme https://www.structure.fr."},
    )
    accessibilite = forms.CharField(
        label="Accessibilité",
        max_length=200,
        required=False,
        help_text="Plain-pied, rampe, boucle auditive, stationnement…",
    )
    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def clean_code_postal(self) -> str:
        code = str(self.cleaned_data["code_postal"]).replace(" ", "")
        if code and not re.fullmatch(r"[0-9]{5}", code):
            raise forms.ValidationError("Écrivez les cinq chiffres du code postal.")
        return code

    def clean_telephone(self) -> str:
        number = str(self.cleaned_data["telephone"]).strip()
        digits = re.sub(r"[\s.()-]", "", number)
        if number and not re.fullmatch(r"(\+[0-9]{8,15}|0[0-9]{9})", digits):
            raise forms.ValidationError("Écrivez un numéro à dix chiffres, comme 05 49 00 00 00.")
        return number


def initial_of(place: Place | None) -> dict[str, Any]:
    """What the form starts with."""
    if place is None:
        return {"mode": NEW, "version": 0}
    row = place.row
    return {
        "mode": EXISTING if row.site_id else NEW,
        "site": row.site_id,
        "nom": row.name,
        "adresse": row.address,
        "complement": row.complement,
        "code_postal": row.postcode,
        "commune": row.commune_id or "",
        "telephone": row.phone,
        "courriel": row.email,
        "site_web": row.website,
        "accessibilite": row.accessibility,
        "version": row.version,
    }
