"""Addresses of the label's procedure, the State's side (domain § 6)."""

from django.urls import path

from labelling.views import label_decision, label_follow, label_procedure, label_withdrawal

_ONE = "label/<int:pk>/"
_PROC = f"{_ONE}procedure/"

urlpatterns = [
    path("label/accueil/", label_follow.home, name="label_accueil"),
    path("label/calendrier/", label_follow.deadlines, name="label_calendrier"),
    path("label/calendrier.ics", label_follow.deadlines_ics, name="label_calendrier_ics"),
    path("label/verifier/", label_follow.verify_code, name="label_verifier_code"),
    path("label/verifier/<str:code>/", label_follow.verify, name="label_verifier"),
    path("label/certificats/<int:pk>.pdf", label_decision.certificate, name="label_certificat"),
    path("label/retraits/", label_withdrawal.withdrawals, name="label_retraits"),
    path("label/retraits/nouveau/<int:site>/", label_withdrawal.start, name="label_retrait_nouveau"),
    path("label/retraits/<int:pk>/", label_withdrawal.withdrawal, name="label_retrait"),
    path(_PROC, label_procedure.procedure, name="label_procedure"),
    path(f"{_PROC}complet/", label_procedure.complete, name="label_complet"),
    path(f"{_PROC}transmettre/", label_procedure.transmit, name="label_transmettre"),
    path(f"{_PROC}complement/", label_procedure.complement, name="label_complement"),
    path(
        f"{_PROC}complement/<int:demande>/clore/",
        label_procedure.complement_close,
        name="label_complement_clore",
    ),
    path(f"{_PROC}avis/", label_procedure.record_avis, name="label_avis"),
    path(f"{_PROC}decider/", label_decision.decide, name="label_decider"),
    path(f"{_ONE}decision/", label_decision.read, name="label_decision"),
    path(f"{_ONE}decision/acte.pdf", label_decision.act_file, name="label_acte"),
]
