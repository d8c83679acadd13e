"""Forms of the partenaires associés, and of what an organisation is."""

from typing import Any

from django import forms

from labelling.models.label_partners import DIRECTIONS
from labelling.services.partner.keeping import FILE_BYTES, Paper, Terms
from territories.enums import SitePublic
from territories.models import Commune, Site
from territories.querysets import SiteQuerySet

DAY = {"type": "date"}
SENS = {
    "destinataire": "Destinataire : les lieux lui envoient du public",
    "prescripteur": "Prescripteur : il envoie du public",
    "les_deux": "Les deux",
}


def day(label: str, **more: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
        error_messages={"invalid": "Écrivez une date, comme 24/11/2026.", "required": "Écrivez une date."},
        **more,
    )


class TermsForm(forms.Form):
    """What a partnership says."""

    sens = forms.ChoiceField(
        label="Sens",
        choices=[(value, SENS[value]) for value, _ in DIRECTIONS],
        widget=forms.RadioSelect,
        error_messages={"required": "Dites dans quel sens ce lieu est partenaire."},
    )
    publics = forms.MultipleChoiceField(
        label="Publics reçus", choices=SitePublic.choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    conditions = forms.CharField(
        label="Conditions d’accueil",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Par exemple « sur notification », « sur rendez-vous ». Personne n’y est nommé.",
    )
    numero = forms.CharField(label="Numéro de la convention", max_length=40, required=False)
    signee_le = day("Convention signée le", required=False)
    jusqu_au = day("Convention jusqu’au", required=False)
    fichier = forms.FileField(
        label="Convention signée (PDF)",
        required=False,
        max_length=120,
        widget=forms.FileInput(attrs={"accept": ".pdf,application/pdf"}),
        help_text=f"{FILE_BYTES // (1024 * 1024)} Mo au plus.",
    )

    def terms(self) -> Terms:
        said = self.cleaned_data
        return Terms(
            direction=said["sens"],
            publics=tuple(said["publics"]),
            conditions=said["conditions"],
            convention_number=said["numero"],
            signed_on=said["signee_le"],
            convention_ends_on=said["jusqu_au"],
        )

    def paper(self) -> Paper | None:
        given = self.cleaned_data.get("fichier")
        return Paper(given.name, given.read()) if given else None


class NewPartnerForm(TermsForm):
    """A new partnership: a place of the directory, or one that is not there yet."""

    lieu = forms.ModelChoiceField(
        label="Lieu de l’annuaire",
        queryset=Site.objects.none(),
        required=False,
        empty_label="Un lieu qui n’y est pas encore",
    )
    nom = forms.CharField(label="Nom du lieu", max_length=200, required=False)
    organisme = forms.CharField(
        label="Organisme",
        max_length=160,
        required=False,
        help_text="Celui qui tient le lieu. S’il n’est pas encore connu, il est ajouté.",
    )
    commune = forms.ModelChoiceField(
        label="Commune", queryset=Commune.objects.none(), required=False, empty_label="Choisissez"
    )
    adresse = forms.CharField(label="Adresse", max_length=200, required=False)
    code_postal = forms.CharField(label="Code postal", max_length=5, required=False)
    telephone = forms.CharField(label="Téléphone", max_length=20, required=False)
    depuis = day("Partenaire depuis le")

    def __init__(self, *args: Any, places: SiteQuerySet, communes: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lieu"].queryset = places  # type: ignore[attr-defined]
        self.fields["commune"].queryset = communes  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not said.get("lieu") and "lieu" not in self.errors:
            for name, words in (
                ("nom", "Choisissez un lieu de l’annuaire, ou écrivez le nom du nouveau."),
                ("organisme", "Écrivez l’organisme qui tient ce lieu."),
                ("commune", "Choisissez la commune de ce lieu."),
            ):
                if not said.get(name) and name not in self.errors:
                    self.add_error(name, words)
        return said


class EndPartnerForm(forms.Form):
    le = day("Dernier jour")
    motif = forms.CharField(
        label="Motif",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Écrivez pourquoi : le motif reste dans l’historique."},
    )


class TrainingBodyForm(forms.Form):
    formation = forms.ChoiceField(
        label="Organisme de formation",
        choices=[("oui", "Oui"), ("non", "Non")],
        widget=forms.RadioSelect,
        error_messages={"required": "Répondez oui ou non."},
    )
    motif = forms.CharField(
        label="Motif",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Écrivez pourquoi : le motif reste dans le journal."},
    )
