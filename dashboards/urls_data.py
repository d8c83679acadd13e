"""Addresses by which figures leave the portal: exports, open data, the API and its tokens."""

from django.urls import path

from dashboards.api import views as api
from dashboards.views import export, export_wide, opendata, pack, tokens

urlpatterns = [
    path("tableau-de-bord/territoire/<int:pk>/export/", export.territory, name="export_territoire"),
    path("tableau-de-bord/lieu/<int:pk>/export/", export.site, name="export_lieu"),
    path("tableau-de-bord/region/export/", export_wide.region, name="export_region"),
    path("tableau-de-bord/reseau/<int:pk>/export/", export_wide.network, name="export_reseau"),
    path("tableau-de-bord/commission/<int:pk>/export/", export_wide.commission, name="export_commission"),
    path("cartographie/export/", export_wide.cartography, name="export_cartographie"),
    path(
        "tableau-de-bord/territoire/<int:pk>/a-verifier/export/",
        export_wide.territory_checks,
        name="export_a_verifier",
    ),
    path(
        "tableau-de-bord/region/a-verifier/export/",
        export_wide.region_checks,
        name="export_region_a_verifier",
    ),
    path(
        "tableau-de-bord/territoire/<int:pk>/cibles/export/",
        export_wide.territory_targets,
        name="export_cibles",
    ),
    path("tableau-de-bord/region/cibles/export/", export_wide.region_targets, name="export_region_cibles"),
    path("tableau-de-bord/region/dossier/", pack.ccrefp, name="export_ccrefp"),
    path("donnees-ouvertes/", opendata.page, name="donnees_ouvertes"),
    path("donnees-ouvertes/dictionnaire.csv", opendata.dictionary, name="donnees_ouvertes_dictionnaire"),
    path("donnees-ouvertes/schema.json", opendata.schema, name="donnees_ouvertes_schema"),
    path(
        "donnees-ouvertes/<slug:slug>/<int:annee>/contacts.csv",
        opendata.contacts_csv,
        name="donnees_ouvertes_csv",
    ),
    path(
        "donnees-ouvertes/<slug:slug>/<int:annee>/contacts.json",
        opendata.contacts_json,
        name="donnees_ouvertes_json",
    ),
    path("jetons/", tokens.token_list, name="jetons"),
    path("jetons/<int:pk>/revoquer/", tokens.revoke, name="jeton_revoquer"),
    path("aide/api/", tokens.help_page, name="api_aide"),
    path("api/v1/", api.index, name="api_accueil"),
    path("api/v1/openapi.json", api.openapi, name="api_openapi"),
    path("api/v1/territoires/", api.territories, name="api_territoires"),
    path("api/v1/territoires/<int:pk>/chiffres/", api.territory_figures, name="api_territoire_chiffres"),
    path("api/v1/region/chiffres/", api.region_figures, name="api_region_chiffres"),
    path("api/v1/indicateurs/", api.definitions, name="api_indicateurs"),
    path("api/v1/lieux/", api.places, name="api_lieux"),
    path("api/v1/<path:reste>/", api.nowhere, name="api_ailleurs"),
]
