"""Addresses of the decision: sheet, simulator, publication, letters, coverage, public results."""

from django.urls import path

from labelling.views import decision, publication, scenarios

_FILE, _CALL = "ami/dossiers/<int:pk>/decision/", "ami/appels/<int:pk>/"
_ONE = f"{_CALL}simulateur/<int:scenario>/"

urlpatterns = [
    path(_FILE, decision.sheet, name="ami_decision"),
    path(f"{_FILE}limites/", decision.limits, name="ami_decision_limites"),
    path(f"{_FILE}proposition/", decision.propose, name="ami_decision_proposer"),
    path(f"{_FILE}accord/", decision.agree, name="ami_decision_accord"),
    path(f"{_FILE}retirer/", decision.withdraw, name="ami_decision_retirer"),
    path(f"{_FILE}lettre.pdf", publication.draft_letter, name="ami_decision_lettre"),
    path("ami/lettres/<int:pk>/", publication.letter, name="ami_lettre"),
    path(f"{_CALL}simulateur/", scenarios.simulator, name="ami_simulateur"),
    path(f"{_CALL}simulateur/proposition/", scenarios.propose, name="ami_simulateur_proposer"),
    path(_ONE, scenarios.scenario, name="ami_scenario"),
    path(f"{_ONE}<slug:acte>/", scenarios.act, name="ami_scenario_acte"),
    path(f"{_CALL}publication/", publication.publish, name="ami_publication"),
    path(f"{_CALL}couverture/", publication.coverage, name="ami_couverture"),
    path("ami/appel/<slug:region>/<slug:slug>/resultats/", publication.results, name="ami_resultats"),
]
