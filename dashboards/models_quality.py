"""Targets set for a year, and what the validation rules found: both read by the screens, never a fiche."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q

from dashboards.models_states import AreaQuerySet
from territories.models import Region, Site, Territory

if TYPE_CHECKING:
    from territories.access import Actor


class TargetQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """A target is no secret inside the region: neighbours compare themselves with it."""
        return self.filter(region_id__in=actor.scope.wide)

    def for_territory(self, territory: "Territory | int") -> Self:
        return self.filter(territory=territory)

    def for_system(self) -> Self:
        return self.all()


class FindingQuerySet(AreaQuerySet):
    def open(self) -> Self:
        return self.filter(resolved_at__isnull=True)


class Target(models.Model):
    """Value an indicator should reach in a year: of one territory, or the region's default for all of them.

    ``value`` is in the indicator's unit (a number, percent, days). Written by ``services.targets`` only; the
    trail keeps the values before.
    """

    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    territory = models.ForeignKey(Territory, models.CASCADE, null=True, blank=True, verbose_name="territoire")
    indicator = models.CharField("indicateur", max_length=40)
    year = models.PositiveSmallIntegerField("année")
    value = models.DecimalField("cible", max_digits=9, decimal_places=1)
    set_by_id = models.BigIntegerField("fixée par", null=True)
    # Role and scope of who set it, never a person's name: « Coordinateur · Lille ».
    set_by_label = models.CharField("fixée par le rôle", max_length=240)
    set_at = models.DateTimeField("fixée le")

    objects = TargetQuerySet.as_manager()

    class Meta:
        verbose_name = "cible"
        verbose_name_plural = "cibles"
        ordering = ["year", "indicator"]
        constraints = [
            models.UniqueConstraint(
                fields=["region", "territory", "indicator", "year"],
                name="target_one_per_year",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(value__gte=0), name="target_not_negative"),
            models.CheckConstraint(condition=Q(year__gte=2000, year__lte=2100), name="target_year"),
        ]

    def __str__(self) -> str:
        return f"{self.territory_id or self.region_id} {self.indicator} {self.year}"


class Finding(models.Model):
    """A validation rule that does not hold: where, since when, and the two sides as words fit to publish.

    ``left`` and ``right`` come from published figures or are bands (« de 1 à 4 »): no small count in clear.
    Written by the worker; closed, not removed, when the rule holds again.
    """

    territory = models.ForeignKey(Territory, models.CASCADE, verbose_name="territoire")
    site = models.ForeignKey(Site, models.CASCADE, null=True, verbose_name="lieu")
    rule = models.CharField("règle", max_length=40)
    month = models.DateField("mois", null=True)
    left = models.CharField("valeur constatée", max_length=60)
    right = models.CharField("valeur attendue", max_length=60)
    message = models.CharField("constat", max_length=300)
    found_at = models.DateTimeField("constaté le")
    resolved_at = models.DateTimeField("réglé le", null=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = "constat"
        verbose_name_plural = "constats"
        ordering = ["-found_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "site", "rule", "month"],
                condition=Q(resolved_at__isnull=True),
                name="finding_one_open",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True) | Q(resolved_at__gte=F("found_at")),
                name="finding_dates",
            ),
        ]
        indexes = [models.Index(fields=["territory", "resolved_at"], name="finding_territory")]

    def __str__(self) -> str:
        return f"{self.territory_id} {self.rule}"
