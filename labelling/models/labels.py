"""The label of each place, dated, and the counts published before the portal (domain § 6)."""

from django.db import models
from django.db.models import F, Q

from labelling.enums import LabelStatus
from labelling.querysets import LabelCountQuerySet, LabellisationQuerySet
from territories.models import Region, Reseau, Site, Territory


class Labellisation(models.Model):
    """What a place is between two days: labelled, or associated partner; one row at most on any day.

    A row is ended, never rewritten: the history stays. A label always has an end (five years, R. 6111-5).
    Written by ``labelling.services`` only.
    """

    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    territory = models.ForeignKey(Territory, models.CASCADE, verbose_name="territoire")
    site = models.ForeignKey(Site, models.CASCADE, verbose_name="lieu", related_name="labellisations")
    status = models.CharField("situation", max_length=12, choices=LabelStatus.choices)
    starts_on = models.DateField("à partir du")
    ends_on = models.DateField("jusqu’au", null=True, blank=True)
    decision_number = models.CharField("numéro de décision", max_length=40, blank=True)
    decided_on = models.DateField("décidée le", null=True, blank=True)
    source = models.CharField("origine de l’information", max_length=120)
    recorded_at = models.DateTimeField("notée le", db_default=models.functions.Now())
    recorded_by_id = models.BigIntegerField("notée par", null=True)

    objects = LabellisationQuerySet.as_manager()

    class Meta:
        verbose_name = "labellisation"
        verbose_name_plural = "labellisations"
        ordering = ["site", "-starts_on"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=LabelStatus.values), name="labellisation_status"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="labellisation_dates",
            ),
            models.CheckConstraint(
                condition=~Q(status=LabelStatus.LABELLISE) | Q(ends_on__isnull=False),
                name="labellisation_label_ends",
            ),
        ]
        indexes = [models.Index(fields=["region", "starts_on"], name="labellisation_region")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.status} {self.starts_on}"


class LabelCount(models.Model):
    """Lieux labellisés / lieux existants of one network on one day, as published (GUIDE p. 24: 260 / 384)."""

    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    reseau = models.ForeignKey(Reseau, models.CASCADE, verbose_name="réseau")
    counted_on = models.DateField("compté le")
    labelled = models.PositiveIntegerField("lieux labellisés")
    existing = models.PositiveIntegerField("lieux existants")
    source = models.CharField("source", max_length=160, blank=True)

    objects = LabelCountQuerySet.as_manager()

    class Meta:
        verbose_name = "comptage des labels"
        verbose_name_plural = "comptages des labels"
        ordering = ["counted_on", "reseau"]
        constraints = [
            models.UniqueConstraint(fields=["reseau", "counted_on"], name="labelcount_reseau_day"),
            models.CheckConstraint(condition=Q(labelled__lte=F("existing")), name="labelcount_part"),
        ]

    def __str__(self) -> str:
        return f"{self.reseau_id} {self.counted_on}"
