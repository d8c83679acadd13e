"""Addresses of definitions, targets and checks."""

from django.urls import path

from dashboards.views import checks, definitions, targets

urlpatterns = [
    path("tableau-de-bord/definitions/", definitions.definitions, name="indicateurs"),
    path("tableau-de-bord/territoire/<int:pk>/cibles/", targets.territory, name="territoire_cibles"),
    path("tableau-de-bord/region/cibles/", targets.region, name="region_cibles"),
    path("tableau-de-bord/territoire/<int:pk>/a-verifier/", checks.territory, name="territoire_a_verifier"),
    path("tableau-de-bord/region/a-verifier/", checks.region, name="region_a_verifier"),
]
