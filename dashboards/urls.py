"""Addresses of the figures."""

from django.urls import include, path

from dashboards.views import figures

urlpatterns = [
    path("tableau-de-bord/region/", figures.region, name="region_tableau"),
    path("tableau-de-bord/territoire/<int:pk>/", figures.territory, name="territoire_tableau"),
    path("tableau-de-bord/lieu/<int:pk>/", figures.site, name="site_tableau"),
    path("", include("dashboards.urls_data")),
]
