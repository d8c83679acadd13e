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
        # What was said stays said.
        for table in ("amierratum", "amiextension"):
            restrict(f"labelling_{table}", web="SELECT, INSERT")
        for table in ("amistep", "amidecision", "amiletter", "amiquestion", "amicomplement"):
            restrict(f"labelling_{table}", web="SELECT, INSERT, UPDATE")
        # Without its row, a recused scorer would be any reader.
        for table in ("amiassignment", "amiscoresheet"):
            restrict(f"labelling_{table}", web="SELECT, INSERT, UPDATE")
        restrict("labelling_amicoverage", web="SELECT")
        restrict("labelling_amireminder", web="")
