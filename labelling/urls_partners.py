"""Addresses of the directory as files, and of the partenaires associés."""

from django.urls import path

from labelling.views import directory_files, partners_label, training_bodies

urlpatterns = [
    path("annuaire/export/<slug:fmt>/", directory_files.export, name="annuaire_export"),
    path(
        "donnees-ouvertes/annuaire/<slug:region>/<slug:fmt>/",
        directory_files.open_directory,
        name="annuaire_ouvert",
    ),
    path("partenaires/", partners_label.partners, name="partenaires"),
    path("partenaires/nouveau/", partners_label.new, name="partenaire_nouveau"),
    path("partenaires/<int:pk>/", partners_label.partner, name="partenaire"),
    path("partenaires/<int:pk>/modifier/", partners_label.edit, name="partenaire_modifier"),
    path("partenaires/<int:pk>/finir/", partners_label.end, name="partenaire_finir"),
    path("partenaires/<int:pk>/convention/", partners_label.convention, name="partenaire_convention"),
    path("organismes/", training_bodies.organisations, name="organismes"),
    path("organismes/<int:pk>/", training_bodies.organisation, name="organisme"),
]
