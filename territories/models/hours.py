"""The ordinary week of a place, its seasons and its exceptional closures."""

from django.db import models
from django.db.models import F, Q

from territories.enums import Weekday
from territories.models.places import Region
from territories.models.sites import Site
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
        # « Ouvert maintenant »: from one place to its slots, and from an instant to the places.
        indexes = [
            models.Index(
                fields=["site", "weekday", "start"], include=["end", "walk_in", "region"], name="slot_of_site"
            ),
            models.Index(
                fields=["weekday", "start", "end"], include=["site", "walk_in", "region"], name="slot_at"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.start}-{self.end}"


class Season(models.Model):
    """Part of the year during which a place keeps another week; no slot at all means closed.

    Either every year, from ``first_md`` to ``last_md`` (month x 100 + day, both included; the first after the
    last runs over the new year), or between two dates. Month and day are compared as they are: a season that
    starts on 29 February starts on 1 March three years out of four, one that ends there ends on the 28th.
    """

    site = models.ForeignKey(Site, models.CASCADE, verbose_name="lieu", related_name="seasons")
    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    name = models.CharField("nom", max_length=60, blank=True)
    first_md = models.PositiveSmallIntegerField("premier jour de l’année", null=True, blank=True)
    last_md = models.PositiveSmallIntegerField("dernier jour de l’année", null=True, blank=True)
    first_day = models.DateField("premier jour", null=True, blank=True)
    last_day = models.DateField("dernier jour", null=True, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "saison"
        verbose_name_plural = "saisons"
        ordering = ["site", "first_md", "first_day"]
        constraints = [
            models.UniqueConstraint(fields=["id", "site", "region"], name="season_id_site_region"),
            models.CheckConstraint(
                condition=(
                    Q(
                        first_md__isnull=False,
                        last_md__isnull=False,
                        first_md__range=(101, 1231),
                        last_md__range=(101, 1231),
                        first_day__isnull=True,
                        last_day__isnull=True,
                    )
                    | Q(
                        first_md__isnull=True,
                        last_md__isnull=True,
                        first_day__isnull=False,
                        last_day__isnull=False,
                        first_day__lte=F("last_day"),
                    )
                ),
                name="season_yearly_or_dated",
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.first_md or self.first_day} – {self.last_md or self.last_day}"


class SeasonSlot(models.Model):
    """A weekly slot of a season. Apart from ``OpeningSlot``: what reads the ordinary week reads no season."""

    season = models.ForeignKey(Season, models.CASCADE, verbose_name="saison", related_name="slots")
    site = models.ForeignKey(Site, models.CASCADE, verbose_name="lieu", related_name="+")
    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    weekday = models.PositiveSmallIntegerField("jour", choices=Weekday.choices)
    start = models.PositiveSmallIntegerField("début")
    end = models.PositiveSmallIntegerField("fin")
    walk_in = models.BooleanField("sans rendez-vous", default=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "plage d’ouverture d’une saison"
        verbose_name_plural = "plages d’ouverture d’une saison"
        ordering = ["season", "weekday", "start"]
        constraints = [
            models.CheckConstraint(
                condition=Q(start__lt=F("end")) & Q(end__lte=1440), name="seasonslot_starts_before_end"
            ),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="seasonslot_weekday"),
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
        indexes = [
            models.Index(fields=["last_day", "first_day"], include=["site", "region"], name="closure_at")
        ]

    def __str__(self) -> str:
        return f"{self.first_day} – {self.last_day}"
