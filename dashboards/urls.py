"""Addresses of the figures."""

from django.urls import include, path

from dashboards.views import cartography, commission, network, region, site, territory

urlpatterns = [
    path("tableau-de-bord/region/", region.region, name="region_tableau"),
    path("tableau-de-bord/territoire/<int:pk>/", territory.territory, name="territoire_tableau"),
    path("tableau-de-bord/lieu/<int:pk>/", site.site, name="site_tableau"),
    path("tableau-de-bord/reseau/<int:pk>/", network.network, name="reseau_tableau"),
    path("tableau-de-bord/commission/<int:pk>/", commission.commission, name="commission_tableau"),
    path("cartographie/", cartography.cartography, name="cartographie"),
    path("", include("dashboards.urls_data")),
    path("", include("dashboards.urls_quality")),
    path("", include("dashboards.urls_report")),
]
