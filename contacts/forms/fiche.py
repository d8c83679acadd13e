"""The fiche on the screen: its fields, their limits, and what ties them together (domain § 3)."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from django import forms
from django.utils import timezone

from contacts.enums import Age, Canal, Sexe
from contacts.forms.fields import HourField, IdField, IdListField, TextField, refuse_lists
from contacts.models import ListVersion
from contacts.models.fiche import PRECISIONS_MAX
from contacts.models.lists import ListItem
from contacts.services import appointments
from contacts.services.fiches import DESTINATIONS_MAX, DestinationData, FicheData, check_precisions
from contacts.services.purge import first_countable_month
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.privacy import personal_looking
from territories.access import Actor
from territories.services.search import find_commune

NOT_SAID = "nc"
DAY_FORMATS = ["%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y"]
NOT_IN_LIST = "Cette case n’existe pas dans la liste en vigueur."
DAY_ERROR = "Écrivez la date comme 24/11/2026."
KEY_ERROR = (
    "Cette page a été abîmée ou ouverte il y a longtemps. Relisez la fiche, puis enregistrez de nouveau."
)
# What an appointment may not hold: it is read by the receiving site (the structure's own line is printed
# apart).
RDV_REFUSED = {"email", "phone", "nir", "birth"}
SCALARS = (
    "canal", "statut", "age", "sexe", "precisions", "rdv", "rdv_site", "rdv_jour", "rdv_heure", "rdv_avec",
    "rdv_lieu", "jour", "commune", "cle_idempotence", "fin", "vu_a",
)  # fmt: skip
# Fields of the services' refusals that have another name here.
FIELD_OF = {"destinations": "vers"}


def _choices(items: tuple[ListItem, ...]) -> list[tuple[int, str]]:
    return [(item.n, item.short) for item in items]


def _number(value: str) -> int:
    return int(value)


class FicheForm(forms.Form):
    """Part kept, destinations and appointment. Its choices come from the list version in force on its day."""

    canal = forms.ChoiceField(
        label="Canal", choices=Canal.choices, widget=forms.RadioSelect, initial=Canal.SUR_PLACE,
        error_messages={
            "required": "Dites comment la personne est venue à vous.", "invalid_choice": NOT_IN_LIST,
        },
    )  # fmt: skip
    statut = forms.TypedChoiceField(
        label="Statut", coerce=_number, widget=forms.RadioSelect,
        error_messages={"required": "Choisissez un statut, ou « Autre »", "invalid_choice": NOT_IN_LIST},
    )  # fmt: skip
    age = forms.ChoiceField(
        label="Âge", required=False, widget=forms.RadioSelect,
        choices=[*Age.choices, (NOT_SAID, "Non dit")],
        error_messages={"invalid_choice": NOT_IN_LIST},
    )  # fmt: skip
    sexe = forms.ChoiceField(
        label="Sexe", required=False, widget=forms.RadioSelect,
        choices=[*Sexe.choices, (NOT_SAID, "Non dit")],
        error_messages={"invalid_choice": NOT_IN_LIST},
    )  # fmt: skip
    demandes = forms.TypedMultipleChoiceField(
        label="Demande initiale", coerce=_number, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choisissez au moins une demande", "invalid_choice": NOT_IN_LIST},
    )  # fmt: skip
    reponses = forms.TypedMultipleChoiceField(
        label="Réponse apportée ici", required=False, coerce=_number, widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": NOT_IN_LIST},
    )  # fmt: skip
    precisions = TextField(label="Précisions", required=False, max_length=PRECISIONS_MAX)
    vers = IdListField(label="Structures à contacter", required=False)
    rdv = forms.ChoiceField(
        label="Rendez-vous", required=False, initial="non", widget=forms.RadioSelect,
        choices=[("non", "Elle s’y rend sans rendez-vous"), ("oui", "Rendez-vous pris par téléphone")],
        error_messages={"invalid_choice": NOT_IN_LIST},
    )  # fmt: skip
    rdv_site = IdField(label="Rendez-vous avec", required=False)
    rdv_jour = forms.DateField(
        label="Date", required=False, input_formats=DAY_FORMATS, error_messages={"invalid": DAY_ERROR},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    rdv_heure = HourField(
        label="Heure", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    rdv_avec = TextField(label="Avec", required=False, max_length=80)
    rdv_lieu = TextField(label="Lieu", required=False, max_length=200)
    jour = forms.DateField(
        label="Date du contact", required=False, input_formats=DAY_FORMATS,
        error_messages={"invalid": DAY_ERROR},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    commune = TextField(label="Commune", required=False, max_length=5)
    cle_idempotence = forms.UUIDField(
        label="Clé de la fiche",
        widget=forms.HiddenInput,
        error_messages={"required": KEY_ERROR, "invalid": KEY_ERROR},
    )
    fin = forms.ChoiceField(
        label="Fin", required=False, choices=[("place", ""), ("remettre", "")],
        error_messages={"invalid_choice": "Enregistrez avec l’un des deux boutons du bas."},
    )  # fmt: skip

    def __init__(
        self, *args: Any, by: Actor, version: ListVersion, correcting: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.by, self.version, self.correcting = by, version, correcting
        self.fields["statut"].choices = _choices(version.statuts)  # type: ignore[attr-defined]
        self.fields["demandes"].choices = _choices(version.demandes)  # type: ignore[attr-defined]
        self.fields["reponses"].choices = _choices(version.reponses)  # type: ignore[attr-defined]
        # The browser must not block « Voir les structures » nor a fiche that the server explains better.
        self.use_required_attribute = False
        if correcting:
            del self.fields["cle_idempotence"]

    def clean_age(self) -> str:
        return "" if self.cleaned_data["age"] == NOT_SAID else str(self.cleaned_data["age"])

    def clean_sexe(self) -> str:
        return "" if self.cleaned_data["sexe"] == NOT_SAID else str(self.cleaned_data["sexe"])

    def clean_precisions(self) -> str:
        text = str(self.cleaned_data["precisions"])
        try:
            check_precisions(text)
        except Refused as error:
            raise forms.ValidationError(str(error)) from None
        return text

    def clean_rdv_avec(self) -> str:
        return _without_person(str(self.cleaned_data["rdv_avec"]))

    def clean_rdv_lieu(self) -> str:
        return _without_person(str(self.cleaned_data["rdv_lieu"]))

    def clean_jour(self) -> datetime.date:
        today = timezone.localdate()
        day: datetime.date = self.cleaned_data["jour"] or today
        if day > today:
            raise forms.ValidationError("Choisissez aujourd’hui ou un jour passé : la date est dans le futur")
        if day < first_countable_month(today):
            raise forms.ValidationError("Une fiche de plus de 24 mois n’est plus gardée : vérifiez l’année")
        return day

    def clean_commune(self) -> str:
        code = str(self.cleaned_data["commune"])
        if code and find_commune(by=self.by, code=code) is None:
            raise forms.ValidationError("Cette commune n’est pas dans votre région. Cherchez-la par son nom.")
        return code

    def clean_vers(self) -> tuple[int, ...]:
        ids: tuple[int, ...] = self.cleaned_data["vers"]
        if len(ids) > DESTINATIONS_MAX:
            raise forms.ValidationError(
                f"Gardez {DESTINATIONS_MAX} structures au plus : il y en a {len(ids)}."
            )
        return ids

    def clean(self) -> None:
        refuse_lists(self, SCALARS)
        if "vers" in self.cleaned_data and "vers" not in self.errors:
            self._check_end()
            if self.cleaned_data.get("rdv") == "oui" and not self.has_error("vers"):
                self._check_rdv()

    def _check_end(self) -> None:
        ids, end = self.cleaned_data["vers"], self.cleaned_data.get("fin")
        if end == "place" and ids:
            self.add_error(
                "vers",
                "Vous avez choisi une structure à contacter : décochez-la si tout est résolu sur place, sinon"
                " « Enregistrer et remettre ».",
            )
        elif end == "remettre" and not ids:
            self.add_error(
                "vers", "Choisissez au moins une structure à contacter, ou « Résolu sur place, enregistrer »"
            )
        elif not ids and self.cleaned_data.get("rdv") == "oui":
            self.add_error("vers", "Choisissez la structure du rendez-vous")

    def _check_rdv(self) -> None:
        ids: tuple[int, ...] = self.cleaned_data["vers"]
        site_id = self.cleaned_data.get("rdv_site")
        if len(ids) == 1:
            site_id = ids[0]
        elif site_id not in ids and not self.has_error("rdv_site"):
            self.add_error("rdv_site", "Dites avec quelle structure le rendez-vous est pris")
        self.cleaned_data["rdv_site"] = site_id
        day, hour = self.cleaned_data.get("rdv_jour"), self.cleaned_data.get("rdv_heure")
        if day is None and not self.has_error("rdv_jour"):
            self.add_error("rdv_jour", "Donnez la date du rendez-vous")
        if hour is None and not self.has_error("rdv_heure"):
            self.add_error("rdv_heure", "Donnez l’heure du rendez-vous")
        contact_day = self.cleaned_data.get("jour")
        if day and contact_day and not contact_day <= day <= contact_day + datetime.timedelta(days=366):
            self.add_error("rdv_jour", "Choisissez une date après celle du contact, et dans l’année")
        if day and hour and site_id in ids and not self.errors.keys() & {"rdv_jour", "rdv_heure", "rdv_site"}:
            refused = appointments.refusal(by=self.by, site_id=site_id, day=day, hour=hour)
            if refused is not None:
                self.add_error(refused.field, str(refused))

    def refused(self, error: Refused) -> None:
        """Tie a refusal of the service to its field."""
        field = FIELD_OF.get(error.field or "", error.field)
        self.add_error(field if field in self.fields else None, str(error))

    @property
    def key(self) -> uuid.UUID | None:
        """The key of idempotence when it is well formed, whatever else is refused."""
        return self.cleaned_data.get("cle_idempotence") if hasattr(self, "cleaned_data") else None

    def to_data(self) -> FicheData:
        """What the service records; the appointment goes with its structure."""
        kept = self.cleaned_data
        return FicheData(
            jour=kept["jour"],
            canal=kept["canal"],
            statut=kept["statut"],
            demandes=tuple(kept["demandes"]),
            reponses=tuple(kept["reponses"]),
            sexe=kept["sexe"],
            age=kept["age"],
            precisions=kept["precisions"],
            destinations=tuple(self._destination(site_id) for site_id in kept["vers"]),
        )

    def _destination(self, site_id: int) -> DestinationData:
        kept = self.cleaned_data
        if kept.get("rdv") != "oui" or site_id != kept["rdv_site"]:
            return DestinationData(site_id)
        at = appointments.moment(kept["rdv_jour"], kept["rdv_heure"])
        return DestinationData(site_id, at, kept["rdv_lieu"], kept["rdv_avec"])


def _without_person(text: str) -> str:
    for finding in personal_looking(text, kept="le rendez-vous gardé"):
        if finding.kind in RDV_REFUSED:
            raise forms.ValidationError(finding.message)
    return text
