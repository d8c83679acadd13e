from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    name = "dashboards"
    verbose_name = "Tableaux de bord"

    def ready(self) -> None:
        from contacts.events import FICHE_CHANGED
        from dashboards.services.fill import fill_cells
        from spo_portal.kernel.outbox import subscribe
        from spo_portal.kernel.tenancy.roles import restrict

        restrict("dashboards_rollup", web="SELECT")
        restrict("dashboards_fillstate", web="SELECT")
        subscribe(FICHE_CHANGED, fill_cells)
