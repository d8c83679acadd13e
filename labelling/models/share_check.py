"""The nightly check of the 50 % rule: one row for each place and each network that has a label to keep."""

from django.db import models
from django.db.models import F, Q

from labelling.querysets_share_check import LabelShareCheckQuerySet
from territories.models import Region, Reseau, Site, Territory


class LabelShareCheck(models.Model):
    """Share of the coming week, of a labelled place or of a network on a territory, as last computed.

    ``fell_on`` is the day it was found under 50 %, ``alerted_at`` when it was told; both empty again once the
    share is back. Written by the nightly task only: it tells, it never changes a label (domain § 5).
    """

    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    territory = models.ForeignKey(Territory, models.CASCADE, verbose_name="territoire")
    site = models.ForeignKey(Site, models.CASCADE, null=True, verbose_name="lieu", related_name="+")
    reseau = models.ForeignKey(Reseau, models.CASCADE, null=True, verbose_name="réseau", related_name="+")
    week_from = models.DateField("semaine du")
    walk_in_minutes = models.PositiveIntegerField("minutes sans rendez-vous")
    opening_minutes = models.PositiveIntegerField("minutes d’ouverture")
    checked_at = models.DateTimeField("calculée le", db_default=models.functions.Now())
    fell_on = models.DateField("sous 50 % depuis le", null=True)
    alerted_at = models.DateTimeField("annoncée le", null=True)

    objects = LabelShareCheckQuerySet.as_manager()

    class Meta:
        verbose_name = "contrôle de la part sans rendez-vous"
        verbose_name_plural = "contrôles de la part sans rendez-vous"
        ordering = ["territory", "fell_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "site", "reseau"], nulls_distinct=False, name="sharecheck_once"
            ),
            models.CheckConstraint(
                condition=Q(site__isnull=True, reseau__isnull=False)
                | Q(site__isnull=False, reseau__isnull=True),
                name="sharecheck_site_or_reseau",
            ),
            models.CheckConstraint(
                condition=Q(walk_in_minutes__lte=F("opening_minutes"), opening_minutes__gt=0),
                name="sharecheck_minutes",
            ),
            # Under half and only then, it is told since a day.
            models.CheckConstraint(
                condition=Q(fell_on__isnull=True, walk_in_minutes__gte=F("opening_minutes") / 2.0)
                | Q(fell_on__isnull=False, walk_in_minutes__lt=F("opening_minutes") / 2.0),
                name="sharecheck_fell_under_half",
            ),
            models.CheckConstraint(
                condition=Q(alerted_at__isnull=True) | Q(fell_on__isnull=False), name="sharecheck_alert"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site_id or self.reseau_id} {self.week_from}"
