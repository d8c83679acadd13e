"""What the component gallery shows, in demo mode only: every component in every state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.utils import timezone

STATUTS = [
    (1, "Scolarisé"),
    (2, "Étudiant"),
    (3, "Salarié"),
    (4, "Stagiaire de formation continue"),
    (5, "Demandeur d’emploi inscrit"),
    (6, "Demandeur d’emploi non inscrit"),
    (7, "Fonctionnaire"),
    (8, "Alternant"),
    (9, "Actif non salarié"),
    (10, "Autre"),
]
CANAUX = [("sur_place", "Sur place"), ("telephone", "Téléphone"), ("courriel", "Courriel")]
DEMANDES = [(1, "Métier"), (2, "Formation"), (3, "Emploi"), (4, "VAE"), (5, "Création ou reprise")]
SUITES = [("recue", "Reçue"), ("rendez_vous", "Rendez-vous fixé"), ("jamais_venue", "Jamais venue")]
LONG_NAME = "Centre d’information et d’orientation de Villeneuve-d’Ascq, antenne de Saint-Amand-les-Eaux"


class GalleryForm(forms.Form):
    """One field of each kind; posted values are never used."""

    canal = forms.ChoiceField(choices=CANAUX, widget=forms.RadioSelect)
    statut = forms.ChoiceField(
        choices=STATUTS,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez un statut, ou « Autre »"},
    )
    demandes = forms.MultipleChoiceField(choices=DEMANDES, widget=forms.CheckboxSelectMultiple)
    suite = forms.ChoiceField(label="Que s’est-il passé ?", choices=SUITES, widget=forms.RadioSelect)
    commune = forms.CharField(
        help_text="Le code postal ne suffit pas : 64 sont à cheval sur deux territoires."
    )
    courriel = forms.EmailField(label="Adresse électronique", widget=forms.EmailInput)
    reseau = forms.ChoiceField(
        label="Réseau", required=False, choices=[("", "Tous"), ("ml", "Mission locale")]
    )
    precisions = forms.CharField(label="Précisions", max_length=200, required=False)
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    jour = forms.DateField(label="Date", widget=forms.DateInput(attrs={"type": "date"}))
    mot_de_passe = forms.CharField(label="Mot de passe", widget=forms.PasswordInput)
    fichier = forms.FileField(help_text="CSV ou XLSX, 5 Mo au plus.")
    partage = forms.BooleanField(label="Ce poste est partagé", required=False)


@dataclass(frozen=True)
class SampleCell:
    """A count as the privacy rule hands it over."""

    value: int | None
    masked: bool = False
    reason: str = ""


def context() -> dict[str, Any]:
    """Fill the gallery: invented data, the same at each visit but for the hour."""
    now = timezone.localtime()
    day = datetime(2026, 11, 24, 10, 42, tzinfo=now.tzinfo)
    empty = GalleryForm(
        prefix="vide",
        initial={"canal": "sur_place", "statut": 6, "demandes": [2, 3], "precisions": "CAP cuisine"},
    )
    refused = GalleryForm({"faux-canal": "sur_place", "faux-courriel": "accueil.exemple"}, prefix="faux")
    return {
        "form": empty,
        "again": GalleryForm(prefix="encore"),
        "refused": refused,
        "moment": day,
        "slots": [(time(8, 30), time(12, 30), True), (time(13, 30), time(17), False)],
        "slots_later": [(time(14), time(17), True)],
        "page": Paginator(range(2400), 25).page(12),
        "cell": SampleCell(1284),
        "hidden": SampleCell(None, True, "entre 1 et 4 fiches"),
        "long_name": LONG_NAME,
        "hints": {
            "recue": "La personne a été reçue aujourd’hui.",
            "jamais_venue": "Le rendez-vous est passé.",
        },
        "trail": [("Nord-Pas de Calais", "#"), ("Lille", "")],
        "rows": range(1, 13),
    }
