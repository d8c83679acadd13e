"""The pile of paper fiches: its head once, then one short line per fiche, typed as numbers."""

import datetime
import re
import uuid
from collections.abc import Sequence

from django import forms

from contacts.enums import Age, Canal, ListKind, Sexe
from contacts.models import ListVersion
from contacts.services.fiche_checks import check_day
from contacts.services.fiches import DestinationData, FicheData
from spo_portal.kernel.errors import Refused

Grouped = list[tuple[str, list[tuple[str, str]]]]
_DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "w-date"})


class PileForm(forms.Form):
    """Date and channel of the whole pile; the site is the one where the référent works."""

    jour = forms.DateField(
        label="Date des fiches",
        widget=_DAY,
        error_messages={
            "required": "Choisissez la date écrite sur les fiches.",
            "invalid": "Choisissez une date.",
        },
    )
    canal = forms.ChoiceField(
        label="Canal",
        choices=Canal.choices,
        initial=Canal.SUR_PLACE,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez un canal.",
            "invalid_choice": "Choisissez un canal de la liste.",
        },
    )

    def clean_jour(self) -> datetime.date:
        """Said before the first line is typed, not after."""
        day: datetime.date = self.cleaned_data["jour"]
        try:
            check_day(day)
        except Refused as error:
            raise forms.ValidationError(str(error)) from None
        return day


def read_numbers(text: str, version: ListVersion, kind: ListKind) -> tuple[int, ...]:
    """« 2 3 », « 2,3 » or « 23 »: boxes by their number.

    A run of digits that is no box is read digit by digit.
    """
    known = {item.n for item in version.of(kind)}
    found: list[int] = []
    for part in re.findall(r"\d+|[^\d\s,;./+-]+", text):
        if not part.isdecimal() or not part.isascii():
            raise forms.ValidationError("Tapez les numéros des cases, par exemple 2 3.")
        if len(part) <= 3 and int(part) in known:
            found.append(int(part))
        elif len(part) <= len(known) and all(int(digit) in known for digit in part):
            found += [int(digit) for digit in part]
        else:
            raise forms.ValidationError(f"Le numéro {part[:12]} n’est pas une case de la liste.")
    return tuple(sorted(set(found)))


def _numbers(label: str, hint: str, *, required: bool = False, message: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=40,
        help_text=hint,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "pile-num"}),
        error_messages={"required": message, "max_length": "Trop long : tapez les numéros des cases."},
    )


class LineForm(forms.Form):
    """One paper fiche.

    ``cle_idempotence`` makes a line sent twice one fiche; ``ligne`` names the one corrected.
    """

    statut = _numbers("Statut", "un numéro", required=True, message="Tapez le numéro du statut.")
    demandes = _numbers(
        "Demandes", "un ou plusieurs", required=True, message="Tapez au moins un numéro de demande."
    )
    reponses = _numbers("Réponses", "facultatif")
    sexe = forms.ChoiceField(label="Sexe", required=False, choices=[("", "Non coché"), *Sexe.choices])
    age = forms.ChoiceField(label="Âge", required=False, choices=[("", "Non coché"), *Age.choices])
    vers1 = forms.ChoiceField(label="Orientée vers", required=False)
    vers2 = forms.ChoiceField(label="ou vers", required=False)
    precisions = forms.CharField(
        label="Précisions",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": "Gardez 200 caractères au plus."},
    )
    cle_idempotence = forms.UUIDField(
        widget=forms.HiddenInput, error_messages={"required": "", "invalid": ""}, required=False
    )

    def __init__(self, *args: object, version: ListVersion, places: Grouped, **kwargs: object) -> None:
        kwargs.setdefault("auto_id", "l_%s")
        kwargs["initial"] = {"cle_idempotence": uuid.uuid4()} | dict(kwargs.get("initial") or {})  # type: ignore[call-overload]
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.version = version
        for name in ("vers1", "vers2"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
            field.choices = [("", "Résolue sur place" if name == "vers1" else "Aucune autre"), *places]
            field.error_messages["invalid_choice"] = (
                "Cette structure n’existe plus ou ne reçoit pas de public."
            )

    def clean_statut(self) -> int:
        text = str(self.cleaned_data["statut"]).strip()
        if (
            not (text.isascii() and text.isdigit() and len(text) <= 3)
            or self.version.item(ListKind.STATUT, int(text)) is None
        ):
            raise forms.ValidationError(f"« {text[:12]} » n’est pas un numéro de statut.")
        return int(text)

    def clean_demandes(self) -> tuple[int, ...]:
        numbers = read_numbers(str(self.cleaned_data["demandes"]), self.version, ListKind.DEMANDE)
        if not numbers:
            raise forms.ValidationError("Tapez au moins un numéro de demande.")
        return numbers

    def clean_reponses(self) -> tuple[int, ...]:
        return read_numbers(str(self.cleaned_data["reponses"]), self.version, ListKind.REPONSE)

    def clean(self) -> dict[str, object]:
        data = dict(super().clean() or {})
        if data.get("vers2") and data.get("vers2") == data.get("vers1"):
            self.add_error("vers2", "La même structure est citée deux fois.")
        return data

    def key(self) -> uuid.UUID:
        """A form without its key (typed address, old page) still gives one fiche per send."""
        return self.cleaned_data.get("cle_idempotence") or uuid.uuid4()

    def fiche(self, head: PileForm, kept: Sequence[DestinationData] = ()) -> FicheData:
        """The contact of this line.

        ``kept`` are its destinations before a correction: an appointment is not lost.
        """
        data = self.cleaned_data
        before = {destination.site_id: destination for destination in kept}
        chosen = dict.fromkeys(int(data[name]) for name in ("vers1", "vers2") if data.get(name))
        chosen |= dict.fromkeys(destination.site_id for destination in kept[2:])
        return FicheData(
            jour=head.cleaned_data["jour"],
            canal=head.cleaned_data["canal"],
            statut=data["statut"],
            demandes=data["demandes"],
            reponses=data["reponses"],
            sexe=data["sexe"],
            age=data["age"],
            precisions=data["precisions"],
            destinations=tuple(before.get(pk, DestinationData(pk)) for pk in chosen),
        )
