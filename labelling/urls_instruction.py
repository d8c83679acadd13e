"""Addresses of the instruction: list of a call's files, eligibility, complements, scorers, notes."""

from django.urls import path

from labelling.views import instruction_file, instruction_list, scorers, scoring

urlpatterns = [
    path("ami/appels/<int:pk>/dossiers/", instruction_list.files, name="ami_dossiers_appel"),
    path(
        "ami/appels/<int:pk>/dossiers/export/<slug:format>/",
        instruction_list.export,
        name="ami_dossiers_export",
    ),
    path("ami/appels/<int:pk>/noteurs/", scorers.of_call, name="ami_noteurs_appel"),
    path("ami/appels/<int:pk>/charge/", scorers.workload, name="ami_charge"),
    path("ami/appels/<int:pk>/clore/", scorers.close_ready, name="ami_clore_pretes"),
    path("ami/dossiers/<int:pk>/recevabilite/", instruction_file.findings, name="ami_recevabilite"),
    path(
        "ami/dossiers/<int:pk>/recevabilite/<slug:sens>/",
        instruction_file.pronounce,
        name="ami_recevabilite_prononcer",
    ),
    path("ami/dossiers/<int:pk>/complement/", instruction_file.complement, name="ami_complement"),
    path(
        "ami/dossiers/<int:pk>/complement/<int:demande>/clore/",
        instruction_file.complement_close,
        name="ami_complement_clore",
    ),
    path("ami/dossiers/<int:pk>/noteurs/", scorers.of_file, name="ami_noteurs"),
    path("ami/dossiers/<int:pk>/clore/", instruction_file.close, name="ami_clore"),
    path("ami/dossiers/<int:pk>/noter/", scoring.score, name="ami_noter"),
    path("ami/dossiers/<int:pk>/noter/donner/", scoring.give, name="ami_noter_donner"),
    path("ami/dossiers/<int:pk>/conflit/", scoring.conflict, name="ami_conflit"),
    path("ami/dossiers/<int:pk>/abstention/", scoring.abstention, name="ami_abstention"),
]
