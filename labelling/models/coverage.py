"""Figures of the coverage kept for each territory, and what says that they are behind.

Triggers (migration 0028) write the second table in the transaction that changes a place, its hours, its point
or its label; the worker counts again and writes the first. The web only reads both.
"""

from django.db import models

from territories.models import Region, Territory
from territories.querysets import TenantQuerySet


class CoverageFigures(models.Model):
    """What was counted of one territory on one day: read only on that day, and while no change is marked.

    ``own``: its places, their hours, their labels. ``far_door`` and ``far_label``: its communes beyond the
    smallest distance offered, with the nearest place of the whole region.
    """

    territory = models.OneToOneField(
        Territory, models.CASCADE, primary_key=True, verbose_name="territoire", related_name="+"
    )
    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région", related_name="+")
    day = models.DateField("comptés pour le")
    own = models.JSONField("lieux, heures et labels")
    far_door = models.JSONField("communes loin d’une porte ouverte")
    far_label = models.JSONField("communes loin d’un lieu labellisé")

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "chiffres de la couverture d’un territoire"
        verbose_name_plural = "chiffres de la couverture des territoires"

    def __str__(self) -> str:
        return f"{self.territory_id} {self.day}"


class CoverageChange(models.Model):
    """Something changed on a territory since its figures were counted; erased when they are counted again.

    ``reach``: a place, a door or a label came, went or moved; the communes of the whole region are behind.
    Without a territory, a commune itself changed. Only ever inserted: two writers never wait for each other.
    """

    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région", related_name="+")
    territory = models.ForeignKey(
        Territory, models.CASCADE, null=True, verbose_name="territoire", related_name="+"
    )
    reach = models.BooleanField("distances à refaire")

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "changement de la couverture"
        verbose_name_plural = "changements de la couverture"

    def __str__(self) -> str:
        return f"{self.region_id} {self.territory_id}"
