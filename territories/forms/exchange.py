"""Deposit of a file of places, and its import."""

from django import forms
from django.conf import settings

from spo_portal.kernel.typography import number


class DirectoryFileForm(forms.Form):
    """One file, CSV or XLSX; what it really is, its content says, not its name."""

    fichier = forms.FileField(
        label="Fichier CSV ou XLSX",
        max_length=120,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,text/csv"}),
        error_messages={
            "required": "Choisissez un fichier.",
            "max_length": "Le nom du fichier est trop long : 120 caractères au plus.",
        },
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        megabytes = settings.UPLOAD_MAX_BYTES // (1024 * 1024)
        rows = number(settings.IMPORT_MAX_ROWS)
        self.fields["fichier"].help_text = f"{megabytes} Mo et {rows} lignes au plus."


class DirectoryImportForm(forms.Form):
    """The decision: what was read, and why hours go under 50 % when some do."""

    vu = forms.CharField(max_length=16, widget=forms.HiddenInput)
    motif = forms.CharField(
        label="Pourquoi ces horaires passent sous 50 % sans rendez-vous",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Votre décision et son motif restent dans l’historique de chaque lieu concerné.",
    )
