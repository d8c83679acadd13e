"""Files of past fiches waiting for a decision; erased after 30 days."""

import uuid

from django.db import models

from contacts.querysets import RegionQuerySet
from territories.models import Site


class ImportQuerySet(RegionQuerySet):
    def visible_to(self, actor) -> "ImportQuerySet":  # type: ignore[no-untyped-def,override]
        return self.filter(site_id__in=actor.scope.unit)


class ImportFile(models.Model):
    """One uploaded CSV or XLSX between its dry run and its import.

    Kept in the database, under the site's lock.
    """

    uuid = models.UUIDField("identifiant", default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey(Site, models.CASCADE, verbose_name="lieu")
    name = models.CharField("nom du fichier", max_length=120)
    content = models.BinaryField("contenu", null=True)
    sha256 = models.CharField("empreinte", max_length=64)
    rows = models.PositiveIntegerField("lignes", default=0)
    uploaded_at = models.DateTimeField("déposé le", db_default=models.functions.Now())
    uploaded_by_id = models.BigIntegerField("déposé par", null=True)
    imported_at = models.DateTimeField("importé le", null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = "fichier de fiches"
        verbose_name_plural = "fichiers de fiches"
        ordering = ["-uploaded_at"]

    def __str__(self) -> str:
        return self.name
