from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "spo_portal"
    label = "spo_portal"
    verbose_name = "Portail"

    def ready(self) -> None:
        # Shared tasks find their application; system checks register themselves.
        from spo_portal import celery, checks  # noqa: F401
        from spo_portal.kernel.jobs import JOB_FINISHED
        from spo_portal.kernel.outbox import subscribe
        from spo_portal.notices import tell_author

        subscribe(JOB_FINISHED, tell_author, alone=True)
