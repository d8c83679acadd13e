from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "contacts"
    verbose_name = "Fiches contact"

    def ready(self) -> None:
        from contacts.permissions import Perm
        from contacts.services.paper import WITHDRAWN, remove_withdrawn
        from contacts.services.shared_places import suggest_shared_places
        from labelling.services.openings import OPENED
        from spo_portal.kernel.outbox import subscribe
        from spo_portal.kernel.tenancy.roles import restrict
        from territories.context import add_nav, add_public_nav

        subscribe(WITHDRAWN, remove_withdrawn)
        subscribe(OPENED, suggest_shared_places)
        restrict("contacts_fichecontact", web="SELECT, INSERT, UPDATE")
        restrict("contacts_listversion", web="SELECT")
        add_nav(10, "Accueil", "comptoir", Perm.FILL_FICHE)
        add_nav(11, "Nouvelle fiche", "fiche_nouvelle", Perm.FILL_FICHE)
        add_nav(12, "Arrivée", "arrivee", Perm.RECORD_ARRIVAL)
        add_nav(13, "Fiches", "fiches", Perm.READ_FICHES)
        add_nav(50, "Règles", "regles", Perm.READ_RULES, group="Réglages")
        add_public_nav(10, "Trouver un lieu", "ou_s_adresser")
        add_public_nav(20, "J’ai un code", "suite_publique_barre")
        add_public_nav(30, "Espace professionnel", "account_login")
