"""The form that takes the Region's plaquette."""

from typing import Any

from django import forms
from django.conf import settings

from territories.access import Actor
from territories.models import Region

MEGABYTES = settings.UPLOAD_MAX_BYTES // (1024 * 1024)


class BrochureForm(forms.Form):
    """A PDF and the Region it serves; the choice shows only to who runs several."""

    region = forms.ModelChoiceField(label="Région", queryset=Region.objects.none(), empty_label="Choisissez…")
    fichier = forms.FileField(
        label="Plaquette (PDF)",
        max_length=200,
        allow_empty_file=True,
        help_text=f"Un PDF de {MEGABYTES} Mo au plus, 24 pages au plus, sans programme ni fichier joint.",
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
        error_messages={"required": f"Aucun fichier reçu : choisissez un PDF de {MEGABYTES} Mo au plus."},
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        regions = Region.objects.filter(pk__in=actor.scope.lead)
        self.fields["region"].queryset = regions
        if len(actor.scope.lead) == 1:
            self.only_region: Region | None = regions.first()
            del self.fields["region"]
        else:
            self.only_region = None

    @property
    def chosen_region(self) -> Region:
        return self.only_region or self.cleaned_data["region"]
