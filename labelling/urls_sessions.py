"""Addresses of the sessions of commissions."""

from django.urls import path

from labelling.views import session_acts, session_minutes, session_points, sessions

_ONE = "ami/seances/<int:pk>/"
_POINT = f"{_ONE}points/<int:point>/"

urlpatterns = [
    path("ami/seances/", sessions.index, name="ami_seances"),
    path("ami/seances/preparer/", sessions.new, name="ami_seance_nouvelle"),
    path(_ONE, sessions.page, name="ami_seance"),
    path(f"{_ONE}modifier/", sessions.edit, name="ami_seance_modifier"),
    path(f"{_ONE}convoquer/", session_acts.convene, name="ami_seance_convoquer"),
    path(f"{_ONE}annuler/", session_acts.cancel, name="ami_seance_annuler"),
    path(f"{_ONE}ordre-du-jour/", session_acts.agenda, name="ami_seance_points"),
    path(f"{_ONE}membres/", session_acts.members, name="ami_seance_membres"),
    path(f"{_ONE}presences/", session_acts.presence, name="ami_seance_presences"),
    path(f"{_ONE}reponse/", session_acts.answer, name="ami_seance_reponse"),
    path(f"{_ONE}clore/", session_acts.close, name="ami_seance_clore"),
    path(_POINT, session_points.point, name="ami_seance_point"),
    path(f"{_POINT}recusations/", session_points.recusals, name="ami_seance_recusation"),
    path(f"{_POINT}reprendre/", session_points.take_back, name="ami_seance_reprendre"),
    path(f"{_ONE}convocation.ics", session_minutes.calendar, name="ami_seance_ics"),
    path(f"{_ONE}imprimer/", session_minutes.printed, name="ami_seance_imprimer"),
    path(f"{_ONE}proces-verbal/", session_minutes.read, name="ami_seance_lire"),
    path(f"{_ONE}proces-verbal.pdf", session_minutes.pdf, name="ami_seance_pv"),
]
