from django.apps import AppConfig


class LabellingConfig(AppConfig):
    name = "labelling"
    verbose_name = "Labels et appels à manifestation d’intérêt"

    def ready(self) -> None:
        from labelling import permissions  # noqa: F401 - declares the rights of the app
        from spo_portal.kernel.tenancy.roles import restrict

        # A row is ended, never removed; the published counts come with the reference.
        restrict("labelling_labellisation", web="SELECT, INSERT, UPDATE")
        restrict("labelling_labelcount", web="SELECT")
