"""Addresses of the communication kit of a place."""

from django.urls import path

from labelling.views import kit

urlpatterns = [
    path("annuaire/<int:pk>/kit/", kit.screen, name="lieu_kit"),
    path("annuaire/<int:pk>/kit/tout.zip", kit.archive, name="kit_tout"),
    path("annuaire/<int:pk>/kit/<slug:piece>.pdf", kit.document, name="kit_fichier"),
    path("annuaire/<int:pk>/kit/<slug:piece>.svg", kit.picture, name="kit_apercu"),
]
