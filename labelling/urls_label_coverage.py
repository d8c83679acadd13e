"""Addresses of the coverage by the label."""

from django.urls import path

from labelling.views import label_coverage

urlpatterns = [
    path("labels/couverture/", label_coverage.region, name="couverture_labels"),
    path(
        "labels/couverture/fichier/<slug:fmt>/",
        label_coverage.region_file,
        name="couverture_labels_fichier",
    ),
    path("labels/couverture/<int:pk>/", label_coverage.territory, name="couverture_territoire"),
    path(
        "labels/couverture/<int:pk>/<slug:fmt>/",
        label_coverage.territory_file,
        name="couverture_territoire_fichier",
    ),
]
