"""What the worker knows of its own work: cells filled, releases to build again, checks made."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q

from territories.models import Site, Territory

if TYPE_CHECKING:
    from territories.access import Actor


class AreaQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """Those in charge of the territory; the staff of a site read what concerns their site."""
        return self.filter(Q(territory_id__in=actor.scope.tenant) | Q(site_id__in=actor.scope.unit))

    def for_territory(self, territory: "Territory | int") -> Self:
        return self.filter(territory=territory)

    def for_system(self) -> Self:
        return self.all()


class MarkQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """When figures were counted, or that they are being counted again, is no secret inside the region."""
        return self.filter(territory__region_id__in=actor.scope.wide)

    def for_territory(self, territory: "Territory | int") -> Self:
        return self.filter(territory=territory)

    def for_system(self) -> Self:
        return self.all()


class CheckQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """How the figures of the portal were checked is no secret: no place is named."""
        return self.all()

    def for_system(self) -> Self:
        return self.all()


class CellState(models.Model):
    """When the figures of one site and month were counted, and what changed after the month was closed.

    A month closes on the tenth of the next one; a fiche entered or corrected later re-opens it, and the
    change is counted here once the closed month had been published (domain § 8).
    """

    territory = models.ForeignKey(Territory, models.CASCADE, verbose_name="territoire")
    site = models.ForeignKey(Site, models.CASCADE, verbose_name="lieu")
    month = models.DateField("mois")
    filled_at = models.DateTimeField("compté le")
    changes_after_close = models.PositiveIntegerField("changements après clôture", default=0)
    changed_at = models.DateTimeField("dernier changement après clôture", null=True)

    objects = AreaQuerySet.as_manager()

    class Meta:
        verbose_name = "état d’une case"
        verbose_name_plural = "états des cases"
        constraints = [
            models.UniqueConstraint(fields=["site", "month"], name="cellstate_cell"),
            models.CheckConstraint(
                condition=Q(changes_after_close=0, changed_at__isnull=True)
                | Q(changes_after_close__gt=0, changed_at__isnull=False),
                name="cellstate_change_dated",
            ),
        ]
        indexes = [
            models.Index(fields=["filled_at"], name="cellstate_filled"),
            models.Index(
                fields=["territory", "month"],
                name="cellstate_corrected",
                condition=Q(changes_after_close__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site_id} {self.month}"


class SiteState(models.Model):
    """Last sign of life of a site: the day of its last contact and when a fiche was last entered."""

    territory = models.ForeignKey(Territory, models.CASCADE, verbose_name="territoire")
    site = models.OneToOneField(Site, models.CASCADE, primary_key=True, verbose_name="lieu")
    last_jour = models.DateField("dernier contact", null=True)
    last_entry_at = models.DateTimeField("dernière saisie", null=True)
    filled_at = models.DateTimeField("compté le")

    objects = AreaQuerySet.as_manager()

    class Meta:
        verbose_name = "état d’un lieu"
        verbose_name_plural = "états des lieux"

    def __str__(self) -> str:
        return str(self.site_id)


class ReleaseMark(models.Model):
    """How far the releases of an area and year are behind its figures.

    ``version`` grows with each change of a figure, in the transaction of that change; a build notes the
    version it read. An area is stale while the two differ, whatever was killed in between. A row with a site
    concerns the site's own release.
    """

    territory = models.ForeignKey(Territory, models.CASCADE, verbose_name="territoire")
    site = models.ForeignKey(Site, models.CASCADE, null=True, verbose_name="lieu")
    year = models.PositiveSmallIntegerField("année")
    version = models.BigIntegerField("version des chiffres", default=1)
    inside = models.BigIntegerField("version publiée aux équipes", default=0)
    outside = models.BigIntegerField("version publiée à tous", default=0)
    outside_at = models.DateTimeField("publiée à tous le", null=True)
    changed_at = models.DateTimeField("chiffres changés le")

    objects = MarkQuerySet.as_manager()

    class Meta:
        verbose_name = "publication à refaire"
        verbose_name_plural = "publications à refaire"
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "site", "year"], name="mark_area_year", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(inside__lte=F("version"), outside__lte=F("version")), name="mark_not_ahead"
            ),
        ]
        indexes = [
            models.Index(fields=["changed_at"], name="mark_stale", condition=Q(inside__lt=F("version"))),
            models.Index(
                fields=["outside_at"],
                name="mark_stale_outside",
                condition=Q(outside__lt=F("version"), site__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.territory_id} {self.site_id or ''} {self.year}"


class CheckRun(models.Model):
    """One recount of a sample of cells from the fiches: how many were compared, how many figures differed."""

    at = models.DateTimeField("date", db_default=models.functions.Now())
    cells = models.PositiveIntegerField("cases recomptées")
    differences = models.PositiveIntegerField("écarts")

    objects = CheckQuerySet.as_manager()

    class Meta:
        verbose_name = "contrôle des chiffres"
        verbose_name_plural = "contrôles des chiffres"
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.at} {self.differences}"
