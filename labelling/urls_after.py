"""Addresses after the selection: convention, place, yearly reports, publicity."""

from django.urls import path

from labelling.views import convention, follow_up, opening, places, publicity

FILE = "ami/dossiers/<int:pk>/"
urlpatterns = [
    path("ami/lieux/", places.places, name="ami_lieux"),
    path(FILE + "convention/", convention.convention, name="ami_convention"),
    path(FILE + "convention.pdf", convention.document, name="ami_convention_pdf"),
    path(FILE + "convention/signature/", convention.sign, name="ami_convention_signer"),
    path(FILE + "convention/versements/<int:versement>/", convention.paid, name="ami_versement"),
    path(FILE + "desistement/", convention.desist, name="ami_desister"),
    path(FILE + "ouverture/", opening.opening, name="ami_ouverture"),
    path(FILE + "ouverture/ouvrir/", opening.open_now, name="ami_ouvrir"),
    path(FILE + "suivi/", follow_up.reports, name="ami_suivi"),
    path(FILE + "suivi/<int:annee>/", follow_up.report, name="ami_bilan"),
    path(FILE + "suivi/<int:annee>/enregistrer/", follow_up.save, name="ami_bilan_enregistrer"),
    path(FILE + "suivi/<int:annee>/verifier/", follow_up.check, name="ami_bilan_verifier"),
    path(FILE + "publicite/", publicity.publicity, name="ami_publicite"),
    path(FILE + "publicite/deposer/", publicity.add, name="ami_preuve_deposer"),
    path(FILE + "publicite/<int:preuve>/", publicity.download, name="ami_preuve"),
    path(FILE + "publicite/<int:preuve>/retirer/", publicity.remove, name="ami_preuve_retirer"),
    path(FILE + "publicite/<int:preuve>/verifier/", publicity.check, name="ami_preuve_verifier"),
]
