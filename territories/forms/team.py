"""The invitation form: roles and scopes are limited to what the actor may give."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from spo_portal.kernel.mail import plain_address
from territories.access import Actor
from territories.enums import Role, RoleScope
from territories.models import Region, Site, Territory
from territories.permissions import MAY_NAME

SCOPE_LABELS = {RoleScope.SITE: "Lieu", RoleScope.TERRITORY: "Territoire", RoleScope.REGION: "Région"}


def scopes_open_to(actor: Actor) -> tuple[RoleScope, QuerySet]:
    """The kind of scope the actor's nominees hold, and those the actor may give them on.

    A référent names on their site, a coordinator on the sites of the territory, the regional animation on the
    territories of the region, the platform on the regions (domain § 2).
    """
    roles = MAY_NAME.get(actor.role, ()) if actor.role else ()
    held_on = roles[0].held_on if roles else RoleScope.SITE
    if held_on == RoleScope.REGION:
        return held_on, Region.objects.filter(pk__in=actor.scope.lead)
    if held_on == RoleScope.TERRITORY:
        return held_on, Territory.objects.visible_to(actor).filter(pk__in=actor.scope.tenant)
    own = Q(pk__in=actor.scope.unit) | Q(territory_id__in=actor.scope.tenant)
    return held_on, Site.objects.visible_to(actor).filter(own).order_by("name")


class InvitationForm(forms.Form):
    """Whom to invite, to which role, on which scope."""

    email = forms.EmailField(
        label="Adresse électronique professionnelle",
        max_length=254,
        validators=[plain_address],
        help_text="Le lien d’invitation n’est envoyé qu’à cette adresse.",
        error_messages={"required": "Écrivez l’adresse de la personne à inviter."},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    display_name = forms.CharField(
        label="Nom affiché",
        max_length=80,
        help_text="Ce que les collègues verront, par exemple la fonction et le lieu.",
        error_messages={"required": "Écrivez le nom que ses collègues verront."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label="Rôle", widget=forms.RadioSelect)
    scope = forms.ModelChoiceField(label="Lieu", queryset=Site.objects.none(), empty_label="Choisissez…")

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.held_on, queryset = scopes_open_to(actor)
        roles = MAY_NAME.get(actor.role, ()) if actor.role else ()
        self.fields["role"].choices = [(role.value, role.label) for role in roles]
        if len(roles) == 1:
            self.fields["role"].initial = roles[0].value
        scope = self.fields["scope"]
        scope.label = SCOPE_LABELS[self.held_on]
        scope.queryset = queryset
        scope.error_messages["invalid_choice"] = (
            "Choisissez dans la liste : ce choix n’est pas de votre périmètre."
        )
        if self.held_on == RoleScope.SITE and len(actor.scope.unit) == 1 and not actor.scope.tenant:
            scope.initial = actor.scope.unit[0]
            scope.empty_label = None

    def as_invitation(self) -> dict[str, Any]:
        """Arguments of ``services.accounts.invite``."""
        data = self.cleaned_data
        return {
            "email": data["email"],
            "display_name": data["display_name"],
            "role": Role(data["role"]),
            self.held_on.value: data["scope"],
        }
