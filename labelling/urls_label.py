"""Addresses of the label dossier, the territory's side (domain § 6)."""

from django.urls import path, re_path

from labelling.enums_label import LabelPart
from labelling.views import label_dossier, label_files, label_list, label_part, label_submit

_ONE = "label/<int:pk>/"
# The parts by name: the procedure's own pages live beside them.
_PARTS = "|".join(LabelPart.values)

urlpatterns = [
    path("label/", label_list.dossiers, name="label_dossiers"),
    path("label/nouveau/", label_list.new, name="label_nouveau"),
    path(_ONE, label_dossier.page, name="label_dossier"),
    path(f"{_ONE}deposer/", label_submit.submit, name="label_deposer"),
    path(f"{_ONE}recu/", label_submit.receipt, name="label_recu"),
    path(f"{_ONE}repondre/", label_submit.answer, name="label_repondre"),
    path(f"{_ONE}abandonner/", label_submit.abandon, name="label_abandonner"),
    path(f"{_ONE}pieces/<int:piece>/", label_files.download, name="label_piece"),
    path(f"{_ONE}pieces/<int:piece>/retirer/", label_files.remove, name="label_piece_retirer"),
    re_path(rf"^label/(?P<pk>[0-9]+)/(?P<partie>{_PARTS})/$", label_part.part, name="label_partie"),
]
