"""Addresses of the directory as files, and of the partenaires associés."""

from django.urls import path

from labelling.views import directory_files

urlpatterns = [
    path("annuaire/export/<slug:fmt>/", directory_files.export, name="annuaire_export"),
    path(
        "donnees-ouvertes/annuaire/<slug:region>/<slug:fmt>/",
        directory_files.open_directory,
        name="annuaire_ouvert",
    ),
]
