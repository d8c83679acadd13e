from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "spo_portal"
    label = "spo_portal"
    verbose_name = "Portail"

    def ready(self) -> None:
        from spo_portal import celery  # noqa: F401  # shared tasks find their application
