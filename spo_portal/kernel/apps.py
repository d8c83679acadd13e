from django.apps import AppConfig
from django.db.models.signals import post_migrate


class KernelConfig(AppConfig):
    name = "spo_portal.kernel"
    label = "kernel"
    verbose_name = "Socle"

    def ready(self) -> None:
        from spo_portal.kernel.tenancy.roles import grant_tables, restrict

        # The web asks, cancels and asks again; how a job stands is written by the worker alone.
        restrict(
            "kernel_job",
            web="SELECT, INSERT (uuid, kind, title, params, person_id, membership_id, tenant_id, total,"
            " mail_wanted), UPDATE (cancel_requested, retry_requested)",
        )
        restrict("kernel_generatedfile", web="SELECT")
        restrict("kernel_filechunk", web="SELECT")
        post_migrate.connect(grant_tables, sender=self, dispatch_uid="kernel.grant_tables")
