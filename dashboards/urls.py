"""Addresses of the figures."""

from django.urls import include, path

from dashboards.views import figures, site, territory

urlpatterns = [
    path("tableau-de-bord/region/", figures.region, name="region_tableau"),
    path("tableau-de-bord/territoire/<int:pk>/", territory.territory, name="territoire_tableau"),
    path("tableau-de-bord/lieu/<int:pk>/", site.site, name="site_tableau"),
    path("", include("dashboards.urls_data")),
]
