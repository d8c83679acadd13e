"""The ordinary week of a place and its exceptional closures."""

from django.db import models
from django.db.models import F, Q

from territories.enums import Weekday
from territories.models.places import Region, Site
from territories.querysets import TenantQuerySet


class OpeningSlot(models.Model):
    """A weekly slot, sans rendez-vous (``walk_in``) or sur rendez-vous.

    Minutes since midnight, end excluded.
    """

    site = models.ForeignKey(Site, models.CASCADE, verbose_name="lieu", related_name="slots")
    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    weekday = models.PositiveSmallIntegerField("jour", choices=Weekday.choices)
    start = models.PositiveSmallIntegerField("début")
    end = models.PositiveSmallIntegerField("fin")
    walk_in = models.BooleanField("sans rendez-vous", default=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "plage d’ouverture"
        verbose_name_plural = "plages d’ouverture"
        ordering = ["site", "weekday", "start"]
        constraints = [
            models.CheckConstraint(
                condition=Q(start__lt=F("end")) & Q(end__lte=1440), name="slot_starts_before_end"
            ),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="slot_weekday"),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.start}-{self.end}"


class Closure(models.Model):
    """Exceptional closure of a site, whole days, both ends included."""

    site = models.ForeignKey(Site, models.CASCADE, verbose_name="lieu", related_name="closures")
    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    first_day = models.DateField("premier jour")
    last_day = models.DateField("dernier jour")
    reason = models.CharField("motif", max_length=120, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "fermeture exceptionnelle"
        verbose_name_plural = "fermetures exceptionnelles"
        ordering = ["first_day"]
        constraints = [
            models.CheckConstraint(condition=Q(first_day__lte=F("last_day")), name="closure_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first_day} – {self.last_day}"
