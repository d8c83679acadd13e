"""Addresses of the fiche's screen: fill, save, hand over, correct."""

from django.urls import path

from contacts.views import fiche, fragments, handover

urlpatterns = [
    path("fiches/nouvelle/", fiche.new, name="fiche_nouvelle"),
    path("fiches/nouvelle/portes/", fragments.portes, name="fiche_portes"),
    path("fiches/nouvelle/apercu/", fragments.apercu, name="fiche_apercu"),
    path("fiches/<uuid:uuid>/", fiche.saved, name="fiche_enregistree"),
    path("fiches/<uuid:uuid>/corriger/", fiche.correct, name="fiche_corriger"),
    path("fiches/<uuid:uuid>/imprimer/", handover.print_sheet, name="fiche_imprimer"),
    path("fiches/<uuid:uuid>/fiche.pdf", handover.pdf, name="fiche_pdf"),
    path("fiches/<uuid:uuid>/envoyer/", handover.send, name="fiche_envoyer"),
    path("plaquette/", handover.brochure, name="plaquette"),
]
