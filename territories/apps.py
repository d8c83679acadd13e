from django.apps import AppConfig


class TerritoriesConfig(AppConfig):
    name = "territories"
    verbose_name = "Territoires, lieux et comptes"

    def ready(self) -> None:
        from spo_portal.kernel.tenancy.roles import restrict

        # The trail can be written and read, never rewritten; messages are written by the web, handled by the
        # worker.
        restrict("kernel_auditevent", web="SELECT, INSERT", worker="SELECT, INSERT, DELETE")
        restrict("kernel_outboxevent", web="SELECT, INSERT")
        restrict("kernel_heartbeat", web="SELECT")
        restrict("territories_region", web="SELECT")
        restrict("territories_territory", web="SELECT")
        restrict("territories_commission", web="SELECT")
        restrict("territories_commune", web="SELECT")
        restrict("territories_reseau", web="SELECT")
        restrict("territories_contour", web="SELECT")
        restrict("territories_serviceitem", web="SELECT")
        # Kept by triggers.
        restrict("territories_sitesearch", web="SELECT")
        restrict("territories_searchword", web="SELECT")
        restrict("territories_searchplace", web="SELECT")
        restrict("territories_searchweek", web="SELECT")
        # The history of a record is written and read, never rewritten.
        restrict("territories_sitechange", web="SELECT, INSERT")

        from territories.context import add_nav
        from territories.permissions import Perm

        add_nav(40, "Annuaire", "annuaire", Perm.READ_DIRECTORY, group="Lieux")
        add_nav(45, "Mon lieu", "lieu_fiche", Perm.KEEP_RECORD, "site_id", group="Lieux")
        add_nav(46, "Suivi des lieux", "lieux_suivi", Perm.FOLLOW_RECORDS, group="Lieux")
        add_nav(50, "Horaires", "horaires", Perm.EDIT_HOURS, group="Lieux")
        add_nav(60, "Équipe", "equipe", Perm.SEE_TEAM, group="Réglages")
        add_nav(70, "Plaquette", "plaquette_deposer", Perm.EDIT_BROCHURE, group="Réglages")
