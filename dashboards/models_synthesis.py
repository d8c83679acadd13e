"""The regional synthesis of the annual reports, written by the regional animation for the CCREFP or
CREFOP.
"""

from django.db import models
from django.db.models import Q

from dashboards.enums_report import SynthesisState
from dashboards.models_report import TEXT_MAX, AnnualReport, Frozen, frozen_rules
from dashboards.querysets_report import (
    PartOfSynthesisQuerySet,
    SynthesisQuerySet,
    SynthesisVersionQuerySet,
)
from territories.models import Region


class Synthesis(models.Model):
    """One synthesis per region and year; frozen, it makes the reports it takes up « synthétisés »."""

    region = models.ForeignKey(Region, models.PROTECT, verbose_name="région")
    year = models.PositiveSmallIntegerField("année")
    state = models.CharField(
        "état", max_length=8, choices=SynthesisState.choices, default=SynthesisState.OUVERTE
    )
    opened_at = models.DateTimeField("ouverte le", db_default=models.functions.Now())
    opened_by_label = models.CharField("ouverte par", max_length=240)
    correction_reason = models.CharField("motif de la correction", max_length=400, blank=True, default="")
    version = models.ForeignKey(
        "SynthesisVersion",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="version en vigueur",
        related_name="+",
    )

    objects = SynthesisQuerySet.as_manager()

    class Meta:
        verbose_name = "synthèse régionale"
        verbose_name_plural = "synthèses régionales"
        ordering = ["-year"]
        constraints = [
            models.UniqueConstraint(fields=["region", "year"], name="synthesis_one_per_year"),
            models.CheckConstraint(condition=Q(state__in=SynthesisState.values), name="synthesis_state"),
            models.CheckConstraint(condition=Q(year__gte=2000, year__lte=2100), name="synthesis_year"),
            models.CheckConstraint(
                condition=Q(state=SynthesisState.FIGEE, version__isnull=False, correction_reason="")
                | Q(state=SynthesisState.OUVERTE, version__isnull=True, correction_reason="")
                | (Q(state=SynthesisState.OUVERTE, version__isnull=False) & ~Q(correction_reason="")),
                name="synthesis_frozen_has_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.region_id} {self.year}"

    @property
    def is_open(self) -> bool:
        return self.state == SynthesisState.OUVERTE

    @property
    def corrects(self) -> bool:
        return self.is_open and self.version_id is not None


class SynthesisComment(models.Model):
    """What the animation writes under a part of the synthesis, while it is open (trigger)."""

    synthesis = models.ForeignKey(Synthesis, models.PROTECT, verbose_name="synthèse", related_name="comments")
    section = models.CharField("partie", max_length=24)
    text = models.TextField("commentaire", max_length=TEXT_MAX, blank=True)
    version = models.PositiveIntegerField("numéro d’enregistrement", default=1)
    saved_at = models.DateTimeField("enregistré le", db_default=models.functions.Now())
    saved_by_id = models.BigIntegerField("enregistré par", null=True)
    saved_by_label = models.CharField("enregistré par le rôle", max_length=240)

    objects = PartOfSynthesisQuerySet.as_manager()

    class Meta:
        verbose_name = "commentaire de la synthèse"
        verbose_name_plural = "commentaires de la synthèse"
        constraints = [
            models.UniqueConstraint(fields=["synthesis", "section"], name="synthesiscomment_section"),
        ]

    def __str__(self) -> str:
        return f"{self.synthesis_id} {self.section}"


class SynthesisQuote(models.Model):
    """A comment of a signed report that the synthesis quotes."""

    synthesis = models.ForeignKey(Synthesis, models.PROTECT, verbose_name="synthèse", related_name="quotes")
    report = models.ForeignKey(AnnualReport, models.PROTECT, verbose_name="rapport", related_name="+")
    section = models.CharField("partie", max_length=24)

    objects = PartOfSynthesisQuerySet.as_manager()

    class Meta:
        verbose_name = "extrait à citer"
        verbose_name_plural = "extraits à citer"
        constraints = [
            models.UniqueConstraint(fields=["synthesis", "report", "section"], name="synthesisquote_once"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.section}"


class SynthesisVersion(Frozen):
    """A synthesis as it was frozen."""

    synthesis = models.ForeignKey(Synthesis, models.PROTECT, verbose_name="synthèse", related_name="versions")
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, verbose_name="corrige la version", related_name="+"
    )

    objects = SynthesisVersionQuerySet.as_manager()

    class Meta:
        verbose_name = "version de la synthèse"
        verbose_name_plural = "versions de la synthèse"
        ordering = ["synthesis", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["synthesis", "number"], name="synthesisversion_number"),
            models.UniqueConstraint(fields=["id", "synthesis"], name="synthesisversion_id_synthesis"),
            *frozen_rules("synthesisversion"),
        ]

    def __str__(self) -> str:
        return f"{self.synthesis_id} v{self.number}"
