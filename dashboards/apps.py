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
        restrict("dashboards_release", web="SELECT")
        for table in ("cellstate", "sitestate", "releasemark", "checkrun"):
            restrict(f"dashboards_{table}", web="SELECT")
        restrict("dashboards_finding", web="SELECT")
        restrict("dashboards_apitoken", web="SELECT, INSERT, UPDATE (last_used_on, revoked_at)")
        # A version is written by the worker at the moment of signing, and by nobody else.
        restrict("dashboards_annualreport", web="SELECT, INSERT, UPDATE")
        restrict("dashboards_reportcomment", web="SELECT, INSERT, UPDATE")
        restrict("dashboards_reportversion", web="SELECT", worker="SELECT, INSERT")
        restrict("dashboards_synthesis", web="SELECT, INSERT, UPDATE")
        restrict("dashboards_synthesiscomment", web="SELECT, INSERT, UPDATE")
        restrict("dashboards_synthesisquote", web="SELECT, INSERT, DELETE")
        restrict("dashboards_synthesisversion", web="SELECT", worker="SELECT, INSERT")
        subscribe(FICHE_CHANGED, fill_cells)

        from dashboards.services.ami_figures import place_figures, territory_figures
        from labelling.services import figures
        from labelling.services.label import figures as label_figures

        figures.register(place_figures)
        label_figures.register(territory_figures)

        from dashboards import jobs_pack, jobs_report
        from spo_portal.kernel import jobs

        jobs.register(jobs_report.REPORT_PDF, jobs_report.report_pdf, errors=jobs_report.ERRORS)
        jobs.register(jobs_report.REPORT_SIGN, jobs_report.report_sign)
        jobs.register(jobs_report.REPORTS_ALL, jobs_report.reports_all)
        jobs.register(jobs_report.SYNTHESIS, jobs_report.synthesis_job)
        jobs.register(jobs_pack.CCREFP, jobs_pack.ccrefp)

        from dashboards.permissions import Perm
        from labelling.permissions import Perm as LabelPerm
        from territories.context import add_nav

        add_nav(1, "Région", "region_tableau", Perm.READ_REGION)
        add_nav(41, "Cartographie", "cartographie", LabelPerm.READ_LABELS, group="Lieux")
        add_nav(2, "Tableau de bord", "territoire_tableau", Perm.READ_TERRITORY, "territory_id")
        add_nav(90, "Jetons", "jetons", Perm.USE_API, group="Réglages")
        add_nav(3, "À vérifier", "region_a_verifier", Perm.READ_REGION)
        add_nav(3, "À vérifier", "territoire_a_verifier", Perm.READ_TERRITORY, "territory_id")
        add_nav(4, "Rapports", "rapports", Perm.READ_REPORTS)
        add_nav(4, "Rapport annuel", "territoire_rapports", Perm.READ_REPORT, "territory_id")
        add_nav(20, "Chiffres", "site_tableau", Perm.READ_SITE, "site_id")
