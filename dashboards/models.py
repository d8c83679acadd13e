"""Rollups built by the worker from the fiches; screens read these and never count live rows (domain § 8)."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from dashboards.enums import Dimension
from territories.models import Reseau, Site, Territory

if TYPE_CHECKING:
    from territories.access import Actor


class RollupQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        return self.filter(Q(territory_id__in=actor.scope.tenant) | Q(site_id__in=actor.scope.unit))

    def for_territory(self, territory: "Territory | int") -> Self:
        return self.filter(territory=territory)

    def for_system(self) -> Self:
        return self.all()


class FillStateQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """When figures were filled is no secret inside the region."""
        return self.filter(territory__region_id__in=actor.scope.wide)

    def for_territory(self, territory: "Territory | int") -> Self:
        return self.filter(territory=territory)

    def for_system(self) -> Self:
        return self.all()


class Rollup(models.Model):
    """Number of fiches of one site and month that fall in one value of one dimension.

    ``value`` is a code or the list number as text. Rebuilt by cell (site, month), so that a second run
    changes nothing.
    """

    territory = models.ForeignKey(Territory, models.CASCADE, verbose_name="territoire")
    site = models.ForeignKey(Site, models.CASCADE, verbose_name="lieu")
    reseau = models.ForeignKey(Reseau, models.CASCADE, null=True, verbose_name="réseau")
    month = models.DateField("mois")
    dimension = models.CharField("dimension", max_length=16, choices=Dimension.choices)
    value = models.CharField("valeur", max_length=48)
    count = models.PositiveIntegerField("nombre")

    objects = RollupQuerySet.as_manager()

    class Meta:
        verbose_name = "agrégat"
        verbose_name_plural = "agrégats"
        constraints = [
            models.UniqueConstraint(fields=["site", "month", "dimension", "value"], name="rollup_cell"),
            models.CheckConstraint(condition=Q(count__gt=0), name="rollup_positive"),
            models.CheckConstraint(condition=Q(dimension__in=Dimension.values), name="rollup_dimension"),
        ]
        indexes = [
            models.Index(
                fields=["territory", "month"],
                include=["dimension", "value", "count", "reseau", "site"],
                name="rollup_territory_month",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site_id} {self.month} {self.dimension} {self.value}"


class FillState(models.Model):
    """When the figures of a territory were last filled, on the database's clock."""

    territory = models.OneToOneField(Territory, models.CASCADE, primary_key=True, verbose_name="territoire")
    filled_at = models.DateTimeField("chiffres arrêtés le")

    objects = FillStateQuerySet.as_manager()

    class Meta:
        verbose_name = "état de remplissage"
        verbose_name_plural = "états de remplissage"

    def __str__(self) -> str:
        return str(self.territory_id)
