"""What a place offers, item by item, and the history of its record."""

from django.db import models
from django.db.models import Q

from territories.enums import ServiceLevel, ServiceMode, SiteChangeKind
from territories.models.places import Region
from territories.models.sites import Site
from territories.querysets import TenantQuerySet


class ServiceItem(models.Model):
    """One line of the Region's grid of services: level, block, item (GUIDE, « Niveaux de service SPO »).

    Reference data: loaded, never typed. An item that leaves the grid is no longer ``active``; what places
    said of it stays.
    """

    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    level = models.CharField("niveau de service", max_length=12, choices=ServiceLevel.choices)
    block = models.CharField("code du bloc", max_length=16)
    block_name = models.CharField("bloc", max_length=200)
    block_note = models.CharField("chapeau du bloc", max_length=300, blank=True, default="")
    code = models.CharField("code", max_length=24)
    name = models.CharField("service", max_length=300)
    order = models.PositiveSmallIntegerField("ordre", default=0)
    active = models.BooleanField("en vigueur", default=True, db_default=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "service de la grille"
        verbose_name_plural = "grille des services"
        ordering = ["region", "order"]
        constraints = [
            models.UniqueConstraint(fields=["region", "code"], name="serviceitem_region_code"),
            models.UniqueConstraint(fields=["id", "region"], name="serviceitem_id_region"),
            models.CheckConstraint(condition=Q(level__in=ServiceLevel.values), name="serviceitem_level"),
        ]

    def __str__(self) -> str:
        return self.name


class SiteService(models.Model):
    """A place gives one service of the grid: who gives it and how. No row, no service."""

    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    site = models.ForeignKey(Site, models.CASCADE, verbose_name="lieu", related_name="services")
    item = models.ForeignKey(ServiceItem, models.PROTECT, verbose_name="service", related_name="+")
    mode = models.CharField("comment", max_length=12, choices=ServiceMode.choices)
    # A function (« conseillers en insertion »), never a person.
    who = models.CharField("par qui", max_length=120, blank=True, default="")

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "service d’un lieu"
        verbose_name_plural = "services d’un lieu"
        ordering = ["site", "item__order"]
        constraints = [
            models.UniqueConstraint(fields=["site", "item"], name="siteservice_once"),
            models.CheckConstraint(condition=Q(mode__in=ServiceMode.values), name="siteservice_mode"),
        ]

    def __str__(self) -> str:
        return f"{self.site_id} {self.item_id}"


class SiteChange(models.Model):
    """One change of a record: when, by which role, each field before and after. Never rewritten."""

    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    site = models.ForeignKey(Site, models.CASCADE, verbose_name="lieu", related_name="changes")
    kind = models.CharField("nature", max_length=12, choices=SiteChangeKind.choices)
    at = models.DateTimeField("le", db_default=models.functions.Now())
    by_id = models.BigIntegerField("par", null=True)
    by_label = models.CharField("par le rôle", max_length=240)
    # {"phone": ["03 20 …", "03 21 …"]}: names of fields of ``Site``, before and after, as shown.
    changes = models.JSONField("modifications", default=dict)
    reason = models.CharField("motif", max_length=300, blank=True, default="")

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "modification d’un lieu"
        verbose_name_plural = "modifications d’un lieu"
        ordering = ["site", "-at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=SiteChangeKind.values), name="sitechange_kind"),
        ]
        indexes = [models.Index(fields=["site", "-at"], name="sitechange_site")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.kind}"
