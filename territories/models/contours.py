"""The outline of a territory, ready to draw; none is needed: without it maps are schematic."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from territories.models.places import Region, Territory
from territories.querysets import TenantQuerySet


class Contour(models.Model):
    """Outline of one territory on the drawing of its region, borders shared with its neighbours.

    ``path`` is in whole units of the map (``kernel.maps.WIDTH`` across the ``frame`` of the region: west,
    south, east, north in degrees); ``label_x``, ``label_y`` and ``room`` say where its name stands.
    """

    territory = models.OneToOneField(
        Territory, models.CASCADE, primary_key=True, verbose_name="territoire", related_name="contour"
    )
    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    path = models.TextField("tracé")
    frame = ArrayField(models.FloatField(), size=4, verbose_name="cadre")
    label_x = models.FloatField("nom, abscisse")
    label_y = models.FloatField("nom, ordonnée")
    room = models.FloatField("place pour le nom")
    source = models.CharField("source", max_length=200)
    loaded_at = models.DateTimeField("chargé le", db_default=Now())

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "contour"
        verbose_name_plural = "contours"

    def __str__(self) -> str:
        return str(self.territory_id)
