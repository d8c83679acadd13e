"""Forms of the accounts of the calls: invite, register, refuse; co-writers; partners."""

import datetime
from typing import Any

from django import forms
from django.utils import timezone

from labelling.enums_ami import ContributionState, SharedRight
from labelling.services.partner_answers import FUNCTION_MAX, WORD_MAX
from labelling.services.partners import NAME_MAX, TEXT_MAX
from spo_portal.kernel.errors import PortalError, Refused
from spo_portal.kernel.mail import plain_address
from territories.access import Actor
from territories.enums import Role
from territories.models import Commission, Organisation
from territories.services import bodies

MAIL = "Adresse électronique professionnelle"
ONE_LINE = forms.TextInput(attrs={"autocomplete": "off"})


def add_refusal(form: forms.Form, refusal: PortalError) -> None:
    """What a service refused, said on its field when the form has it."""
    field = getattr(refusal, "field", None)
    form.add_error(field if field in form.fields else None, str(refusal))


def _mail(label: str = MAIL, hint: str = "", missing: str = "Écrivez une adresse.") -> forms.EmailField:
    return forms.EmailField(
        label=label,
        max_length=254,
        validators=[plain_address],
        help_text=hint,
        error_messages={"required": missing},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )


class BodyInvitationForm(forms.Form):
    """Whom to invite: a porteur of an organisation, or a member of a commission."""

    email = _mail(
        hint="Le lien d’invitation n’est envoyé qu’à cette adresse.",
        missing="Écrivez l’adresse de la personne à inviter.",
    )
    display_name = forms.CharField(
        label="Nom affiché",
        max_length=80,
        help_text="La fonction et l’organisation, par exemple.",
        error_messages={"required": "Écrivez ce que les autres comptes verront."},
        widget=ONE_LINE,
    )
    role = forms.ChoiceField(label="Rôle", widget=forms.RadioSelect)
    organisation = forms.CharField(
        label="Organisation du porteur",
        max_length=NAME_MAX,
        required=False,
        help_text="Une organisation inconnue du portail est créée quand l’invitation est acceptée.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "organisations"}),
    )
    commission = forms.ModelChoiceField(
        label="Commission du membre",
        queryset=Commission.objects.none(),
        required=False,
        empty_label="Choisissez…",
    )

    def __init__(self, *args: Any, actor: Actor, roles: tuple[Role, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.fields["role"].choices = [(role.value, role.label) for role in roles]
        if actor.role == Role.PORTEUR:
            for name in ("role", "organisation", "commission"):
                del self.fields[name]
            return
        self.fields["role"].initial = Role.PORTEUR.value
        self.fields["commission"].queryset = Commission.objects.visible_to(actor).order_by("name")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        role = data.get("role")
        if role == Role.PORTEUR and not data.get("organisation"):
            self.add_error("organisation", "Écrivez le nom de l’organisation que cette personne représente.")
        if role == Role.MEMBRE_COMMISSION and not data.get("commission"):
            self.add_error("commission", "Choisissez la commission où cette personne siège.")
        return data

    def as_invitation(self) -> dict[str, Any]:
        """Arguments of ``services.accounts.invite``."""
        data, actor = self.cleaned_data, self.actor
        given: dict[str, Any] = {"email": data["email"], "display_name": data["display_name"]}
        if actor.role == Role.PORTEUR:
            own = Organisation.objects.visible_to(actor).get(pk=actor.organisation_id)
            return given | {"role": Role.PORTEUR, "organisation": own}
        given["role"] = Role(data["role"])
        if given["role"] == Role.MEMBRE_COMMISSION:
            return given | {"commission": data["commission"]}
        known = bodies.known_as(actor.region_id or 0, data["organisation"])
        if known is not None:
            return given | {"organisation": known}
        name = " ".join(data["organisation"].split())
        if len(bodies.plain_name(name)) < 3:
            raise Refused("Écrivez le nom entier de l’organisation.", "organisation")
        return given | {"region": actor.region, "organisation_name": name}


class RegistrationForm(forms.Form):
    """What somebody says of itself to be sent a porteur's account."""

    email = _mail(
        hint="Un lien personnel y est envoyé. Il sert une fois, pendant sept jours.",
        missing="Écrivez l’adresse où recevoir le lien.",
    )
    organisation = forms.CharField(
        label="Votre organisation",
        max_length=NAME_MAX,
        help_text="Son nom entier, tel qu’il figure dans ses statuts.",
        error_messages={"required": "Écrivez le nom de votre organisation."},
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    display_name = forms.CharField(
        label="Votre fonction",
        max_length=80,
        help_text="Par exemple « direction » ou « chargée de projet ».",
        error_messages={"required": "Écrivez votre fonction dans cette organisation."},
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
    )


class RefusalForm(forms.Form):
    reason = forms.CharField(
        label="Motif du refus",
        max_length=400,
        help_text="La personne qui a demandé le compte lira ce motif.",
        error_messages={"required": "Écrivez pourquoi la demande est refusée."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def _end_of(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(23, 59, 59)))


class CowriterForm(forms.Form):
    """An address, what it may do, and until when (that day included, in Paris)."""

    email = _mail(
        hint="Celle de son compte dans le portail.", missing="Écrivez l’adresse de la personne à nommer."
    )
    right = forms.ChoiceField(
        label="Ce qu’elle pourra faire",
        choices=SharedRight.choices,
        initial=SharedRight.ECRIRE,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez ce que cette personne pourra faire."},
    )
    until = forms.DateField(
        label="Jusqu’au",
        help_text="Ce jour compris ; deux ans au plus.",
        error_messages={"required": "Choisissez jusqu’à quand.", "invalid": "Écrivez une date."},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean_until(self) -> datetime.datetime:
        try:
            return _end_of(self.cleaned_data["until"])
        except (OverflowError, ValueError):
            raise forms.ValidationError("Choisissez une fin à venir, dans deux ans au plus.") from None


class OfficerForm(CowriterForm):
    """The same, for an officer chosen by name."""

    email = None  # type: ignore[assignment]
    user = forms.IntegerField(widget=forms.HiddenInput)


class PartnerForm(forms.Form):
    """A partner and what it brings."""

    partner_name = forms.CharField(
        label="Organisation partenaire",
        max_length=NAME_MAX,
        error_messages={"required": "Écrivez le nom de l’organisation partenaire."},
        widget=ONE_LINE,
    )
    email = _mail(
        label="Adresse électronique de l’organisation",
        hint="C’est là que part le lien par lequel elle répond.",
        missing="Écrivez l’adresse où lui envoyer le lien.",
    )
    text = forms.CharField(
        label="Ce qu’elle apporte",
        max_length=TEXT_MAX,
        help_text="Permanences, agents, locaux, documentation, financement… avec leur durée ou leur montant.",
        error_messages={"required": "Écrivez ce que ce partenaire apporte."},
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class ContributionForm(forms.Form):
    """The partner's answer."""

    choice = forms.ChoiceField(
        label="Votre réponse",
        choices=[
            (ContributionState.CONFIRMEE.value, "Je confirme cette contribution"),
            (ContributionState.MODIFIEE.value, "Je la confirme en la corrigeant"),
            (ContributionState.DECLINEE.value, "Je décline"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez votre réponse."},
    )
    amended = forms.CharField(
        label="Votre contribution, corrigée",
        max_length=TEXT_MAX,
        required=False,
        help_text="Si vous la corrigez : ce texte remplace celui du porteur.",
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    word = forms.CharField(
        label="Un mot au porteur",
        max_length=WORD_MAX,
        required=False,
        help_text="Nécessaire si vous déclinez.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    answered_as = forms.CharField(
        label="Votre fonction dans l’organisation",
        max_length=FUNCTION_MAX,
        help_text="Votre fonction, pas votre nom.",
        error_messages={"required": "Écrivez votre fonction, par exemple « direction »."},
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
    )
