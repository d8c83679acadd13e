"""Addresses of the files of the porteurs."""

from django.urls import path, re_path

from labelling.enums_ami import PartKey
from labelling.views import dossier, dossier_files, dossier_part, dossier_submit, dossiers

_ONE = "ami/dossiers/<int:pk>/"
# The parts by name: other pages of a file live beside them.
_PARTS = "|".join(PartKey.values)

urlpatterns = [
    path("ami/dossiers/", dossiers.mine, name="ami_mes_dossiers"),
    path("ami/appels/<int:pk>/dossier/", dossiers.new, name="ami_nouveau"),
    path(_ONE, dossier.page, name="ami_dossier"),
    path(f"{_ONE}porteur/", dossier_part.who, name="ami_identite"),
    path(f"{_ONE}deposer/", dossier_submit.submit, name="ami_deposer"),
    path(f"{_ONE}recu/", dossier_submit.receipt, name="ami_recu"),
    path(f"{_ONE}retirer/", dossier_submit.withdraw, name="ami_retirer"),
    path(f"{_ONE}repondre/", dossier_submit.answer, name="ami_repondre_complement"),
    path(f"{_ONE}pieces/<int:piece>/", dossier_files.download, name="ami_piece"),
    path(f"{_ONE}pieces/<int:piece>/retirer/", dossier_files.remove, name="ami_piece_retirer"),
    re_path(rf"^ami/dossiers/(?P<pk>[0-9]+)/(?P<partie>{_PARTS})/$", dossier_part.part, name="ami_partie"),
]
