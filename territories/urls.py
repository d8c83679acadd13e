"""Addresses of accounts, team, directory, hours and brochure."""

from django.urls import path, re_path

from territories.views import (
    accounts,
    brochure,
    communes,
    directory,
    exchange,
    hours,
    invitation,
    record,
    record_acts,
    record_list,
    session,
    team,
)

urlpatterns = [
    # Accounts: django-allauth reverses these names; nothing else of it is reachable.
    path("connexion/", accounts.login, name="account_login"),
    path("connexion/demo/", accounts.demo_login, name="demo_login"),
    path("connexion/rouverte/", session.reopened, name="session_rouverte"),
    path("connexion/inactif/", accounts.inactive, name="account_inactive"),
    path("connexion/inscription/", accounts.signup, name="account_signup"),
    path("connexion/confirmer/", accounts.reauthenticate, name="account_reauthenticate"),
    path("connexion/mot-de-passe/", accounts.reset_password, name="account_reset_password"),
    path("connexion/mot-de-passe/envoye/", accounts.reset_password_done, name="account_reset_password_done"),
    re_path(
        r"^connexion/mot-de-passe/lien/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        accounts.reset_password_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "connexion/mot-de-passe/change/",
        accounts.reset_password_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("deconnexion/", accounts.logout, name="account_logout"),
    path("compte/mot-de-passe/", accounts.change_password, name="account_change_password"),
    path("compte/mot-de-passe/premier/", accounts.set_password, name="account_set_password"),
    path("compte/adresse/", accounts.email, name="account_email"),
    path("compte/sessions/", accounts.sessions, name="usersessions_list"),
    path("invitation/<str:token>/", invitation.accept_invitation, name="invitation"),
    path("role/", session.change_role, name="changer_role"),
    # Team
    path("equipe/", team.team, name="equipe"),
    path("equipe/invitations/<int:pk>/retirer/", team.withdraw, name="invitation_retirer"),
    path("equipe/invitations/<int:pk>/renvoyer/", team.send_again, name="invitation_renvoyer"),
    path("equipe/mandats/<int:pk>/fin/", team.end, name="mandat_fin"),
    # Places
    path("annuaire/", directory.directory, name="annuaire"),
    path("annuaire/<int:pk>/", directory.place, name="lieu"),
    path("annuaire/<int:pk>/fiche/", record.fiche, name="lieu_fiche"),
    path("annuaire/<int:pk>/services/", record.services, name="lieu_services"),
    path("annuaire/<int:pk>/historique/", record.history, name="lieu_historique"),
    path("annuaire/<int:pk>/confirmer/", record_acts.confirm_record, name="lieu_confirmer"),
    path("annuaire/<int:pk>/verifier/", record_acts.check_record, name="lieu_verifier"),
    path("annuaire/<int:pk>/fermer/", record_acts.close, name="lieu_fermer"),
    path("annuaire/<int:pk>/rouvrir/", record_acts.reopen, name="lieu_rouvrir"),
    path("annuaire/nouveau/", record_acts.new_place, name="lieu_nouveau"),
    path("annuaire/confirmer/<str:lien>/", record_acts.asked_to_confirm, name="lieu_a_confirmer"),
    path("annuaire/import/", exchange.deposit, name="annuaire_import"),
    path("annuaire/import/modele/<slug:fmt>/", exchange.model, name="annuaire_import_modele"),
    path("annuaire/import/<int:pk>/", exchange.dry_run, name="annuaire_import_essai"),
    path("annuaire/import/<int:pk>/abandonner/", exchange.drop, name="annuaire_import_abandonner"),
    path("lieux/", record_list.follow, name="lieux_suivi"),
    path("communes/", communes.search, name="communes"),
    path("lieu/horaires/", hours.edit, name="horaires"),
    path("plaquette/deposer/", brochure.upload, name="plaquette_deposer"),
]
