"""Rollups built by the worker from the fiches; screens read these and never count live rows (domain § 8)."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from dashboards.enums import Audience, Dimension
from dashboards.models_quality import Finding, Target
from dashboards.models_report import AnnualReport, ReportAnnex, ReportComment, ReportVersion
from dashboards.models_states import AreaQuerySet, CellState, CheckRun, MarkQuerySet, ReleaseMark, SiteState
from dashboards.models_synthesis import Synthesis, SynthesisComment, SynthesisQuote, SynthesisVersion
from dashboards.models_tokens import ApiToken
from territories.models import Region, Reseau, Site, Territory

if TYPE_CHECKING:
    from territories.access import Actor


class ReleaseQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """Inside releases for those in charge of the place, outside ones for the staff of the region."""
        inside = Q(audience=Audience.INSIDE)
        return self.filter(
            (inside & Q(site__isnull=True, territory_id__in=actor.scope.tenant))
            | (inside & Q(site_id__in=actor.scope.unit))
            | Q(audience=Audience.OUTSIDE, region_id__in=actor.scope.wide)
        )

    def for_public(self) -> Self:
        """What anyone may read: outside releases of closed years (open data)."""
        return self.filter(audience=Audience.OUTSIDE, public=True)

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

    objects = AreaQuerySet.as_manager()

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

    objects = MarkQuerySet.as_manager()

    class Meta:
        verbose_name = "état de remplissage"
        verbose_name_plural = "états de remplissage"

    def __str__(self) -> str:
        return str(self.territory_id)


class Release(models.Model):
    """Figures of one area and calendar year, masked together once and for all readers of an audience.

    Area: a territory; a site (``site`` set, for its référent); the region (neither set: sums of the cells its
    territories show). ``cells`` and ``summary`` hold published cells only, never a hidden count: see
    ``dashboards.services.release`` for their shape.
    """

    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    territory = models.ForeignKey(Territory, models.CASCADE, null=True, verbose_name="territoire")
    site = models.ForeignKey(Site, models.CASCADE, null=True, verbose_name="lieu")
    year = models.PositiveSmallIntegerField("année")
    audience = models.CharField("lecteurs", max_length=8, choices=Audience.choices)
    public = models.BooleanField("ouverte à tous", default=False)
    cells = models.JSONField("cases")
    summary = models.JSONField("résumé")
    measures = models.JSONField("mesures", default=dict)
    filled_at = models.DateTimeField("chiffres arrêtés le")

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        verbose_name = "publication de chiffres"
        verbose_name_plural = "publications de chiffres"
        constraints = [
            models.UniqueConstraint(
                fields=["region", "territory", "site", "year", "audience"],
                name="release_area_year",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(audience__in=Audience.values), name="release_audience"),
            models.CheckConstraint(
                condition=Q(site__isnull=True) | Q(territory__isnull=False, audience=Audience.INSIDE),
                name="release_site_inside",
            ),
            models.CheckConstraint(
                condition=Q(public=False) | Q(audience=Audience.OUTSIDE, site__isnull=True),
                name="release_public_outside",
            ),
        ]
        indexes = [models.Index(fields=["territory", "year"], name="release_territory_year")]

    def __str__(self) -> str:
        return f"{self.territory_id or self.region_id} {self.site_id or ''} {self.year} {self.audience}"


__all__ = [
    "AnnualReport",
    "ApiToken",
    "CellState",
    "CheckRun",
    "FillState",
    "Finding",
    "Release",
    "ReleaseMark",
    "ReportAnnex",
    "ReportComment",
    "ReportVersion",
    "Rollup",
    "SiteState",
    "Synthesis",
    "SynthesisComment",
    "SynthesisQuote",
    "SynthesisVersion",
    "Target",
]
