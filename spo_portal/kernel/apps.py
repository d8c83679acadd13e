from django.apps import AppConfig
from django.db.models.signals import post_migrate


class KernelConfig(AppConfig):
    name = "spo_portal.kernel"
    label = "kernel"
    verbose_name = "Socle"

    def ready(self) -> None:
        from spo_portal.kernel.tenancy.roles import grant_tables

        post_migrate.connect(grant_tables, sender=self, dispatch_uid="kernel.grant_tables")
