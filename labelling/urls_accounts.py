"""Addresses of the accounts, of the co-writers, of the partners and of « À faire »."""

from django.urls import path

from labelling.views import accounts, contribution, cowriters, partners, registration, todo

_FILE = "ami/dossiers/<int:pk>/"
_PARTNER = f"{_FILE}partenaires/<int:partenaire>/"

urlpatterns = [
    path("ami/a-faire/", todo.todo, name="ami_a_faire"),
    path("ami/comptes/", accounts.team, name="ami_equipe"),
    path("ami/comptes/invitations/<int:pk>/retirer/", accounts.withdraw, name="ami_invitation_retirer"),
    path("ami/comptes/invitations/<int:pk>/renvoyer/", accounts.send_again, name="ami_invitation_renvoyer"),
    path("ami/comptes/mandats/<int:pk>/fin/", accounts.end, name="ami_mandat_fin"),
    path("ami/comptes/demandes/<uuid:cle>/accepter/", accounts.approve, name="ami_demande_accepter"),
    path("ami/comptes/demandes/<uuid:cle>/refuser/", accounts.refuse, name="ami_demande_refuser"),
    path("ami/appel/<slug:region>/<slug:slug>/candidater/", registration.apply, name="ami_candidater"),
    path("ami/contribution/<str:token>/", contribution.contribution, name="ami_contribution"),
    path(f"{_FILE}coredacteurs/", cowriters.cowriters, name="ami_coredacteurs"),
    path(f"{_FILE}coredacteurs/<int:ligne>/retirer/", cowriters.take_off, name="ami_coredacteur_retirer"),
    path(f"{_FILE}partenaires/", partners.partners, name="ami_partenaires"),
    path(_PARTNER, partners.edit, name="ami_partenaire"),
    path(f"{_PARTNER}inviter/", partners.invite, name="ami_partenaire_inviter"),
    path(f"{_PARTNER}retirer/", partners.remove, name="ami_partenaire_retirer"),
]
