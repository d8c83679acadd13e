"""Forms of a session: its date and place, the people invited, one vote."""

import datetime
from typing import Any

from django import forms
from django.utils import timezone

from labelling.enums_ami import Opinion
from labelling.models import AmiCall, AmiSession
from labelling.services.sessions import SessionData
from labelling.services.votes import Vote
from territories.models import Commission

NUMBER = {"inputmode": "numeric", "autocomplete": "off"}


class SessionForm(forms.Form):
    """Date and time are those of Paris. ``seen``: the number of the save that was read."""

    jour = forms.DateField(
        label="Date",
        error_messages={"required": "Donnez la date de la séance.", "invalid": "Écrivez une date."},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    heure = forms.TimeField(
        label="Heure",
        error_messages={"required": "Donnez l’heure de la séance.", "invalid": "Écrivez une heure."},
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    duree = forms.IntegerField(
        label="Durée, en minutes",
        min_value=15,
        max_value=600,
        initial=120,
        error_messages={"required": "Donnez la durée prévue."},
        widget=forms.TextInput(attrs=NUMBER),
    )
    lieu = forms.CharField(
        label="Lieu",
        max_length=200,
        help_text="Salle et adresse, ou lien de la visioconférence.",
        error_messages={"required": "Écrivez où la commission se réunit."},
    )
    quorum = forms.IntegerField(
        label="Quorum",
        required=False,
        min_value=1,
        max_value=80,
        help_text="Vide : la moitié des membres, plus un. Il se compte à chaque dossier, sans les récusés.",
        widget=forms.TextInput(attrs=NUMBER),
    )
    ordre_du_jour = forms.CharField(
        label="Autres points et consignes",
        required=False,
        max_length=2000,
        help_text="Les dossiers s’ajoutent d’eux-mêmes ; ceci paraît dans la convocation.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    vu = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def data_of(self) -> SessionData:
        typed = self.cleaned_data
        naive = datetime.datetime.combine(typed["jour"], typed["heure"])
        return SessionData(
            starts_at=timezone.make_aware(naive),
            minutes_long=typed["duree"],
            place=typed["lieu"],
            quorum=typed["quorum"] or 0,
            agenda=typed["ordre_du_jour"],
        )

    @classmethod
    def of(cls, session: AmiSession) -> "SessionForm":
        local = timezone.localtime(session.starts_at)
        return cls(
            initial={
                "jour": local.date(),
                "heure": local.time(),
                "duree": session.minutes_long,
                "lieu": session.place,
                "quorum": session.quorum,
                "ordre_du_jour": session.agenda,
                "vu": session.version,
            }
        )


class NewSessionForm(SessionForm):
    """The same, with the call and the commission it is for."""

    appel = forms.ModelChoiceField(label="Appel", queryset=AmiCall.objects.none(), empty_label=None)
    commission = forms.ModelChoiceField(
        label="Commission", queryset=Commission.objects.none(), empty_label="Choisissez une commission"
    )
    field_order = ("appel", "commission", "jour", "heure", "duree", "lieu", "quorum", "ordre_du_jour", "vu")

    def __init__(self, *args: Any, calls: Any, commissions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["appel"].queryset = calls  # type: ignore[attr-defined]
        self.fields["commission"].queryset = commissions  # type: ignore[attr-defined]


class GuestForm(forms.Form):
    nom = forms.CharField(
        label="Fonction",
        max_length=240,
        help_text="Par exemple : élu régional, Thouarsais.",
        error_messages={"required": "Écrivez la fonction de la personne invitée."},
    )
    courriel = forms.CharField(
        label="Courriel",
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    voix = forms.BooleanField(label="Avec voix délibérative", required=False)


class AvisForm(forms.Form):
    """One vote and its avis. Counts may stay empty while only the presentation is saved."""

    presentation = forms.CharField(
        label="Présentation et échanges",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    pour = forms.IntegerField(
        label="Pour", required=False, min_value=0, max_value=80, widget=forms.TextInput(attrs=NUMBER)
    )
    contre = forms.IntegerField(
        label="Contre", required=False, min_value=0, max_value=80, widget=forms.TextInput(attrs=NUMBER)
    )
    abstentions = forms.IntegerField(
        label="Abstentions", required=False, min_value=0, max_value=80, widget=forms.TextInput(attrs=NUMBER)
    )
    sens = forms.ChoiceField(label="Avis", choices=Opinion.choices, required=False, widget=forms.RadioSelect)
    avis = forms.CharField(
        label="Texte de l’avis",
        required=False,
        max_length=2000,
        help_text="Le porteur le lira à la publication des décisions.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    vu = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, voting: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.voting = voting

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if self.voting:
            if not typed.get("sens") and "sens" not in self.errors:
                self.add_error("sens", "Choisissez le sens de l’avis.")
            if not typed.get("avis") and "avis" not in self.errors:
                self.add_error("avis", "Écrivez l’avis : le porteur le lira à la publication des décisions.")
            if all(typed.get(name) is None for name in ("pour", "contre", "abstentions")):
                self.add_error("pour", "Comptez les voix.")
        return typed

    def vote(self) -> Vote:
        typed = self.cleaned_data
        return Vote(typed["pour"] or 0, typed["contre"] or 0, typed["abstentions"] or 0)
