"""Files of places waiting for a decision; erased after 30 days."""

from django.db import models
from django.db.models import Q

from territories.models.places import Region, Territory
from territories.querysets import DirectoryImportQuerySet


class DirectoryImport(models.Model):
    """A deposited file of places between its dry run and its import.

    Kept as the portal wrote it, under the lock of its territory (or of the region's animation when it has
    none). Its content goes when it is imported, the rest after 30 days.
    """

    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    territory = models.ForeignKey(
        Territory, models.CASCADE, null=True, blank=True, verbose_name="territoire"
    )
    name = models.CharField("nom du fichier", max_length=120)
    content = models.BinaryField("contenu", null=True)
    sha256 = models.CharField("empreinte", max_length=64)
    rows = models.PositiveIntegerField("lignes", default=0)
    uploaded_at = models.DateTimeField("déposé le", db_default=models.functions.Now())
    uploaded_by_id = models.BigIntegerField("déposé par", null=True)
    uploaded_by_label = models.CharField("par le rôle", max_length=240)
    imported_at = models.DateTimeField("importé le", null=True)
    created = models.PositiveIntegerField("lieux créés", default=0)
    changed = models.PositiveIntegerField("lieux modifiés", default=0)

    objects = DirectoryImportQuerySet.as_manager()

    class Meta:
        verbose_name = "fichier de lieux"
        verbose_name_plural = "fichiers de lieux"
        ordering = ["-uploaded_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(imported_at__isnull=True) | Q(content__isnull=True), name="directoryimport_erased"
            )
        ]

    def __str__(self) -> str:
        return self.name
