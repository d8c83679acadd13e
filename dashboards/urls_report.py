"""Addresses of the annual reports and of the regional synthesis."""

from django.urls import path

from dashboards.views import report, report_annex, report_region, report_version, synthesis

_ANNUAL = "tableau-de-bord/territoire/<int:pk>/rapport/<int:year>/"
_REGION = "tableau-de-bord/rapports/<int:year>/"
_SYNTHESIS = "tableau-de-bord/synthese/<int:year>/"

urlpatterns = [
    path("tableau-de-bord/territoire/<int:pk>/rapport/", report.latest, name="territoire_rapports"),
    path(_ANNUAL, report.report, name="territoire_rapport"),
    path(f"{_ANNUAL}commencer/", report.start, name="rapport_commencer"),
    path(f"{_ANNUAL}partie/<slug:partie>/", report.comment, name="rapport_partie"),
    path(f"{_ANNUAL}apercu/", report.preview, name="rapport_apercu"),
    path(f"{_ANNUAL}projet/", report.draft, name="rapport_projet"),
    path(f"{_ANNUAL}etape/<slug:etape>/", report.step, name="rapport_etape"),
    path(f"{_ANNUAL}annexes/", report_annex.add, name="rapport_annexe_ajouter"),
    path("rapport/annexe/<int:pk>/", report_annex.download, name="rapport_annexe"),
    path("rapport/annexe/<int:pk>/modifier/", report_annex.change, name="rapport_annexe_modifier"),
    path("rapport/version/<int:pk>/", report_version.version, name="rapport_version"),
    path("rapport/version/<int:pk>/<slug:piece>/", report_version.piece, name="rapport_version_piece"),
    path("tableau-de-bord/rapports/", report_region.latest, name="rapports"),
    path(_REGION, report_region.reports, name="rapports_region"),
    path(f"{_REGION}preparer/", report_region.prepare, name="rapports_preparer"),
    path(_SYNTHESIS, synthesis.page, name="synthese_regionale"),
    path(f"{_SYNTHESIS}commencer/", synthesis.start, name="synthese_commencer"),
    path(f"{_SYNTHESIS}partie/<slug:partie>/", synthesis.comment, name="synthese_partie"),
    path(f"{_SYNTHESIS}extraits/", synthesis.quotes, name="synthese_extraits"),
    path(f"{_SYNTHESIS}projet/", synthesis.draft, name="synthese_projet"),
    path(f"{_SYNTHESIS}etape/<slug:etape>/", synthesis.step, name="synthese_etape"),
    path("synthese/version/<int:pk>/<slug:piece>/", report_version.synthesis_piece, name="synthese_piece"),
]
