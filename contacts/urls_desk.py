"""Addresses of the desk: first page, arrivals, list, paper pile, imports, exports, rules."""

from django.urls import path, re_path

from contacts.views import arrival, desk, listing, paper, rules, transfer

urlpatterns = [
    path("comptoir/", desk.comptoir, name="comptoir"),
    path("arrivee/", arrival.arrivee, name="arrivee"),
    # Printed on paper and in QR codes: as short as can be, with or without the last slash.
    path("r", arrival.publique, name="suite_publique"),
    path("r/", arrival.publique, name="suite_publique_barre"),
    path("r/<str:code>", arrival.publique, name="suite_publique_code"),
    path("r/<str:code>/", arrival.publique, name="suite_publique_code_barre"),
    path("fiches/", listing.fiches, name="fiches"),
    path("fiches/export.csv", listing.export_csv, name="fiches_export_csv"),
    path("fiches/export.xlsx", listing.export_xlsx, name="fiches_export_xlsx"),
    path("fiches/export.ods", listing.export_ods, name="fiches_export_ods"),
    path("fiches/pile/", paper.pile, name="pile"),
    path("fiches/pile/ligne/", paper.ajouter, name="pile_ligne"),
    path("fiches/pile/<uuid:cle>/annuler/", paper.annuler, name="pile_annuler"),
    path("fiches/import/", transfer.importer, name="fiches_import"),
    re_path(r"^fiches/import/modele\.(?P<format>csv|xlsx)$", transfer.modele, name="fiches_import_modele"),
    path("fiches/import/<uuid:cle>/", transfer.fichier, name="fiches_import_fichier"),
    path("fiches/import/<uuid:cle>/abandonner/", transfer.abandonner, name="fiches_import_abandonner"),
    path("regles/", rules.regles, name="regles"),
    path("regles/nouvelle/", rules.regle, name="regle_nouvelle"),
    path("regles/<int:pk>/", rules.regle, name="regle_modifier"),
    path("regles/<int:pk>/etat/", rules.etat, name="regle_etat"),
]
