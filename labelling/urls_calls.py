"""Addresses of the calls: those of the Region, of their readers, and of everybody."""

from django.urls import path

from labelling.views import call_life, call_public, call_questions, call_writing, calls

urlpatterns = [
    path("ami/appels/", calls.listing, name="ami_appels"),
    path("ami/appels/nouveau/", call_writing.new, name="ami_appel_nouveau"),
    path("ami/appels/<int:pk>/", calls.call, name="ami_appel"),
    path("ami/appels/<int:pk>/texte/", call_writing.text, name="ami_appel_texte"),
    path("ami/appels/<int:pk>/cadre/", call_writing.frame, name="ami_appel_cadre"),
    path("ami/appels/<int:pk>/criteres/", call_writing.criteria, name="ami_appel_criteres"),
    path("ami/appels/<int:pk>/grille/", call_writing.grid, name="ami_appel_grille"),
    path("ami/appels/<int:pk>/versions/", call_life.versions, name="ami_appel_versions"),
    path("ami/appels/<int:pk>/ouvrir/", call_life.publish, name="ami_appel_ouvrir"),
    path("ami/appels/<int:pk>/rectificatif/", call_life.erratum, name="ami_appel_rectificatif"),
    path("ami/appels/<int:pk>/report/", call_life.put_off, name="ami_appel_report"),
    path("ami/appels/<int:pk>/annuler/", call_life.cancel, name="ami_appel_annuler"),
    path("ami/appels/<int:pk>/copier/", call_life.copy, name="ami_appel_copier"),
    path("ami/appels/<int:pk>/supprimer/", call_life.remove, name="ami_appel_supprimer"),
    path("ami/appels/<int:pk>/appel.pdf", call_public.draft_document, name="ami_appel_pdf"),
    path("ami/appels/<int:pk>/question/", call_questions.ask, name="ami_appel_question"),
    path("ami/appels/<int:pk>/questions/", call_questions.answers, name="ami_appel_questions"),
    path("ami/", call_public.listing, name="ami_public"),
    path("ami/appel/<slug:region>/<slug:slug>/", call_public.call, name="ami_public_appel"),
    path("ami/appel/<slug:region>/<slug:slug>/appel.pdf", call_public.document, name="ami_public_pdf"),
]
