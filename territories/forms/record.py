"""The record of a place as its keeper types it, and the form of a place that opens."""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.validators import URLValidator

from spo_portal.kernel.typography import capital
from territories.enums import AccessFeature, PartnerDirection, SiteKind, SitePublic, Wheelchair
from territories.models import Commune, Organisation, Reseau, Site
from territories.services.record.edit import Record, record_of, shown
from territories.services.record.merge import dumped, loaded, merge, plain

WRONG_MAIL = "Écrivez un courriel comme accueil@structure.fr."
WRONG_SITE = "Écrivez une adresse comme https://www.structure.fr."
# Ten digits, or the short numbers of public services.
PHONE = re.compile(r"0[1-9][0-9]{8}|[0-9]{4}")
STAFF = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]))?")
LISTS = ("equipements", "publics")
NAMES = {"required": "Écrivez le nom du lieu."}


class RecordForm(forms.Form):
    """What a place is, where, how one reaches it and enters, whom it receives. No person is asked for."""

    nom = forms.CharField(label="Nom du lieu", max_length=200, error_messages=NAMES)
    organisation = forms.CharField(
        label="Organisme",
        max_length=160,
        help_text="Celui qui tient le lieu. Choisissez-le dans la liste.",
        error_messages={"required": "Choisissez l’organisme qui tient le lieu."},
    )
    nature = forms.ChoiceField(
        label="Nature",
        choices=[(value, capital(label)) for value, label in SiteKind.choices],
        widget=forms.RadioSelect,
    )
    rattache = forms.TypedChoiceField(
        label="Rattaché à",
        required=False,
        coerce=int,
        empty_value=None,
        help_text="Le siège dont dépend une antenne ou une permanence.",
    )
    adresse = forms.CharField(label="Adresse", max_length=200, required=False, help_text="Numéro et rue.")
    complement = forms.CharField(
        label="Complément d’adresse", max_length=200, required=False, help_text="Bâtiment, étage, entrée."
    )
    code_postal = forms.CharField(label="Code postal", max_length=8, required=False)
    commune = forms.CharField(max_length=5, required=False, widget=forms.HiddenInput)
    latitude = forms.CharField(label="Latitude", max_length=12, required=False)
    longitude = forms.CharField(label="Longitude", max_length=12, required=False)
    telephone = forms.CharField(label="Téléphone", max_length=24, required=False)
    courriel = forms.EmailField(
        label="Courriel",
        max_length=254,
        required=False,
        help_text="Une adresse de service, lue par tous.",
        error_messages={"invalid": WRONG_MAIL},
    )
    site_web = forms.URLField(
        label="Site internet",
        max_length=200,
        required=False,
        assume_scheme="https",
        error_messages={"invalid": WRONG_SITE},
        validators=[URLValidator(schemes=["http", "https"], message=WRONG_SITE)],
    )
    transports = forms.CharField(
        label="Transports en commun",
        max_length=300,
        required=False,
        help_text="Ligne et arrêt le plus proche.",
    )
    fauteuil = forms.ChoiceField(
        label="Accès en fauteuil", choices=Wheelchair.choices, required=False, widget=forms.RadioSelect
    )
    equipements = forms.MultipleChoiceField(
        label="Équipements",
        choices=AccessFeature.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    accessibilite = forms.CharField(
        label="Précision sur l’accès",
        max_length=200,
        required=False,
        help_text="Ce qu’il faut savoir avant de venir : sonnette, rampe, entrée à contourner.",
    )
    publics = forms.MultipleChoiceField(
        label="Publics reçus", choices=SitePublic.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    publics_precision = forms.CharField(label="Précision sur les publics", max_length=200, required=False)
    agents = forms.CharField(
        label="Agents d’accueil",
        max_length=6,
        required=False,
        help_text="En équivalent temps plein, par exemple 2,5. Aucun nom.",
    )
    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    # What the form started from: two people who change different fields at once both keep theirs.
    depart = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, parents: Sequence[Site] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fauteuil"].choices = [  # type: ignore[attr-defined]
            (value, label) for value, label in Wheelchair.choices if value
        ]
        choices = [(str(p.pk), f"{p.name} ({p.territory.name})") for p in parents]
        self.fields["rattache"].choices = [("", "Aucun"), *choices]  # type: ignore[attr-defined]

    def clean_code_postal(self) -> str:
        code = re.sub(r"\s", "", str(self.cleaned_data["code_postal"]))
        if code and not re.fullmatch(r"[0-9]{5}", code):
            raise forms.ValidationError("Écrivez les cinq chiffres du code postal.")
        return code

    def clean_telephone(self) -> str:
        digits = re.sub(r"[\s.()/-]", "", str(self.cleaned_data["telephone"]))
        if digits.startswith(("+33", "0033")):
            digits = "0" + digits.removeprefix("+33").removeprefix("0033").removeprefix("0")
        if digits and not PHONE.fullmatch(digits):
            raise forms.ValidationError("Écrivez un numéro à dix chiffres, comme 03 20 00 00 00.")
        return digits if len(digits) == 4 else " ".join(digits[i : i + 2] for i in range(0, len(digits), 2))

    def clean_agents(self) -> int | None:
        text = str(self.cleaned_data["agents"])
        if not text:
            return None
        found = STAFF.fullmatch(text)
        if found is None:
            raise forms.ValidationError("Écrivez un nombre comme 2 ou 2,5.")
        return int(found[1]) * 10 + int(found[2] or 0)

    def clean_latitude(self) -> Decimal | None:
        return self._degrees("latitude", 90)

    def clean_longitude(self) -> Decimal | None:
        return self._degrees("longitude", 180)

    def _degrees(self, name: str, limit: int) -> Decimal | None:
        text = str(self.cleaned_data[name]).replace(",", ".").replace("−", "-")
        if not text:
            return None
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or abs(value) > limit:
            raise forms.ValidationError("Écrivez des degrés décimaux, comme 50,63720.")
        return value.quantize(Decimal("0.00001"))

    def record(
        self, *, organisation: Organisation, commune: Commune | None, parents: Sequence[Site]
    ) -> Record:
        """What was typed, once valid; rows are looked up by the caller."""
        data = self.cleaned_data
        return Record(
            name=data["nom"],
            organisation=organisation,
            kind=data["nature"],
            parent=next((p for p in parents if p.pk == data["rattache"]), None),
            address=data["adresse"],
            complement=data["complement"],
            postcode=data["code_postal"],
            commune=commune,
            latitude=data["latitude"],
            longitude=data["longitude"],
            phone=data["telephone"],
            email=data["courriel"],
            website=data["site_web"],
            transport=data["transports"],
            wheelchair=data["fauteuil"],
            access_features=tuple(data["equipements"]),
            accessibility=data["accessibilite"],
            publics=tuple(data["publics"]),
            publics_note=data["publics_precision"],
            staff_tenths=data["agents"],
        )


class NewPlaceForm(RecordForm):
    """A place that opens: of a network, or partner in one direction."""

    reseau = forms.TypedChoiceField(
        label="Réseau",
        required=False,
        coerce=int,
        empty_value=None,
        help_text="Laissez « Aucun » pour un partenaire associé.",
    )
    creer = forms.BooleanField(label="Cet organisme n’est pas dans la liste : l’ajouter", required=False)
    sens = forms.ChoiceField(
        label="Partenariat",
        required=False,
        choices=[(value, capital(label)) for value, label in PartnerDirection.choices if value],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, reseaux: Sequence[Reseau] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(r.pk), r.name) for r in reseaux]
        self.fields["reseau"].choices = [("", "Aucun"), *choices]  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """Why a place closes or opens again."""

    motif = forms.CharField(
        label="Motif",
        max_length=300,
        help_text="Gardé dans l’historique du lieu avec la date et votre rôle.",
        error_messages={"required": "Écrivez pourquoi : le motif reste dans l’historique du lieu."},
    )


def initial_of(site: Site) -> dict[str, Any]:
    """What the form starts with."""
    record = record_of(site)
    values: dict[str, Any] = {
        "nom": record.name,
        "organisation": record.organisation.name,
        "nature": record.kind,
        "rattache": str(record.parent.pk) if record.parent else "",
        "adresse": record.address,
        "complement": record.complement,
        "code_postal": record.postcode,
        "commune": record.commune.pk if record.commune else "",
        "latitude": shown("latitude", record),
        "longitude": shown("longitude", record),
        "telephone": record.phone,
        "courriel": record.email,
        "site_web": record.website,
        "transports": record.transport,
        "fauteuil": record.wheelchair,
        "equipements": list(record.access_features),
        "accessibilite": record.accessibility,
        "publics": list(record.publics),
        "publics_precision": record.publics_note,
        "agents": shown("staff_tenths", record),
    }
    return values | {"version": site.version, "depart": dumped(values)}


def merged(form: RecordForm, site: Site) -> tuple[dict[str, Any], set[str]] | None:
    """What was typed over what is stored now, field by field, and the fields both changed.

    None when the form does not say what it started from.
    """
    start = loaded(str(form["depart"].value() or ""))
    if start is None:
        return None
    now = initial_of(site)
    names = now.keys() - {"version", "depart"}
    values, both = merge(
        start=start,
        stored=plain({name: now[name] for name in names}),
        typed=plain({name: form[name].value() or "" for name in names if name not in LISTS})
        | {name: sorted(form[name].value() or []) for name in LISTS},
    )
    return values | {"version": now["version"], "depart": now["depart"]}, both
